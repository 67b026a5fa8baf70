// What BM25 needs to know of a column of term frequencies before it can weigh a term: how many rows
// have it, and how long rows are. Rows that have ended do not count.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "index/vector_index.h"
#include "segment/live_table.h"

namespace elanus::segment {

// Of the terms that were asked for, over all segments that added to it.
struct TermTotals {
  std::vector<uint32_t> terms;  // ascending, each once
  std::vector<uint64_t> with;   // rows that have each
  uint64_t rows = 0;
  double length = 0;  // what all rows' frequencies sum up to

  explicit TermTotals(std::vector<uint32_t> asked);
};

// Counts the rows of one column of a segment as they are asked for, each once: later calls pay for
// the rows that came or ended since. Thread-safe.
class TermCounts {
 public:
  // A row's bytes. Fails where the row is damaged.
  using RowAt = std::function<Result<std::string_view>(uint32_t row)>;

  // Adds the first `rows` rows that `live` has not ended. `index`: over just these rows; what it
  // knows is not counted again (null: there is none). Rows beyond may be among them, where another
  // call has already seen them.
  Status AddTo(size_t rows, const LiveTable& live, const index::VectorIndex* index,
               const RowAt& row_at, TermTotals* totals) const;

  uint64_t memory_bytes() const;
  void Clear() const;  // the next call counts from the beginning

 private:
  struct Counts {
    std::unordered_map<uint32_t, uint32_t> with;
    uint64_t rows = 0;
    double length = 0;

    void Add(std::string_view row);
    uint64_t With(uint32_t term) const;
  };

  mutable std::mutex mutex_;
  mutable size_t counted_ = 0;  // rows in all_
  mutable Counts all_, ended_;
  mutable LiveTable::Ptr ends_;  // whose ended rows are in ended_
};

}  // namespace elanus::segment
