#include "index/sorted.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <compare>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/coding.h"
#include "base/hash.h"
#include "index/json_leaves.h"
#include "index/scalar_values.h"

namespace elanus::index {
namespace {

// Sections: fixed types {values, rows}, strings {dictionary ends, dictionary bytes, run ends,
// rows}.
enum : size_t {
  kValues = 0,
  kValueRows = 1,
  kDictEnds = 0,
  kDictBytes = 1,
  kRunEnds = 2,
  kRunRows = 3
};

bool IsNaN(auto v) {
  if constexpr (std::is_floating_point_v<decltype(v)>) return std::isnan(v);
  return false;
}

// Exact between any integer and any double; long double holds both.
template <typename T>
std::partial_ordering Compare(T a, const Value& b) {
  if (b.is_bool())
    return static_cast<long double>(a) <=> static_cast<long double>(b.as_bool() ? 1 : 0);
  if (b.is_int()) return static_cast<long double>(a) <=> static_cast<long double>(b.as_int());
  if (b.is_double()) return static_cast<long double>(a) <=> static_cast<long double>(b.as_double());
  return std::partial_ordering::unordered;
}

std::partial_ordering Compare(std::string_view a, const Value& b) {
  if (!b.is_string()) return std::partial_ordering::unordered;
  return a <=> std::string_view(b.as_string());
}

// The first of n sorted values that is not before `b` (strict: that is after it).
template <typename ValueAt>
size_t FirstFrom(size_t n, ValueAt value_at, const Value& b, bool strict) {
  size_t low = 0;
  while (n > 0) {
    const size_t half = n / 2;
    const auto order = Compare(value_at(low + half), b);
    const bool before = strict ? order <= 0 : order < 0;
    low = before ? low + half + 1 : low;
    n = before ? n - half - 1 : half;
  }
  return low;
}

template <typename ValueAt>
bool Comparable(size_t n, ValueAt value_at, const Value& b) {
  return n > 0 && Compare(value_at(0), b) != std::partial_ordering::unordered;
}

// [begin, end) of the sorted values within the bounds.
template <typename ValueAt>
std::pair<size_t, size_t> Within(size_t n, ValueAt value_at, const std::optional<Bound>& low,
                                 const std::optional<Bound>& high) {
  size_t begin = 0;
  size_t end = n;
  for (const auto* bound : {&low, &high}) {
    if (bound->has_value() && !Comparable(n, value_at, (*bound)->value)) return {0, 0};
  }
  if (low.has_value()) begin = FirstFrom(n, value_at, low->value, !low->inclusive);
  if (high.has_value()) end = FirstFrom(n, value_at, high->value, high->inclusive);
  return {begin, std::max(begin, end)};
}

void SetRows(const uint32_t* rows, size_t begin, size_t end, Bitmap* out) {
  for (size_t i = begin; i < end; ++i) {
    if (rows[i] < out->size()) out->Set(rows[i]);
  }
}

template <typename T>
class SortedValues final : public ScalarIndex {
  auto At() const {
    return [this](size_t i) { return values_[i]; };
  }

 public:
  SortedValues(const PartMeta& meta, size_t rows, const T* values, const uint32_t* value_rows,
               size_t count)
      : ScalarIndex(meta.part, meta.exact),
        rows_(rows),
        values_(values),
        value_rows_(value_rows),
        count_(count) {}

  Bitmap In(const std::vector<Value>& values) const override {
    Bitmap out(rows_);
    for (const Value& v : values) {
      const Bound bound{v, true};
      const auto [begin, end] = Within(count_, At(), bound, bound);
      SetRows(value_rows_, begin, end, &out);
    }
    return out;
  }
  Bitmap Range(const std::optional<Bound>& low, const std::optional<Bound>& high) const override {
    Bitmap out(rows_);
    const auto [begin, end] = Within(count_, At(), low, high);
    SetRows(value_rows_, begin, end, &out);
    return out;
  }
  Bitmap Prefix(std::string_view) const override { return Bitmap(rows_); }
  size_t EstimateRange(const std::optional<Bound>& low,
                       const std::optional<Bound>& high) const override {
    const auto [begin, end] = Within(count_, At(), low, high);
    return end - begin;
  }

 private:
  size_t rows_;
  const T* values_;
  const uint32_t* value_rows_;
  size_t count_;  // without nulls and NaNs
};

class SortedStrings final : public ScalarIndex {
  auto At() const {
    return [this](size_t i) { return Entry(i); };
  }

 public:
  SortedStrings(const PartMeta& meta, size_t rows, std::string_view bytes, const uint64_t* ends,
                const uint32_t* run_ends, const uint32_t* run_rows, size_t count, size_t entries)
      : ScalarIndex(meta.part, meta.exact),
        rows_(rows),
        bytes_(bytes),
        ends_(ends),
        run_ends_(run_ends),
        run_rows_(run_rows),
        count_(count),
        entries_(entries) {}

  Bitmap In(const std::vector<Value>& values) const override {
    Bitmap out(rows_);
    for (const Value& v : values) {
      const Bound bound{v, true};
      const auto [begin, end] = Within(count_, At(), bound, bound);
      SetRuns(begin, end, &out);
    }
    return out;
  }
  Bitmap Range(const std::optional<Bound>& low, const std::optional<Bound>& high) const override {
    Bitmap out(rows_);
    const auto [begin, end] = Within(count_, At(), low, high);
    SetRuns(begin, end, &out);
    return out;
  }
  Bitmap Prefix(std::string_view prefix) const override {
    Bitmap out(rows_);
    const size_t begin = FirstFrom(count_, At(), Value(std::string(prefix)), false);
    size_t end = count_;
    for (size_t low = begin; low < end;) {  // entries that begin with the prefix stand together
      const size_t middle = low + (end - low) / 2;
      if (Entry(middle).starts_with(prefix)) {
        low = middle + 1;
      } else {
        end = middle;
      }
    }
    SetRuns(begin, end, &out);
    return out;
  }
  size_t EstimateRange(const std::optional<Bound>& low,
                       const std::optional<Bound>& high) const override {
    const auto [begin, end] = Within(count_, At(), low, high);
    return RunBegin(end) - RunBegin(begin);
  }

 private:
  std::string_view Entry(size_t i) const {
    const size_t begin = std::min<size_t>(i == 0 ? 0 : ends_[i - 1], bytes_.size());
    return bytes_.substr(begin, ends_[i] - begin);
  }
  size_t RunBegin(size_t i) const {
    return i == 0 ? 0 : std::min<size_t>(run_ends_[i - 1], entries_);
  }
  void SetRuns(size_t begin, size_t end, Bitmap* out) const {
    SetRows(run_rows_, RunBegin(begin), RunBegin(end), out);
  }

  size_t rows_;
  std::string_view bytes_;
  const uint64_t* ends_;
  const uint32_t* run_ends_;
  const uint32_t* run_rows_;
  size_t count_;    // of the dictionary
  size_t entries_;  // rows that are not null
};

BlobHeader HeaderOf(const ScalarView& column, const ScalarPart& part, bool exact, uint64_t count,
                    uint64_t entries) {
  std::string meta;
  Writer w(&meta);
  w.U64(count);
  w.U64(entries);
  if (!IsWhole(column, part)) WritePart({part, exact}, &meta);
  return {IsWhole(column, part) ? BlobKind::kSorted : BlobKind::kSortedPart,
          column.type,
          Metric::kNone,
          column.rows,
          0,
          meta};
}

template <typename T>
Status BuildValues(const ScalarView& column, const ScalarPart& part, const Sink& sink) {
  std::vector<std::pair<T, uint32_t>> pairs;
  pairs.reserve(column.rows);
  const bool exact = ForEachFixed<T>(column, part, [&](uint32_t row, T v) {
    if (!IsNaN(v)) pairs.emplace_back(v, row);
  });
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  std::vector<T> values(pairs.size());
  std::vector<uint32_t> rows(pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) {
    values[i] = pairs[i].first;
    rows[i] = pairs[i].second;
  }
  BlobWriter blob(HeaderOf(column, part, exact, values.size(), rows.size()));
  blob.Add(BytesOf(values));
  blob.Add(BytesOf(rows));
  return blob.Write(sink);
}

Status WriteStrings(const ScalarView& column, const ScalarPart& part,
                    const std::vector<uint64_t>& ends, const std::string& bytes,
                    const std::vector<uint32_t>& run_ends, const std::vector<uint32_t>& rows,
                    const Sink& sink) {
  BlobWriter blob(HeaderOf(column, part, true, ends.size(), rows.size()));
  blob.Add(BytesOf(ends));
  blob.Add(bytes);
  blob.Add(BytesOf(run_ends));
  blob.Add(BytesOf(rows));
  return blob.Write(sink);
}

Status BuildStrings(const ScalarView& column, const ScalarPart& part, const Sink& sink) {
  std::vector<std::pair<std::string_view, uint32_t>> pairs;
  ForEachString(column, part,
                [&](uint32_t row, std::string_view text) { pairs.emplace_back(text, row); });
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  std::string bytes;
  std::vector<uint64_t> ends;
  std::vector<uint32_t> run_ends;
  std::vector<uint32_t> rows;
  for (const auto& [text, row] : pairs) {
    if (rows.empty() || text != pairs[rows.size() - 1].first) {
      bytes += text;
      ends.push_back(bytes.size());
      run_ends.push_back(0);
    }
    rows.push_back(row);
    run_ends.back() = static_cast<uint32_t>(rows.size());
  }
  return WriteStrings(column, part, ends, bytes, run_ends, rows, sink);
}

template <typename T>
Result<std::unique_ptr<ScalarIndex>> OpenValues(const Blob& blob, const PartMeta& meta,
                                                uint64_t count) {
  const T* values = TRY(blob.ArrayOf<T>(kValues, count));
  const uint32_t* rows = TRY(blob.ArrayOf<uint32_t>(kValueRows, count));
  return std::unique_ptr<ScalarIndex>(
      std::make_unique<SortedValues<T>>(meta, blob.header().rows, values, rows, count));
}

// Calls fn with a value of the type's C++ counterpart; strings are the caller's.
template <typename Fn>
auto WithFixed(DataType type, Fn fn) -> decltype(fn(int8_t{})) {
  switch (WidthOf(type)) {
    case 1:
      return fn(int8_t{});  // Bool as 0 and 1
    case 2:
      return fn(int16_t{});
    case 4:
      return type == DataType::kFloat ? fn(float{}) : fn(int32_t{});
    case 8:
      return type == DataType::kDouble ? fn(double{}) : fn(int64_t{});
    default:
      return Status(Code::kUnimplemented,
                    "no sorted index on " + std::string(NameOf(type)) + " fields yet");
  }
}

}  // namespace

Status BuildSorted(const ScalarView& column, const ScalarPart& part, const Sink& sink) {
  if (IsString(part.type)) return BuildStrings(column, part, sink);
  return WithFixed(part.type, [&](auto zero) -> Status {
    return BuildValues<decltype(zero)>(column, part, sink);
  });
}

Status BuildTerms(const ScalarView& column, const ScalarSpec& spec, const Sink& sink) {
  struct Term {
    uint32_t rows = 0;
    uint32_t last = 0;  // row + 1
  };
  std::unordered_map<std::string, uint32_t, StringHash, std::equal_to<>> ids;
  std::vector<Term> terms;
  std::vector<std::pair<uint32_t, uint32_t>> postings;  // term, row; rows ascend
  ForEachRow(column, [&](uint32_t row) {
    spec.cut(BytesOfRow(column, row), [&](std::string_view text) {
      auto known = ids.find(text);
      if (known == ids.end()) {
        known = ids.emplace(text, static_cast<uint32_t>(terms.size())).first;
        terms.emplace_back();
      }
      Term& term = terms[known->second];
      if (std::exchange(term.last, row + 1) == row + 1) return;
      ++term.rows;
      postings.emplace_back(known->second, row);
    });
  });
  std::vector<std::pair<std::string_view, uint32_t>> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  std::string bytes;
  std::vector<uint64_t> ends;
  std::vector<uint32_t> run_ends;
  std::vector<uint32_t> next(terms.size());  // where each term's next row goes
  uint32_t count = 0;
  for (const auto& [text, id] : sorted) {
    bytes += text;
    ends.push_back(bytes.size());
    next[id] = count;
    count += terms[id].rows;
    run_ends.push_back(count);
  }
  std::vector<uint32_t> rows(count);
  for (const auto& [id, row] : postings) rows[next[id]++] = row;
  return WriteStrings(column, spec.part, ends, bytes, run_ends, rows, sink);
}

Result<std::unique_ptr<ScalarIndex>> OpenSorted(const Blob& blob) {
  using Opened = Result<std::unique_ptr<ScalarIndex>>;
  const BlobHeader& header = blob.header();
  Reader meta(header.meta);
  const uint64_t count = TRY(meta.U64());
  const uint64_t entries = TRY(meta.U64());
  PartMeta part;
  part.part.type = header.type;
  if (header.kind == BlobKind::kSortedPart) part = TRY(ReadPart(&meta));
  if (!IsString(part.part.type) && part.part.type != DataType::kJson) {
    return WithFixed(part.part.type, [&](auto zero) -> Opened {
      return OpenValues<decltype(zero)>(blob, part, count);
    });
  }
  const uint64_t* ends = TRY(blob.ArrayOf<uint64_t>(kDictEnds, count));
  const uint32_t* run_ends = TRY(blob.ArrayOf<uint32_t>(kRunEnds, count));
  const uint32_t* rows = TRY(blob.ArrayOf<uint32_t>(kRunRows, entries));
  std::unique_ptr<ScalarIndex> strings = std::make_unique<SortedStrings>(
      part, header.rows, blob.Section(kDictBytes), ends, run_ends, rows, count, entries);
  if (part.part.type == DataType::kJson) return OpenJsonLeaves(std::move(strings));
  return strings;
}

}  // namespace elanus::index
