// Segment: rows of one shard. Growing takes appends in memory, Sealed is an immutable mapped file.
// Both answer the same reads; a reader passes how many rows it may see and which of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "expr/source.h"
#include "index/scalar_index.h"
#include "index/vector_index.h"
#include "model/column.h"
#include "model/schema.h"
#include "model/types.h"

namespace elanus::segment {

class LiveTable;
struct TermTotals;

// The indexes that serve a sealed segment: one of a vector field, any number of another field (of
// JSON by path). Immutable once published.
struct IndexSet {
  struct Scalar {
    FieldId field;
    std::shared_ptr<const index::ScalarIndex> index;
  };
  std::map<FieldId, std::shared_ptr<const index::VectorIndex>> vectors;
  std::map<IndexId, Scalar> scalars;  // by the declaration
};

struct VectorSearch {
  FieldId field;
  index::Queries queries;
  Metric metric = Metric::kNone;
  size_t limit = 0;
  index::SearchParams params;
  std::optional<index::Range> range;
  bool exact = false;  // growing: compares every row
};

// The values of one field, row by row and in place. Borrows the segment.
class ValueReader {
 public:
  virtual ~ValueReader() = default;
  // The bytes of a row as a Column has them; nullopt: null.
  virtual std::optional<std::string_view> At(uint32_t row) const = 0;
};

class Segment {
 public:
  virtual ~Segment() = default;

  // False: the field was added later.
  virtual bool Has(FieldId field) const = 0;

  // Growing: rows appended so far (only the lane thread may rely on it; readers use their
  // snapshot's).
  virtual size_t rows() const = 0;

  // hits[q]: the nearest rows among the first `rows` that `allowed` lets through, by (distance,
  // key). Uses `indexes`' vector index for the field if there is one, else scans.
  virtual Status Search(const Context& context, const VectorSearch& search, size_t rows,
                        const RowMask& allowed, const IndexSet* indexes,
                        std::vector<std::vector<Hit>>* hits) const = 0;

  // For filters. The Source borrows the segment, the schema and the indexes. Fields the segment
  // lacks read as their default or null.
  virtual std::unique_ptr<expr::Source> MakeSource(const Schema& schema, size_t rows,
                                                   const IndexSet* indexes) const = 0;

  // Adds what the first `rows` rows say of the terms of a field of term frequencies, but for those
  // that `live` has ended. A segment without the field adds nothing.
  virtual Status CountTerms(FieldId field, size_t rows, const LiveTable& live,
                            const IndexSet* indexes, TermTotals* totals) const = 0;

  // Appends the values of `rows` to `out` (whose type and dim say what is expected).
  virtual Status Fetch(const Field& field, std::span<const uint32_t> rows, Column* out) const = 0;

  // To read many values without copies. Sealed: checks the column's checksums first.
  virtual Result<std::unique_ptr<ValueReader>> ReadValues(const Field& field) const = 0;

  // OK, or the first damage met by a call that has no Status of its own: a Source's Read,
  // InsertedAt, MaskInsertedAfter, FindKeys. Those answer as if the damaged rows held nothing, so
  // their callers ask here afterwards, before they use the answer. Search and Fetch fail from then
  // on.
  virtual Status damage() const { return {}; }

  virtual Timestamp InsertedAt(uint32_t row) const = 0;
  virtual PartitionId PartitionOf(uint32_t row) const = 0;
  // Clears in `allowed` the rows inserted after `ts` (growing: a suffix; sealed: nothing if ts >=
  // max). Returns false, without touching it, when all of the first `rows` rows are visible.
  virtual bool MaskInsertedAfter(Timestamp ts, size_t rows, Bitmap* allowed) const = 0;
  virtual Timestamp max_ts(size_t rows) const = 0;  // newest insert among the first `rows`
  // False: no row has a value up to `value` in this field of 64-bit integers. May be wrongly true.
  virtual bool MayHoldUpTo(const Field& /*field*/, int64_t /*value*/) const { return true; }
  // Keeps in `allowed` only rows of `partitions` (sorted).
  virtual void MaskPartitions(std::span<const PartitionId> partitions, size_t rows,
                              Bitmap* allowed) const = 0;

  // Calls fn(index into keys, row) for every row that holds one of `keys` (the pk column's type),
  // dead rows too: the caller checks. `partitions`: one for each key, one for all, or empty =
  // anywhere. Growing: lane thread only.
  static constexpr uint32_t kNoRow = ~0U;
  virtual void FindKeys(const Column& keys, std::span<const PartitionId> partitions,
                        const std::function<void(size_t key, uint32_t row)>& fn) const = 0;

  virtual uint64_t memory_bytes() const = 0;
};

}  // namespace elanus::segment
