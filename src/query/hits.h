// Ranked rows of one or several queries, and what is done to such lists: merge, page, round.
// Pure functions; the only copy of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/column.h"
#include "model/types.h"

namespace elanus::query {

// Rows of all queries, query after query, best first. `keys`, `scores` and each column of `output`
// have one row per hit; scores are as clients see them.
struct HitLists {
  std::vector<uint32_t> counts;  // hits of each query
  Column keys;                   // kInt64 or kVarChar
  std::vector<float> scores;
  std::vector<Column> output;
};

// -1, 0, 1: order of two rows of key columns of the same type.
int CompareKeys(const Column& a, size_t row_a, const Column& b, size_t row_b);

// The lists of several shards as one: per query the best `limit` by score, ties by key, one row a
// key (its best). Each part is sorted and has the same number of queries; at least one part.
HitLists Merge(std::vector<HitLists> parts, bool larger_is_nearer, size_t limit);

// Hits [offset, offset + limit) of each query.
HitLists Page(HitLists hits, size_t offset, size_t limit);

// Rounds to `decimals` places; negative: leaves them.
void RoundScores(int decimals, std::vector<float>* scores);

// Builds a HitLists from rows of others, in the order given. The sources outlive it.
class HitCollector {
 public:
  explicit HitCollector(std::vector<const HitLists*> sources);
  void Add(size_t source, size_t row, float score);
  void EndQuery();
  HitLists Take();

 private:
  std::vector<const HitLists*> sources_;
  HitLists out_;
  uint32_t count_ = 0;
};

}  // namespace elanus::query
