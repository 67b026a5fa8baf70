#include "query/order.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "base/ordered.h"
#include "base/status.h"
#include "model/json.h"

namespace elanus::query {
namespace {

int CompareJson(std::string_view binary_a, std::string_view binary_b) {
  const JsonView a(binary_a);
  const JsonView b(binary_b);
  if (a.is_number() && b.is_number()) return CompareNumbers(a, b);
  if (a.is_string() && b.is_string()) return a.string().compare(b.string());
  if (a.is_bool() && b.is_bool()) return int{a.boolean()} - int{b.boolean()};
  return JsonText(binary_a).compare(JsonText(binary_b));
}

// The values of one key's column: a Block and what it is of.
struct KeyBlock {
  OrderKey key;
  DataType type = DataType::kNone;
  Block block;

  bool fixed() const { return block.strings == nullptr; }
};

// Calls fn with a function that gives a row's prefix: all of a fixed value; of a string its first
// eight bytes; of JSON nothing.
template <typename Fn>
auto WithPrefix(const KeyBlock& column, Fn fn) {
  const Block& block = column.block;
  const auto integers = [&fn](const auto* values) {
    return fn([values](size_t row) { return OrderedBits(int64_t{values[row]}); });
  };
  const auto floats = [&fn](const auto* values) {
    return fn([values](size_t row) { return OrderedBits(double{values[row]}); });
  };
  if (column.type == DataType::kBool) return integers(block.as<uint8_t>());
  if (column.type == DataType::kInt8) return integers(block.as<int8_t>());
  if (column.type == DataType::kInt16) return integers(block.as<int16_t>());
  if (column.type == DataType::kInt32) return integers(block.as<int32_t>());
  if (column.type == DataType::kFloat) return floats(block.as<float>());
  if (column.type == DataType::kDouble) return floats(block.as<double>());
  if (column.fixed()) return integers(block.as<int64_t>());  // Int64, Timestamptz
  if (column.type == DataType::kJson) return fn([](size_t) { return uint64_t{0}; });
  return fn([strings = block.strings](size_t row) { return OrderedPrefix(strings[row]); });
}

struct Item {
  uint64_t prefix = 0;  // of the first column, turned round where it descends
  uint32_t row = 0;
  uint32_t rank = 1;  // nulls first 0, values 1, nulls last 2
};

Item ItemOf(const KeyBlock& column, uint32_t row) {
  if (column.block.IsNull(row)) return {0, row, column.key.nulls_first ? 0U : 2U};
  const uint64_t prefix = WithPrefix(column, [row](auto prefix_of) { return prefix_of(row); });
  return {column.key.ascending ? prefix : ~prefix, row, 1};
}

std::vector<Item> ItemsOf(const KeyBlock& column, size_t rows) {
  std::vector<Item> items(rows);
  const uint64_t flip = column.key.ascending ? 0 : ~uint64_t{0};
  WithPrefix(column, [&](auto prefix_of) {
    for (uint32_t row = 0; row < rows; ++row) {
      if (column.block.IsNull(row)) {
        items[row] = {0, row, column.key.nulls_first ? 0U : 2U};
      } else {
        items[row] = {prefix_of(row) ^ flip, row, 1};
      }
    }
  });
  return items;
}

int Compare(const Item& a, const Item& b) {
  if (a.rank != b.rank) return a.rank < b.rank ? -1 : 1;
  return a.prefix < b.prefix ? -1 : static_cast<int>(a.prefix > b.prefix);
}

// What the prefix leaves open between two rows of which both are null or neither.
int CompareRest(const KeyBlock& a, uint32_t row_a, const KeyBlock& b, uint32_t row_b) {
  if (a.fixed() || a.block.IsNull(row_a)) return 0;
  const std::string_view x = a.block.strings[row_a];
  const std::string_view y = b.block.strings[row_b];
  const int order = a.type == DataType::kJson ? CompareJson(x, y) : x.compare(y);
  return a.key.ascending ? order : -order;
}

int CompareValues(const KeyBlock& a, uint32_t row_a, const KeyBlock& b, uint32_t row_b) {
  const int order = Compare(ItemOf(a, row_a), ItemOf(b, row_b));
  return order != 0 ? order : CompareRest(a, row_a, b, row_b);
}

// The rows of one word that may come before the bound, and those of them whose prefix is the
// bound's.
struct Pruned {
  uint64_t kept = 0;
  uint64_t open = 0;
};

template <typename PrefixOf>
Pruned PruneWord(const KeyBlock& column, const Item& bound, PrefixOf prefix_of, size_t first,
                 size_t count, uint64_t active) {
  Pruned word;
  const uint64_t flip = column.key.ascending ? 0 : ~uint64_t{0};
  if (column.block.valid == nullptr && bound.rank == 1 && active == ~uint64_t{0} && count == 64) {
    for (size_t i = 0; i < 64; ++i) {
      const uint64_t prefix = prefix_of(first + i) ^ flip;
      word.kept |= uint64_t{prefix <= bound.prefix} << i;
      word.open |= uint64_t{prefix == bound.prefix} << i;
    }
    return word;
  }
  for (uint64_t bits = active; bits != 0; bits &= bits - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(bits));
    if (i >= count) break;
    const auto row = static_cast<uint32_t>(first + i);
    const Item item = column.block.IsNull(row) ? Item{0, row, column.key.nulls_first ? 0U : 2U}
                                               : Item{prefix_of(row) ^ flip, row, 1};
    const int order = Compare(item, bound);
    word.kept |= uint64_t{order <= 0} << i;
    word.open |= uint64_t{order == 0} << i;
  }
  return word;
}

// Blocks of whole columns, and the room that they need.
class KeyBlocks {
 public:
  KeyBlocks(const std::vector<OrderKey>& keys, const std::vector<Column>& columns)
      : scratch_(columns.size()) {
    for (size_t i = 0; i < keys.size(); ++i) {
      blocks_.push_back(
          {keys[i], columns[i].type(), BlockOf(columns[i], 0, columns[i].rows(), &scratch_[i])});
    }
  }
  const KeyBlock& operator[](size_t i) const { return blocks_[i]; }
  size_t size() const { return blocks_.size(); }

 private:
  std::vector<BlockScratch> scratch_;
  std::vector<KeyBlock> blocks_;
};

}  // namespace

std::vector<uint32_t> FirstInOrder(const std::vector<OrderKey>& keys,
                                   const std::vector<Column>& columns, size_t wanted) {
  CHECK(!keys.empty() && keys.size() == columns.size());
  const size_t rows = columns[0].rows();
  const KeyBlocks blocks(keys, columns);
  std::vector<Item> items = ItemsOf(blocks[0], rows);
  const auto before = [&](const Item& a, const Item& b) {
    int order = Compare(a, b);
    if (order == 0) order = CompareRest(blocks[0], a.row, blocks[0], b.row);
    for (size_t i = 1; order == 0 && i < blocks.size(); ++i)
      order = CompareValues(blocks[i], a.row, blocks[i], b.row);
    return order != 0 ? order < 0 : a.row < b.row;
  };
  wanted = std::min(wanted, rows);
  const auto end = items.begin() + static_cast<ptrdiff_t>(wanted);
  if (wanted > 0 && wanted < rows) std::nth_element(items.begin(), end - 1, items.end(), before);
  std::sort(items.begin(), end, before);
  std::vector<uint32_t> order(wanted);
  for (size_t i = 0; i < wanted; ++i) order[i] = items[i].row;
  return order;
}

struct OrderBound::Row {
  Row(const std::vector<OrderKey>& keys, const std::vector<Column>& columns, uint32_t row)
      : values(Slices(columns, row)), blocks(keys, values) {}

  static std::vector<Column> Slices(const std::vector<Column>& columns, uint32_t row) {
    std::vector<Column> slices;
    for (const Column& column : columns) slices.push_back(column.Slice(row, row + 1));
    return slices;
  }

  const std::vector<Column> values;  // of one row
  const KeyBlocks blocks;            // of `values`
};

OrderBound::OrderBound(std::vector<OrderKey> keys, const std::vector<Column>& columns, uint32_t row)
    : keys_(std::move(keys)), row_(std::make_unique<const Row>(keys_, columns, row)) {}
OrderBound::~OrderBound() = default;

void OrderBound::Prune(const std::function<Block(size_t key)>& read, size_t count,
                       uint64_t* active) const {
  const KeyBlocks& bound = row_->blocks;
  std::vector<KeyBlock> blocks;
  const auto block = [&](size_t i) -> const KeyBlock& {
    while (blocks.size() <= i)
      blocks.push_back({keys_[blocks.size()], bound[blocks.size()].type, read(blocks.size())});
    return blocks[i];
  };
  // Whether a row whose first prefix is the bound's comes after it.
  const auto is_after = [&](uint32_t row) {
    int order = CompareRest(block(0), row, bound[0], 0);
    for (size_t i = 1; order == 0 && i < keys_.size(); ++i)
      order = CompareValues(block(i), row, bound[i], 0);
    return order > 0;
  };
  const Item first = ItemOf(bound[0], 0);
  const KeyBlock leading = block(0);
  WithPrefix(leading, [&](auto prefix_of) {
    for (size_t word = 0; word * 64 < count; ++word) {
      if (active[word] == 0) continue;
      const size_t rows = std::min<size_t>(64, count - word * 64);
      Pruned pruned = PruneWord(leading, first, prefix_of, word * 64, rows, active[word]);
      for (uint64_t bits = pruned.open; bits != 0; bits &= bits - 1) {
        const auto bit = static_cast<size_t>(std::countr_zero(bits));
        if (is_after(static_cast<uint32_t>(word * 64 + bit))) pruned.kept &= ~(uint64_t{1} << bit);
      }
      active[word] = pruned.kept;
    }
  });
}

}  // namespace elanus::query
