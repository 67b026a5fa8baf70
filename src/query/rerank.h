// Rerankers: from the hits of several searches over the same rows to one list (compat.md, 5.7).
#pragma once

#include <cstddef>
#include <vector>

#include "model/types.h"
#include "query/hits.h"

namespace elanus::query {

// Reciprocal rank fusion: a row's score is the sum of 1 / (k + rank) over the lists, rank from 1.
// Best first, ties by key. At least one list; all have the same number of queries.
HitLists FuseByRank(const std::vector<HitLists>& lists, double k);

struct WeightedOptions {
  std::vector<float> weights;   // one a list
  std::vector<Metric> metrics;  // of each list
  bool normalize = false;       // bring every score into [0, 1]
};

// A row's score is the weighted sum of its scores. With `normalize`, or when similarities and
// distances meet, larger is better; distances alone stay distances and sort ascending.
HitLists FuseByWeight(const std::vector<HitLists>& lists, const WeightedOptions& options);

// Whether FuseByWeight sorts descending.
bool LargerIsBetter(const WeightedOptions& options);

enum class ScoreMode { kMax, kSum, kAverage };

// A row's score is the best, the sum or the average of its scores, where larger is better:
// distances are turned round (1 - 2 atan(d) / pi), and `normalize` brings every score into [0, 1].
HitLists FuseByScore(const std::vector<HitLists>& lists, ScoreMode mode,
                     const std::vector<Metric>& metrics, bool normalize);

// COSINE (1 + s) / 2, IP 0.5 + atan(s) / pi, distances 1 - 2 atan(d) / pi.
float Normalized(Metric metric, float score);

}  // namespace elanus::query
