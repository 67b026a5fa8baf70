#include "segment/growing_segment.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "segment/exact_search.h"
#include "segment/growing_column.h"
#include "segment/key_table.h"
#include "segment/missing_field.h"
#include "segment/row_origin.h"
#include "simd/fastscan.h"

namespace elanus::segment {
namespace {

// The columns as of one moment; a new table replaces it when the schema grows.
using ColumnTable = std::vector<const GrowingColumn*>;

const GrowingColumn* FindColumn(const ColumnTable& table, FieldId field) {
  for (const GrowingColumn* column : table) {
    if (column->field() == field) return column;
  }
  return nullptr;
}

class GrowingSource : public expr::Source {
 public:
  GrowingSource(const ColumnTable& table, const Schema& schema, size_t rows)
      : table_(table), rows_(rows) {
    for (const Field& field : schema.fields) {
      if (FindColumn(table, field.id) == nullptr) missing_.Add(field);
    }
  }

  size_t rows() const override { return rows_; }
  expr::Block Read(FieldId field, size_t first, size_t count,
                   expr::BlockScratch* scratch) const override {
    if (const GrowingColumn* column = FindColumn(table_, field))
      return column->Read(first, count, scratch);
    expr::Block block;
    CHECK(missing_.Read(field, first, count, &block));
    return block;
  }

 private:
  const ColumnTable& table_;
  const size_t rows_;
  MissingFields missing_;
};

class GrowingValues : public ValueReader {
 public:
  explicit GrowingValues(const GrowingColumn* column) : column_(column) {}
  std::optional<std::string_view> At(uint32_t row) const override {
    if (column_->IsNull(row)) return std::nullopt;
    return column_->Value(row);
  }

 private:
  const GrowingColumn* column_;
};

class GrowingKeys : public KeyOrder {
 public:
  explicit GrowingKeys(const GrowingColumn* keys) : keys_(keys) {}
  Status Check(std::span<const Hit>) const override { return {}; }
  bool Less(uint32_t a, uint32_t b) const override {
    const std::string_view x = keys_->Value(a);
    const std::string_view y = keys_->Value(b);
    return keys_->fixed() ? IntegerOf(x) < IntegerOf(y) : x < y;
  }

 private:
  static int64_t IntegerOf(std::string_view bytes) {
    int64_t number;
    std::memcpy(&number, bytes.data(), sizeof number);
    return number;
  }

  const GrowingColumn* keys_;
};

// How many of the first `rows` rows are searched by their codes; the rest exactly. None where a
// scan of the column is cheaper: it costs some twenty times a row of codes.
size_t CodedRows(const GrowingColumn& column, const VectorSearch& search, size_t rows,
                 const RowMask& allowed) {
  constexpr size_t kScanCost = 20;
  const VectorCodes* codes = column.codes();
  if (codes == nullptr || search.exact || search.range || codes->metric() != search.metric)
    return 0;
  if (std::max<size_t>(search.limit, 1) * kScanCost > rows) return 0;
  if (!allowed.all() && allowed.Count(rows) * kScanCost < rows) return 0;
  return std::min(codes->rows(), rows / simd::kFastRows * simd::kFastRows);
}

Status SearchCodes(const Context& context, const VectorSearch& search, const VectorCodes& codes,
                   std::span<const VectorPart> parts, size_t coded, const RowMask& allowed,
                   std::vector<std::vector<Hit>>* hits) {
  std::vector<VectorPart> rest;
  for (const VectorPart& part : parts) {
    if (part.begin + part.vectors.rows <= coded) continue;
    rest.push_back(part.begin >= coded ? part : part.From(coded - part.begin));
  }
  TRY(SearchExactly(context, search, rest, allowed, hits));
  for (size_t q = 0; q < hits->size(); ++q) {
    TopK top(search.limit);
    for (const Hit& hit : (*hits)[q]) top.Offer(hit.distance, hit.row);
    if (TRY(codes.Search(context, search.queries.Row(q), parts, coded, allowed, &top))) {
      (*hits)[q] = top.Take();
      continue;
    }
    VectorSearch one = search;
    one.queries.count = 1;
    one.queries.data = search.queries.Row(q);
    std::vector<std::vector<Hit>> exact;
    TRY(SearchExactly(context, one, parts, allowed, &exact));
    (*hits)[q] = std::move(exact[0]);
  }
  return {};
}

class ChunkedSegment : public GrowingSegment {
 public:
  ChunkedSegment(const Schema& schema, std::shared_ptr<BlockPool> pool)
      : arena_(std::move(pool)), origin_(&arena_) {
    ExtendSchema(schema);
    key_ = FindColumn(*table_.load(), schema.primary().id);
  }

  uint32_t Append(const Batch& batch, std::span<const PartitionId> partitions,
                  Timestamp ts) override {
    const size_t first = rows_.load(std::memory_order_relaxed);
    if (batch.rows == 0) return static_cast<uint32_t>(first);
    CHECK(first + batch.rows < kNoRow);
    uint64_t bytes = 0;
    for (const auto& column : columns_) {
      const Column* values = batch.Find(column->field());
      CHECK(values == nullptr || values->rows() == batch.rows);
      bytes += values != nullptr ? column->Append(*values, first)
                                 : column->AppendMissing(first, batch.rows);
    }
    origin_.Append(first, batch.rows, partitions, ts);
    AddKeys(first, batch.rows);
    arena_.SetBeside(keys_.bytes());
    data_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    rows_.store(first + batch.rows, std::memory_order_release);
    return static_cast<uint32_t>(first);
  }

  void ExtendSchema(const Schema& schema) override {
    const size_t rows = rows_.load(std::memory_order_relaxed);
    auto next = std::make_unique<ColumnTable>();
    if (const ColumnTable* table = table_.load(std::memory_order_relaxed)) *next = *table;
    for (const Field& field : schema.fields) {
      if (FindColumn(*next, field.id) != nullptr) continue;
      columns_.push_back(std::make_unique<GrowingColumn>(field, rows, &arena_));
      next->push_back(columns_.back().get());
    }
    table_.store(next.get(), std::memory_order_release);
    tables_.push_back(std::move(next));
  }

  bool Has(FieldId field) const override { return Find(field) != nullptr; }
  uint64_t data_bytes() const override { return data_bytes_.load(std::memory_order_relaxed); }
  size_t rows() const override { return rows_.load(std::memory_order_acquire); }
  uint64_t memory_bytes() const override { return arena_.bytes(); }

  Status Search(const Context& context, const VectorSearch& search, size_t rows,
                const RowMask& allowed, const IndexSet*,
                std::vector<std::vector<Hit>>* hits) const override {
    const GrowingColumn* column = Find(search.field);
    if (column == nullptr) {  // added later: no row has a vector
      hits->assign(search.queries.count, {});
      return {};
    }
    TRY(CheckQueries(search, column->type(), column->dim()));
    const std::vector<VectorPart> parts = column->Vectors(rows);
    const size_t coded = CodedRows(*column, search, rows, allowed);
    return SearchByKey(
        search, GrowingKeys(key_),
        [&](const VectorSearch& wider, std::vector<std::vector<Hit>>* found) {
          if (coded == 0) return SearchExactly(context, wider, parts, allowed, found);
          return SearchCodes(context, wider, *column->codes(), parts, coded, allowed, found);
        },
        hits);
  }
  Status CountTerms(FieldId field, size_t rows, const LiveTable& live, const IndexSet*,
                    TermTotals* totals) const override {
    const GrowingColumn* column = Find(field);
    if (column == nullptr) return {};
    const auto row_at = [column](uint32_t row) -> Result<std::string_view> {
      return column->Value(row);
    };
    return column->terms().AddTo(rows, live, nullptr, row_at, totals);
  }
  void Code(FieldId field, Metric metric) override {
    for (const auto& column : columns_) {
      if (column->field() == field) column->Code(metric);
    }
  }

  std::unique_ptr<expr::Source> MakeSource(const Schema& schema, size_t rows,
                                           const IndexSet*) const override {
    return std::make_unique<GrowingSource>(*table_.load(std::memory_order_acquire), schema, rows);
  }

  Status Fetch(const Field& field, std::span<const uint32_t> rows, Column* out) const override {
    const GrowingColumn* column = Find(field.id);
    if (column == nullptr) {
      AppendMissing(ValueWhenMissing(field), rows.size(), out);
      return {};
    }
    CHECK(out->type() == column->type() && out->dim() == column->dim());
    for (const uint32_t row : rows) {
      if (column->IsNull(row)) {
        out->AppendNull();
      } else if (column->fixed()) {
        out->AppendFixed(column->Value(row).data(), 1);
      } else {
        out->AppendString(column->Value(row));
      }
    }
    return {};
  }

  Result<std::unique_ptr<ValueReader>> ReadValues(const Field& field) const override {
    const GrowingColumn* column = Find(field.id);
    if (column == nullptr) return MakeMissingValues(field);
    return std::unique_ptr<ValueReader>(std::make_unique<GrowingValues>(column));
  }

  Timestamp InsertedAt(uint32_t row) const override { return origin_.InsertedAt(row); }
  PartitionId PartitionOf(uint32_t row) const override { return origin_.PartitionOf(row); }
  bool MaskInsertedAfter(Timestamp ts, size_t rows, Bitmap* allowed) const override {
    const size_t visible = origin_.RowsUpTo(ts, rows);
    if (visible == rows) return false;
    ClearRange(allowed, visible, rows);
    return true;
  }
  Timestamp max_ts(size_t rows) const override {
    return rows == 0 ? 0 : origin_.InsertedAt(rows - 1);
  }
  void MaskPartitions(std::span<const PartitionId> partitions, size_t rows,
                      Bitmap* allowed) const override {
    origin_.MaskPartitions(partitions, rows, allowed);
  }

  void FindKeys(const Column& keys, std::span<const PartitionId> partitions,
                const std::function<void(size_t key, uint32_t row)>& fn) const override {
    CHECK(keys.type() == key_->type());
    CHECK(partitions.size() <= 1 || partitions.size() == keys.rows());
    constexpr size_t kAhead = 8;
    std::vector<uint32_t> hashes(keys.rows());
    for (size_t i = 0; i < keys.rows(); ++i) hashes[i] = HashOf(keys.String(i));
    for (size_t i = 0; i < std::min(kAhead, keys.rows()); ++i) keys_.Prefetch(hashes[i]);
    for (size_t i = 0; i < keys.rows(); ++i) {
      if (i + kAhead < keys.rows()) keys_.Prefetch(hashes[i + kAhead]);
      const std::string_view key = keys.String(i);
      for (uint32_t row = keys_.Newest(hashes[i]); row != KeyTable::kNone; row = keys_.Older(row)) {
        if (key_->Value(row) != key) continue;
        if (!partitions.empty() && PartitionOf(row) != partitions[partitions.size() == 1 ? 0 : i])
          continue;
        fn(i, row);
      }
    }
  }

 private:
  const GrowingColumn* Find(FieldId field) const {
    return FindColumn(*table_.load(std::memory_order_acquire), field);
  }

  uint32_t HashOf(std::string_view key) const {
    if (!key_->fixed()) return KeyHash(key);
    int64_t number;
    std::memcpy(&number, key.data(), sizeof number);
    return KeyHash(number);
  }
  void AddKeys(size_t first, size_t count) {
    constexpr size_t kAhead = 16;
    uint32_t ahead[kAhead];
    for (size_t i = 0; i < count + kAhead; ++i) {
      if (i >= kAhead) keys_.Add(ahead[i % kAhead]);
      if (i >= count) continue;
      ahead[i % kAhead] = HashOf(key_->Value(first + i));
      keys_.Prefetch(ahead[i % kAhead]);
    }
  }

  BlockArena arena_;
  std::vector<std::unique_ptr<GrowingColumn>> columns_;  // the writer's
  std::vector<std::unique_ptr<ColumnTable>> tables_;  // all there ever were: a reader may be in one
  std::atomic<const ColumnTable*> table_{nullptr};    // the newest
  const GrowingColumn* key_ = nullptr;
  RowOrigin origin_;
  KeyTable keys_;  // lane thread only
  std::atomic<uint64_t> data_bytes_{0};
  std::atomic<size_t> rows_{0};
};

}  // namespace

std::shared_ptr<GrowingSegment> GrowingSegment::Make(const Schema& schema,
                                                     std::shared_ptr<BlockPool> pool) {
  if (pool == nullptr) pool = std::make_shared<BlockPool>();
  return std::make_shared<ChunkedSegment>(schema, std::move(pool));
}

}  // namespace elanus::segment
