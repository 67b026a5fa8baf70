#include "index/grams.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "index/scalar_values.h"

namespace elanus::index {
namespace {

enum : size_t { kKeys = 0, kEnds = 1, kCounts = 2, kPostings = 3 };

// In a count: the postings are a bitmap over all rows instead of distances between rows.
constexpr uint32_t kDense = 1U << 31;
// Of a word no more grams are asked for.
constexpr size_t kGramsMax = 64;
// A list is left out where reading it costs more than to look at the rows found so far: bytes of
// postings for each of them.
constexpr size_t kBytesPerRow = 16;

using Key = uint64_t;

Key KeyOf(std::string_view gram) {
  uint32_t bytes = 0;
  std::memcpy(&bytes, gram.data(), gram.size());
  return static_cast<Key>(gram.size()) << 32 | bytes;
}

size_t DenseBytes(size_t rows) { return (rows + 63) / 64 * sizeof(uint64_t); }

// Rows of one gram while they come in, ascending.
struct Posting {
  Key key = 0;
  uint32_t count = 0;
  uint32_t next = 0;  // one more than the last row
  std::string bytes;  // varints: how many rows each is past the last
};

// Postings by key: open addressing over indexes into a vector.
class PostingTable {
 public:
  PostingTable() : slots_(1 << 16) {}

  void Add(Key key, uint32_t row) {
    Posting& posting = Find(key);
    if (posting.count > 0 && posting.next == row + 1) return;
    Writer(&posting.bytes).Varint(row - posting.next);
    posting.next = row + 1;
    ++posting.count;
  }
  std::vector<Posting> Take() && { return std::move(postings_); }

 private:
  static size_t Hash(Key key) { return static_cast<size_t>(key * 0x9e3779b97f4a7c15U >> 20); }
  Posting& Find(Key key) {
    for (size_t at = Hash(key);; ++at) {
      uint32_t& slot = slots_[at & (slots_.size() - 1)];
      if (slot == 0) {
        postings_.emplace_back().key = key;
        slot = static_cast<uint32_t>(postings_.size());
        if (postings_.size() * 2 > slots_.size()) Grow();
        return postings_.back();
      }
      if (postings_[slot - 1].key == key) return postings_[slot - 1];
    }
  }
  void Grow() {
    slots_.assign(slots_.size() * 2, 0);
    for (size_t i = 0; i < postings_.size(); ++i) {
      size_t at = Hash(postings_[i].key);
      while (slots_[at & (slots_.size() - 1)] != 0) ++at;
      slots_[at & (slots_.size() - 1)] = static_cast<uint32_t>(i + 1);
    }
  }

  std::vector<uint32_t> slots_;  // index + 1; 0: free
  std::vector<Posting> postings_;
};

// fn(row) for the rows of varint postings; stops at the end of the bytes.
template <typename Fn>
void ForEachPosting(std::string_view bytes, Fn fn) {
  uint64_t next = 0;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t distance = 0;
    for (int shift = 0; at < bytes.size(); shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes[at++]);
      distance |= static_cast<uint64_t>(byte & 0x7f) << (shift & 63);
      if (byte < 0x80) break;
    }
    next += distance;
    fn(next++);
  }
}

void MakeDense(size_t rows, Posting* posting) {
  std::string bits(DenseBytes(rows), '\0');
  ForEachPosting(posting->bytes, [&](uint64_t row) {
    bits[row / 8] = static_cast<char>(static_cast<uint8_t>(bits[row / 8]) | 1U << row % 8);
  });
  posting->bytes = std::move(bits);
  posting->count |= kDense;
}

class Grams final : public ScalarIndex {
 public:
  struct Tables {
    const Key* keys;
    const uint64_t* ends;
    const uint32_t* counts;
    size_t count;
    std::string_view postings;
  };

  Grams(const PartMeta& meta, size_t rows, size_t low, size_t high, const Tables& tables)
      : ScalarIndex(meta.part), rows_(rows), low_(low), high_(high), tables_(tables) {}

  // Not questions for grams.
  Bitmap In(const std::vector<Value>&) const override { return Bitmap(rows_); }
  Bitmap Range(const std::optional<Bound>&, const std::optional<Bound>&) const override {
    return Bitmap(rows_);
  }
  Bitmap Prefix(std::string_view) const override { return Bitmap(rows_); }
  size_t EstimateRange(const std::optional<Bound>&, const std::optional<Bound>&) const override {
    return rows_;
  }

  bool gives_words() const override { return true; }
  std::optional<size_t> EstimateWords(const std::vector<std::string>& words) const override {
    const std::vector<List> lists = ListsOf(words);
    if (lists.empty()) return std::nullopt;
    return lists.front().count;
  }

  Bitmap Words(const std::vector<std::string>& words) const override {
    const std::vector<List> lists = ListsOf(words);
    Bitmap found(rows_, lists.empty());
    if (lists.empty()) return found;
    std::vector<uint32_t> rows = Rows(lists[0]);
    for (size_t i = 1; i < lists.size() && !rows.empty(); ++i) {
      const List& list = lists[i];
      if (list.dense) {
        std::erase_if(rows, [&](uint32_t row) { return !DenseHas(list, row); });
      } else if (list.bytes.size() <= rows.size() * kBytesPerRow) {
        Intersect(list, &rows);
      }
    }
    for (const uint32_t row : rows) found.Set(row);
    return found;
  }

 private:
  struct List {
    size_t count = 0;
    bool dense = false;
    std::string_view bytes;
    friend bool operator==(const List& a, const List& b) {
      return a.bytes.data() == b.bytes.data() && a.bytes.size() == b.bytes.size();
    }
  };

  // Of the words' grams, the shortest first; an empty one if a gram is in no row.
  std::vector<List> ListsOf(const std::vector<std::string>& words) const {
    std::vector<List> lists;
    for (const std::string& word : words) {
      if (word.size() < low_) continue;
      const size_t size = std::min(word.size(), high_);
      for (size_t at = 0; at + size <= word.size() && lists.size() < kGramsMax; ++at) {
        lists.push_back(Find(KeyOf(std::string_view(word).substr(at, size))));
      }
    }
    std::sort(lists.begin(), lists.end(), [](const List& a, const List& b) {
      return a.count != b.count ? a.count < b.count : a.bytes.data() < b.bytes.data();
    });
    lists.erase(std::unique(lists.begin(), lists.end()), lists.end());
    return lists;
  }

  List Find(Key key) const {
    const Key* end = tables_.keys + tables_.count;
    const Key* found = std::lower_bound(tables_.keys, end, key);
    if (found == end || *found != key) return {};
    const auto i = static_cast<size_t>(found - tables_.keys);
    const size_t begin =
        std::min<size_t>(i == 0 ? 0 : tables_.ends[i - 1], tables_.postings.size());
    List list;
    list.count = tables_.counts[i] & ~kDense;
    list.dense = (tables_.counts[i] & kDense) != 0;
    list.bytes = tables_.postings.substr(begin, tables_.ends[i] - begin);
    return list;
  }

  bool DenseHas(const List& list, uint32_t row) const {
    return row / 8 < list.bytes.size() &&
           (static_cast<uint8_t>(list.bytes[row / 8]) >> row % 8 & 1);
  }

  std::vector<uint32_t> Rows(const List& list) const {
    std::vector<uint32_t> rows;
    rows.reserve(std::min(list.count, rows_));
    if (list.dense) {
      for (uint32_t row = 0; row < rows_; ++row) {
        if (DenseHas(list, row)) rows.push_back(row);
      }
    } else {
      ForEachPosting(list.bytes, [&](uint64_t row) {
        if (row < rows_) rows.push_back(static_cast<uint32_t>(row));
      });
    }
    return rows;
  }

  static void Intersect(const List& list, std::vector<uint32_t>* rows) {
    size_t from = 0;
    size_t kept = 0;
    ForEachPosting(list.bytes, [&](uint64_t row) {
      while (from < rows->size() && (*rows)[from] < row) ++from;
      if (from < rows->size() && (*rows)[from] == row) (*rows)[kept++] = (*rows)[from++];
    });
    rows->resize(kept);
  }

  size_t rows_;
  size_t low_, high_;  // bytes of the least and of the largest grams
  Tables tables_;
};

}  // namespace

Status BuildGrams(const ScalarView& column, const ScalarSpec& spec, const Sink& sink) {
  const auto low = static_cast<size_t>(std::clamp<int64_t>(spec.gram_min, 1, kGramBytesMax));
  const auto high = static_cast<size_t>(std::clamp<int64_t>(spec.gram_max, 1, kGramBytesMax));
  PostingTable table;
  ForEachString(column, spec.part, [&](uint32_t row, std::string_view text) {
    for (size_t size = low; size <= high; ++size) {
      for (size_t at = 0; at + size <= text.size(); ++at)
        table.Add(KeyOf(text.substr(at, size)), row);
    }
  });
  std::vector<Posting> postings = std::move(table).Take();
  std::sort(postings.begin(), postings.end(),
            [](const Posting& a, const Posting& b) { return a.key < b.key; });
  std::vector<Key> keys;
  std::vector<uint64_t> ends;
  std::vector<uint32_t> counts;
  uint64_t end = 0;
  for (Posting& posting : postings) {
    if (posting.bytes.size() > DenseBytes(column.rows)) MakeDense(column.rows, &posting);
    end += posting.bytes.size();
    keys.push_back(posting.key);
    ends.push_back(end);
    counts.push_back(posting.count);
  }
  std::string meta;
  Writer w(&meta);
  w.U64(keys.size());
  w.U8(static_cast<uint8_t>(low));
  w.U8(static_cast<uint8_t>(high));
  WritePart({spec.part, true}, &meta);
  BlobWriter blob({BlobKind::kGrams, column.type, Metric::kNone, column.rows, 0, meta});
  blob.Add(BytesOf(keys));
  blob.Add(BytesOf(ends));
  blob.Add(BytesOf(counts));
  blob.Add(end, [&](const Sink& out) -> Status {
    for (const Posting& posting : postings) TRY(out(posting.bytes));
    return {};
  });
  return blob.Write(sink);
}

Result<std::unique_ptr<ScalarIndex>> OpenGrams(const Blob& blob) {
  Reader meta(blob.header().meta);
  const uint64_t count = TRY(meta.U64());
  const size_t low = TRY(meta.U8());
  const size_t high = TRY(meta.U8());
  const PartMeta part = TRY(ReadPart(&meta));
  if (low < 1 || high < low || high > kGramBytesMax)
    return Status(Code::kCorruption, "grams of " + std::to_string(high) + " bytes");
  Grams::Tables tables{};
  tables.count = count;
  tables.keys = TRY(blob.ArrayOf<Key>(kKeys, count));
  tables.ends = TRY(blob.ArrayOf<uint64_t>(kEnds, count));
  tables.counts = TRY(blob.ArrayOf<uint32_t>(kCounts, count));
  tables.postings = blob.Section(kPostings);
  return std::unique_ptr<ScalarIndex>(
      std::make_unique<Grams>(part, blob.header().rows, low, high, tables));
}

}  // namespace elanus::index
