#include "query/order.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>

#include "base/status.h"
#include "model/json.h"

namespace elanus::query {
namespace {

// Integers whose order is that of the values.
uint64_t Ordered(int64_t value) { return static_cast<uint64_t>(value) ^ (uint64_t{1} << 63); }
uint64_t Ordered(double value) {
  if (std::isnan(value)) return ~uint64_t{0};
  const auto bits = std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);  // -0 is 0
  return (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
}

int CompareJson(std::string_view binary_a, std::string_view binary_b) {
  const JsonView a(binary_a);
  const JsonView b(binary_b);
  if (a.is_number() && b.is_number()) return CompareNumbers(a, b);
  if (a.is_string() && b.is_string()) return a.string().compare(b.string());
  if (a.is_bool() && b.is_bool()) return int{a.boolean()} - int{b.boolean()};
  return JsonText(binary_a).compare(JsonText(binary_b));
}

// All of a fixed value; of a string its first eight bytes; of JSON nothing.
uint64_t PrefixOf(const Column& column, size_t row) {
  const DataType type = column.type();
  if (type == DataType::kBool) return column.as<uint8_t>()[row];
  if (type == DataType::kInt8) return Ordered(int64_t{column.as<int8_t>()[row]});
  if (type == DataType::kInt16) return Ordered(int64_t{column.as<int16_t>()[row]});
  if (type == DataType::kInt32) return Ordered(int64_t{column.as<int32_t>()[row]});
  if (type == DataType::kFloat) return Ordered(double{column.as<float>()[row]});
  if (type == DataType::kDouble) return Ordered(column.as<double>()[row]);
  if (column.fixed()) return Ordered(column.as<int64_t>()[row]);  // Int64, Timestamptz
  if (type == DataType::kJson) return 0;
  const std::string_view text = column.String(row);
  uint64_t prefix = 0;
  for (size_t i = 0; i < 8; ++i) {
    prefix = prefix << 8 | (i < text.size() ? static_cast<uint8_t>(text[i]) : 0);
  }
  return prefix;
}

struct Item {
  uint64_t prefix = 0;  // of the first column, turned round where it descends
  uint32_t row = 0;
  uint32_t rank = 1;  // nulls first 0, values 1, nulls last 2
};

Item ItemOf(const OrderKey& key, const Column& column, uint32_t row) {
  if (column.IsNull(row)) return {0, row, key.nulls_first ? 0U : 2U};
  const uint64_t prefix = PrefixOf(column, row);
  return {key.ascending ? prefix : ~prefix, row, 1};
}

int Compare(const Item& a, const Item& b) {
  if (a.rank != b.rank) return a.rank < b.rank ? -1 : 1;
  return a.prefix < b.prefix ? -1 : static_cast<int>(a.prefix > b.prefix);
}

// What the prefix leaves open.
int CompareRest(const OrderKey& key, const Column& column, uint32_t a, uint32_t b) {
  if (column.fixed() || column.IsNull(a)) return 0;
  const int order = column.type() == DataType::kJson
                        ? CompareJson(column.String(a), column.String(b))
                        : column.String(a).compare(column.String(b));
  return key.ascending ? order : -order;
}

}  // namespace

std::vector<uint32_t> FirstInOrder(const std::vector<OrderKey>& keys,
                                   const std::vector<Column>& columns, size_t wanted) {
  CHECK(!keys.empty() && keys.size() == columns.size());
  const size_t rows = columns[0].rows();
  std::vector<Item> items(rows);
  for (uint32_t row = 0; row < rows; ++row) items[row] = ItemOf(keys[0], columns[0], row);
  const auto before = [&](const Item& a, const Item& b) {
    int order = Compare(a, b);
    if (order == 0) order = CompareRest(keys[0], columns[0], a.row, b.row);
    for (size_t i = 1; order == 0 && i < keys.size(); ++i) {
      order = Compare(ItemOf(keys[i], columns[i], a.row), ItemOf(keys[i], columns[i], b.row));
      if (order == 0) order = CompareRest(keys[i], columns[i], a.row, b.row);
    }
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

}  // namespace elanus::query
