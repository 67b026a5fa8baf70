#include "segment/sealed_segment.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <string>
#include <type_traits>

#include "segment/exact_search.h"
#include "segment/missing_field.h"
#include "segment/path_columns.h"
#include "segment/row_origin.h"
#include "segment/sealed_column.h"
#include "segment/sealed_source.h"
#include "segment/segment_file.h"
#include "segment/term_counts.h"

namespace elanus::segment {
namespace {

// The first row in [low, end) for which !less(row): doubling steps from `low`, then halving ones.
template <typename Less>
size_t Gallop(size_t low, size_t end, Less less) {
  size_t step = 1;
  size_t high = low;
  while (high < end && less(high)) {
    low = high + 1;
    high = std::min(end, high + step);
    step *= 2;
  }
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (less(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// Where `wanted` would be in [low, end) if the values ascended evenly; there is one row at least.
template <typename At>
size_t GuessRow(size_t low, size_t end, int64_t wanted, At at) {
  const auto least = static_cast<double>(at(low));
  const double share = (static_cast<double>(wanted) - least) /
                       std::max(1.0, static_cast<double>(at(end - 1)) - least);
  return low +
         static_cast<size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(end - 1 - low));
}

// The first row in [low, end) whose value is not below `wanted`; values ascend. Doubles its steps
// from the guess: keys that were counted up, or that are hashes, are found within a few rows of it.
template <typename At>
size_t FirstFrom(size_t low, size_t end, int64_t wanted, At at) {
  const auto below = [&](size_t row) { return at(row) < wanted; };
  if (low == end || !below(low)) return low;
  if (below(end - 1)) return end;
  const size_t guess = GuessRow(low, end, wanted, at);
  if (below(guess)) return Gallop(guess + 1, end, below);
  size_t high = guess;  // not below
  for (size_t step = 1; high > low; step *= 2) {
    const size_t next = high - std::min(step, high - low);
    if (below(next)) return Gallop(next + 1, high, below);
    high = next;
  }
  return high;
}

class SealedValues : public ValueReader {
 public:
  explicit SealedValues(const SealedColumn* column) : column_(column) {}
  std::optional<std::string_view> At(uint32_t row) const override {
    if (column_->IsNull(row)) return std::nullopt;
    return column_->Value(row);
  }

 private:
  const SealedColumn* column_;
};

class SealedKeys : public KeyOrder {
 public:
  explicit SealedKeys(const SealedColumn* keys) : keys_(keys) {}
  Status Check(std::span<const Hit> hits) const override {
    for (const Hit& hit : hits) TRY(keys_->Check(hit.row, 1));
    return {};
  }
  bool Less(uint32_t a, uint32_t b) const override {
    if (!keys_->fixed()) return keys_->Value(a) < keys_->Value(b);
    const auto* keys = reinterpret_cast<const int64_t*>(keys_->Fixed(0));
    return keys[a] < keys[b];
  }

 private:
  const SealedColumn* keys_;
};

// Which of `keys` lie between the least and the greatest of a column.
std::vector<uint32_t> KeysWithin(const Column& keys, const ColumnStats& stats) {
  std::vector<uint32_t> within;
  const bool known = !stats.min.is_null() && !stats.max.is_null();
  for (uint32_t i = 0; i < keys.rows(); ++i) {
    if (known && keys.fixed()) {
      const int64_t key = keys.as<int64_t>()[i];
      if (key < stats.min.as_int() || stats.max.as_int() < key) continue;
    } else if (known) {
      const std::string_view key = keys.String(i);
      if (key < stats.min.as_string() || stats.max.as_string() < key) continue;
    }
    within.push_back(i);
  }
  return within;
}

const index::VectorIndex* FindIndex(const IndexSet* indexes, FieldId field) {
  if (indexes == nullptr) return nullptr;
  const auto it = indexes->vectors.find(field);
  return it == indexes->vectors.end() ? nullptr : it->second.get();
}

class MappedSegment : public SealedSegment {
 public:
  MappedSegment(std::unique_ptr<SegmentFile> file, FieldId key)
      : file_(std::move(file)), key_(key) {}

  Status OpenColumns(const Schema& schema) {
    for (const ColumnFooter& footer : file_->footer().columns) {
      const Field* field = schema.Find(footer.field);
      if (field == nullptr) continue;  // dropped since
      if (field->type != footer.type || field->dim != footer.dim) {
        return file_->Damaged("field '" + field->name + "' is " + std::string(NameOf(footer.type)) +
                              " of dim " + std::to_string(footer.dim) + " in the file");
      }
      columns_.emplace(footer.field, TRY(SealedColumn::Open(*file_, footer)));
      if (field->type == DataType::kSparseFloatVector) terms_[footer.field];
    }
    if (!columns_.contains(key_)) return file_->Damaged("the primary key is missing");
    TRY(OpenPathColumns(schema));
    times_ = file_->Find(kTimestampField, SectionKind::kTimes);
    time_index_ = file_->Find(kTimestampField, SectionKind::kTimeIndex);
    const SegmentFooter& footer = file_->footer();
    time_bits_ = BitsFor(footer.max_ts - footer.min_ts);
    index_bits_ = footer.distinct_times == 0 ? 0 : BitsFor(footer.distinct_times - 1);
    if ((times_ == nullptr ? 0 : times_->size) != PackedBytes(footer.distinct_times, time_bits_) ||
        (time_index_ == nullptr ? 0 : time_index_->size) != PackedBytes(footer.rows, index_bits_)) {
      return file_->Damaged("the timestamps do not fit the rows");
    }
    return {};
  }

  size_t rows() const override { return file_->footer().rows; }
  uint64_t memory_bytes() const override {
    uint64_t bytes = sizeof *this + file_->memory_bytes() +
                     columns_.size() * (sizeof(SealedColumn) + sizeof(FieldId));
    for (const auto& [field, counts] : terms_) bytes += sizeof counts + counts.memory_bytes();
    const std::lock_guard lock(mutex_);
    return bytes + (value_marks_.size() + 1) * kTimeMarks * sizeof(int64_t);
  }
  std::vector<std::span<const std::byte>> MappedBytes(FieldId field) const override {
    return file_->SectionsOf(field);
  }
  void DropCaches() const override {
    for (const auto& [field, counts] : terms_) counts.Clear();
  }
  uint64_t file_bytes() const override { return file_->bytes(); }
  bool Has(FieldId field) const override { return columns_.contains(field); }

  Status Search(const Context& context, const VectorSearch& search, size_t rows,
                const RowMask& allowed, const IndexSet* indexes,
                std::vector<std::vector<Hit>>* hits) const override {
    TRY(damage());
    const SealedColumn* column = Find(search.field);
    if (column == nullptr) {  // added later: no row has a vector
      hits->assign(search.queries.count, {});
      return {};
    }
    TRY(CheckQueries(search, column->type(), column->dim()));
    const index::VectorIndex* index =
        rows == this->rows() ? FindIndex(indexes, search.field) : nullptr;
    // An index compares its candidates in the column; only its own copies are its own to check.
    if (index == nullptr || IsDenseVector(column->type())) TRY(column->CheckAll());
    VectorPart part{0, column->Vectors()};
    part.vectors.rows = std::min(rows, part.vectors.rows);
    const FindNearest find = [&](const VectorSearch& wider, std::vector<std::vector<Hit>>* found) {
      if (index != nullptr) return SearchIndex(context, wider, *index, allowed, found);
      return SearchExactly(context, wider, {&part, 1}, allowed, found);
    };
    // Within one partition rows ascend by key.
    if (file_->footer().partitions.size() <= 1) return find(search, hits);
    return SearchByKey(search, SealedKeys(&columns_.at(key_)), find, hits);
  }

  Status CountTerms(FieldId field, size_t rows, const LiveTable& live, const IndexSet* indexes,
                    TermTotals* totals) const override {
    TRY(damage());
    const SealedColumn* column = Find(field);
    if (column == nullptr) return {};
    const auto row_at = [column](uint32_t row) -> Result<std::string_view> {
      TRY(column->Check(row, 1));
      return column->Value(row);
    };
    const index::VectorIndex* index = rows == this->rows() ? FindIndex(indexes, field) : nullptr;
    return terms_.at(field).AddTo(rows, live, index, row_at, totals);
  }

  std::unique_ptr<expr::Source> MakeSource(const Schema& schema, size_t rows,
                                           const IndexSet* indexes) const override {
    KeyFinder finder{
        key_, [this](const std::vector<Value>& values, const std::function<void(uint32_t)>& fn) {
          FindKeys(KeyColumn(key_, columns_.at(key_).type(), values), {},
                   [&fn](size_t, uint32_t row) { fn(row); });
        }};
    return std::make_unique<SealedSource>(columns_, paths_, schema, rows, indexes,
                                          std::move(finder),
                                          [this](Status status) { Remember(std::move(status)); });
  }

  Status Fetch(const Field& field, std::span<const uint32_t> rows, Column* out) const override {
    TRY(damage());
    const SealedColumn* column = Find(field.id);
    if (column == nullptr) {
      AppendMissing(ValueWhenMissing(field), rows.size(), out);
      return {};
    }
    CHECK(out->type() == column->type() && out->dim() == column->dim());
    size_t asked = 0;  // rows that have been asked of the memory
    for (size_t i = 0; i < rows.size();) {
      if (i == asked) {
        asked = std::min(i + kRowsAhead, rows.size());
        for (size_t next = i; next < asked; ++next) column->Prefetch(rows[next]);
        for (size_t next = i; next < asked; ++next) column->PrefetchBytes(rows[next]);
      }
      size_t run = 1;  // rows that stand side by side
      while (i + run < asked && rows[i + run] == rows[i] + run) ++run;
      TRY(column->Check(rows[i], run));
      if (column->fixed() && column->valid() == nullptr) {
        out->AppendFixed(column->Fixed(rows[i]), run);
      } else {
        for (size_t row = rows[i]; row < rows[i] + run; ++row) AppendRow(*column, row, out);
      }
      i += run;
    }
    return {};
  }

  Result<std::unique_ptr<ValueReader>> ReadValues(const Field& field) const override {
    const SealedColumn* column = Find(field.id);
    if (column == nullptr) return MakeMissingValues(field);
    TRY(column->CheckAll());
    return std::unique_ptr<ValueReader>(std::make_unique<SealedValues>(column));
  }

  Result<index::VectorView> Vectors(const Field& field, Metric) const override {
    const SealedColumn* column = TRY(Existing(field));
    TRY(column->CheckAll());
    return column->Vectors();
  }
  Result<index::ScalarView> Scalars(const Field& field) const override {
    const SealedColumn* column = TRY(Existing(field));
    TRY(column->CheckAll());
    return column->Scalars();
  }

  Result<index::VectorView> LendVectors(const Field& field) const override {
    return TRY(Existing(field))->Vectors();
  }
  Result<index::ScalarView> LendScalars(const Field& field) const override {
    return TRY(Existing(field))->Scalars();
  }

  Status damage() const override {
    if (!damaged_.load(std::memory_order_acquire)) return {};
    const std::lock_guard lock(mutex_);
    return damage_;
  }

  Timestamp InsertedAt(uint32_t row) const override {
    if (!TimesAreGood()) return max_ts(rows());
    return TimeAt(UnpackBits(IndexWords(), index_bits_, row));
  }
  size_t RowsInsertedBefore(Timestamp ts) const override {
    if (ts <= file_->footer().min_ts) return 0;
    if (ts > file_->footer().max_ts) return rows();
    if (!TimesAreGood()) return 0;
    const std::lock_guard lock(mutex_);
    if (time_marks_.empty()) MarkTimes();
    const auto known = std::lower_bound(time_marks_.begin(), time_marks_.end(), ts);
    return static_cast<size_t>(known - time_marks_.begin()) * rows() / kTimeMarks;
  }
  bool MayHoldUpTo(const Field& field, int64_t value) const override {
    const SealedColumn* column = Find(field.id);
    if (column == nullptr) return MissingUpTo(field, value);
    const ColumnStats& stats = column->stats();
    return stats.nulls < rows() && (!stats.min.is_int() || stats.min.as_int() <= value);
  }
  size_t RowsUpTo(const Field& field, int64_t value) const override {
    const SealedColumn* column = Find(field.id);
    if (column == nullptr) return MissingUpTo(field, value) ? rows() : 0;
    if (!MayHoldUpTo(field, value)) return 0;
    const ColumnStats& stats = column->stats();
    const size_t valued = rows() - stats.nulls;
    if (stats.max.is_int() && stats.max.as_int() <= value) return valued;
    const std::lock_guard lock(mutex_);
    auto marks = value_marks_.find(field.id);
    if (marks == value_marks_.end()) {
      if (!column->CheckAll().ok()) return 0;  // whoever reads the rows is told
      marks = value_marks_.emplace(field.id, MarkValues(*column)).first;
    }
    const auto known = std::upper_bound(marks->second.begin(), marks->second.end(), value);
    return static_cast<size_t>(known - marks->second.begin()) * valued / kTimeMarks;
  }
  Timestamp max_ts(size_t) const override { return file_->footer().max_ts; }
  bool MaskInsertedAfter(Timestamp ts, size_t rows, Bitmap* allowed) const override {
    if (rows == 0 || ts >= file_->footer().max_ts) return false;
    if (ts < file_->footer().min_ts || !TimesAreGood()) {
      ClearRange(allowed, 0, rows);
      return true;
    }
    const uint64_t visible =
        Gallop(0, file_->footer().distinct_times, [&](size_t i) { return TimeAt(i) <= ts; });
    for (size_t row = 0; row < rows; ++row) {
      if (UnpackBits(IndexWords(), index_bits_, row) >= visible) allowed->Clear(row);
    }
    return true;
  }

  PartitionId PartitionOf(uint32_t row) const override {
    return PartitionAt(file_->footer().partitions, row);
  }
  void MaskPartitions(std::span<const PartitionId> partitions, size_t rows,
                      Bitmap* allowed) const override {
    KeepPartitions(file_->footer().partitions, partitions, rows, allowed);
  }

  void FindKeys(const Column& keys, std::span<const PartitionId> partitions,
                const std::function<void(size_t key, uint32_t row)>& fn) const override {
    const SealedColumn& column = columns_.at(key_);
    CHECK(keys.type() == column.type());
    CHECK(partitions.size() <= 1 || partitions.size() == keys.rows());
    std::vector<uint32_t> wanted = KeysWithin(keys, column.stats());
    if (wanted.empty()) return;
    if (Status status = column.CheckAll(); !status.ok()) return Remember(std::move(status));
    if (column.fixed()) {
      const auto* rows = reinterpret_cast<const int64_t*>(column.Fixed(0));
      Find([&](size_t i) { return keys.as<int64_t>()[i]; },
           [&](size_t row) -> const int64_t& { return rows[row]; }, std::move(wanted), partitions,
           fn);
    } else {
      Find([&](size_t i) { return keys.String(i); }, [&](size_t row) { return column.Value(row); },
           std::move(wanted), partitions, fn);
    }
  }

 private:
  static constexpr size_t kTimeMarks = 64;
  // So many rows are asked of the memory at once before they are read: their misses overlap.
  static constexpr size_t kRowsAhead = 64;

  // Without the table, should it be damaged, filters read the documents.
  Status OpenPathColumns(const Schema& schema) {
    const SegmentFile::Blocks* table = file_->Find(kPathTable, SectionKind::kPaths);
    if (table == nullptr || !table->CheckAll().ok()) return {};
    auto paths = DecodePaths({table->as<char>(), table->size});
    if (!paths.ok()) return file_->Damaged(paths.status().message());
    for (PathColumn& path : *paths) {
      const Field* field = schema.Find(path.field);
      if (field == nullptr || field->type != DataType::kJson) continue;  // dropped since
      const auto& footers = file_->footer().columns;
      const auto footer = std::find_if(footers.begin(), footers.end(), [&](const auto& one) {
        return one.field == path.column && one.type == path.type;
      });
      if (footer == footers.end()) return file_->Damaged("a path column is missing");
      columns_.emplace(path.column, TRY(SealedColumn::Open(*file_, *footer)));
      paths_.push_back(std::move(path));
    }
    return {};
  }

  static void AppendRow(const SealedColumn& column, size_t row, Column* out) {
    if (column.IsNull(row)) {
      out->AppendNull();
    } else if (column.fixed()) {
      out->AppendFixed(column.Fixed(row), 1);
    } else {
      out->AppendString(column.Value(row));
    }
  }

  const SealedColumn* Find(FieldId field) const {
    const auto it = columns_.find(field);
    return it == columns_.end() ? nullptr : &it->second;
  }
  Result<const SealedColumn*> Existing(const Field& field) const {
    const SealedColumn* column = Find(field.id);
    if (column != nullptr) return column;
    return FailWith(
        Code::kFieldNotFound,
        "segment " + std::to_string(file_->footer().id.value) + " was written before it",
        {{"field", field.name}});
  }

  // key(i) is the i-th key asked for, `order` which of them; at(row) is the key of a row, by which
  // each partition's rows are sorted.
  template <typename KeyAt, typename RowAt>
  void Find(KeyAt key, RowAt at, std::vector<uint32_t> order,
            std::span<const PartitionId> partitions,
            const std::function<void(size_t key, uint32_t row)>& fn) const {
    const bool each = partitions.size() > 1;
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      if (each && partitions[a] != partitions[b]) return partitions[a] < partitions[b];
      return key(a) < key(b);
    });
    for (const meta::PartitionRange& range : file_->footer().partitions) {
      auto first = order.begin(), last = order.end();
      if (each) {
        first = std::lower_bound(order.begin(), order.end(), range.partition,
                                 [&](uint32_t i, PartitionId p) { return partitions[i] < p; });
        last = std::upper_bound(first, order.end(), range.partition,
                                [&](PartitionId p, uint32_t i) { return p < partitions[i]; });
      } else if (partitions.size() == 1 && partitions[0] != range.partition) {
        continue;
      }
      if constexpr (std::is_same_v<decltype(key(0)), int64_t>) {
        // So that the searches do not wait for memory one after the other.
        for (auto it = first; it != last && range.begin < range.end; ++it)
          __builtin_prefetch(&at(GuessRow(range.begin, range.end, key(*it), at)));
      }
      size_t row = range.begin;
      for (auto it = first; it != last && row < range.end; ++it) {
        const auto wanted = key(*it);
        if constexpr (std::is_same_v<decltype(wanted), const int64_t>) {
          row = FirstFrom(row, range.end, wanted, at);
        } else {
          row = Gallop(row, range.end, [&](size_t r) { return at(r) < wanted; });
        }
        for (size_t same = row; same < range.end && at(same) == wanted; ++same)
          fn(*it, static_cast<uint32_t>(same));
      }
    }
  }

  bool TimesAreGood() const {
    for (const SegmentFile::Blocks* blocks : {times_, time_index_}) {
      if (blocks == nullptr) continue;
      if (Status status = blocks->CheckAll(); !status.ok()) {
        Remember(std::move(status));
        return false;
      }
    }
    return true;
  }
  Timestamp TimeAt(uint64_t index) const {
    return file_->footer().min_ts +
           (times_ == nullptr ? 0 : UnpackBits(times_->as<uint64_t>(), time_bits_, index));
  }
  // time_marks_[i]: when the last of the first (i + 1)/kTimeMarks of the rows was inserted, by age.
  void MarkTimes() const {
    std::vector<uint32_t> rows_at(file_->footer().distinct_times);
    for (size_t row = 0; row < rows(); ++row) ++rows_at[UnpackBits(IndexWords(), index_bits_, row)];
    size_t seen = 0;
    for (size_t time = 0; time < rows_at.size(); ++time) {
      seen += rows_at[time];
      while (time_marks_.size() < kTimeMarks &&
             seen >= ((time_marks_.size() + 1) * rows() + kTimeMarks - 1) / kTimeMarks) {
        time_marks_.push_back(TimeAt(time));
      }
    }
  }
  // The i-th: what the first (i + 1)/kTimeMarks of the values, in their order, go up to.
  std::vector<int64_t> MarkValues(const SealedColumn& column) const {
    std::vector<int64_t> values;
    values.reserve(rows());
    const auto* all = reinterpret_cast<const int64_t*>(column.Fixed(0));
    for (size_t row = 0; row < rows(); ++row) {
      if (!column.IsNull(row)) values.push_back(all[row]);
    }
    std::sort(values.begin(), values.end());
    std::vector<int64_t> marks;
    for (size_t i = 1; i <= kTimeMarks && !values.empty(); ++i)
      marks.push_back(values[(i * values.size() + kTimeMarks - 1) / kTimeMarks - 1]);
    return marks;
  }
  static bool MissingUpTo(const Field& field, int64_t value) {
    const MissingValue missing = ValueWhenMissing(field);
    if (missing.null) return false;
    int64_t held = 0;
    std::memcpy(&held, missing.bytes.data(), std::min(sizeof held, missing.bytes.size()));
    return held <= value;
  }
  const uint64_t* IndexWords() const {
    return time_index_ == nullptr ? nullptr : time_index_->as<uint64_t>();
  }

  void Remember(Status status) const {
    const std::lock_guard lock(mutex_);
    if (!damage_.ok()) return;
    damage_ = std::move(status);
    damaged_.store(true, std::memory_order_release);
  }

  const std::unique_ptr<SegmentFile> file_;
  const FieldId key_;
  std::map<FieldId, SealedColumn> columns_;  // path columns too
  std::vector<PathColumn> paths_;
  std::map<FieldId, TermCounts> terms_;         // of sparse vectors
  const SegmentFile::Blocks* times_ = nullptr;  // null: all rows have min_ts
  const SegmentFile::Blocks* time_index_ = nullptr;
  unsigned time_bits_ = 0, index_bits_ = 0;

  mutable std::mutex mutex_;
  mutable Status damage_;                      // guarded by mutex_
  mutable std::vector<Timestamp> time_marks_;  // guarded by mutex_; empty: not asked for yet
  mutable std::map<FieldId, std::vector<int64_t>> value_marks_;  // guarded by mutex_
  mutable std::atomic<bool> damaged_{false};
};

}  // namespace

Column KeyColumn(FieldId field, DataType type, const std::vector<Value>& keys) {
  Column column(field, type);
  for (const Value& key : keys) {
    if (column.fixed()) {
      column.Append(key.as_int());
    } else {
      column.AppendString(key.as_string());
    }
  }
  return column;
}

Result<std::shared_ptr<SealedSegment>> SealedSegment::Open(io::FileSystem* fs,
                                                           const std::string& path,
                                                           const meta::SegmentMeta& meta,
                                                           const Schema& schema) {
  auto file = TRY(SegmentFile::Open(fs, path));
  const SegmentFooter& footer = file->footer();
  if (footer.id != meta.id || footer.rows != meta.rows) {
    return file->Damaged("it is segment " + std::to_string(footer.id.value) + " of " +
                         std::to_string(footer.rows) + " rows, not " +
                         std::to_string(meta.id.value) + " of " + std::to_string(meta.rows));
  }
  auto segment = std::make_shared<MappedSegment>(std::move(file), schema.primary().id);
  TRY(segment->OpenColumns(schema));
  return std::shared_ptr<SealedSegment>(std::move(segment));
}

}  // namespace elanus::segment
