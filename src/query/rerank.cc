#include "query/rerank.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <string_view>
#include <utility>

namespace elanus::query {
namespace {

struct Fused {
  float score;
  size_t list;  // where the row was met first
  size_t row;
  int times = 1;  // it was met
};

// `score_of(list, rank from 0, score)`: what a hit adds to its row.
using ScoreOf = std::function<float(size_t, size_t, float)>;

void Join(ScoreMode mode, float score, Fused* fused) {
  fused->score = mode == ScoreMode::kMax ? std::max(fused->score, score) : fused->score + score;
  ++fused->times;
}

template <typename Key, typename KeyOf>
std::vector<Fused> Collect(const std::vector<HitLists>& lists, const std::vector<size_t>& begins,
                           size_t query, ScoreMode mode, const ScoreOf& score_of, KeyOf key_of) {
  std::vector<Fused> fused;
  std::map<Key, size_t> at;
  for (size_t list = 0; list < lists.size(); ++list) {
    for (size_t rank = 0; rank < lists[list].counts[query]; ++rank) {
      const size_t row = begins[list] + rank;
      const float score = score_of(list, rank, lists[list].scores[row]);
      const auto [entry, is_new] = at.try_emplace(key_of(lists[list].keys, row), fused.size());
      if (is_new) {
        fused.push_back({score, list, row});
      } else {
        Join(mode, score, &fused[entry->second]);
      }
    }
  }
  if (mode == ScoreMode::kAverage) {
    for (Fused& row : fused) row.score /= static_cast<float>(row.times);
  }
  return fused;
}

HitLists Fuse(const std::vector<HitLists>& lists, bool descending, const ScoreOf& score_of,
              ScoreMode mode = ScoreMode::kSum) {
  std::vector<const HitLists*> sources;
  for (const HitLists& list : lists) sources.push_back(&list);
  HitCollector collector(sources);
  std::vector<size_t> begins(lists.size(), 0);
  bool numbers = false;
  for (const HitLists& list : lists) numbers |= list.keys.rows() > 0 && list.keys.fixed();

  for (size_t query = 0; query < lists.front().counts.size(); ++query) {
    std::vector<Fused> fused =
        numbers ? Collect<int64_t>(
                      lists, begins, query, mode, score_of,
                      [](const Column& keys, size_t row) { return keys.as<int64_t>()[row]; })
                : Collect<std::string_view>(
                      lists, begins, query, mode, score_of,
                      [](const Column& keys, size_t row) { return keys.String(row); });
    std::sort(fused.begin(), fused.end(), [&](const Fused& a, const Fused& b) {
      if (a.score != b.score) return descending ? a.score > b.score : a.score < b.score;
      return CompareKeys(lists[a.list].keys, a.row, lists[b.list].keys, b.row) < 0;
    });
    for (const Fused& hit : fused) collector.Add(hit.list, hit.row, hit.score);
    collector.EndQuery();
    for (size_t list = 0; list < lists.size(); ++list) begins[list] += lists[list].counts[query];
  }
  return collector.Take();
}

float TurnedAround(float distance) {
  return 1.0F - 2 * std::atan(distance) / std::numbers::pi_v<float>;
}

}  // namespace

float Normalized(Metric metric, float score) {
  switch (metric) {
    case Metric::kCosine:
      return (1 + score) * 0.5F;
    case Metric::kIP:
      return 0.5F + std::atan(score) / std::numbers::pi_v<float>;
    case Metric::kBm25:
      return 2 * std::atan(score) / std::numbers::pi_v<float>;
    case Metric::kNone:
    case Metric::kL2:
    case Metric::kHamming:
    case Metric::kJaccard:
    case Metric::kSubstructure:
    case Metric::kSuperstructure:
      return TurnedAround(score);
  }
  return score;
}

HitLists FuseByRank(const std::vector<HitLists>& lists, double k) {
  return Fuse(lists, true, [k](size_t, size_t rank, float) {
    return static_cast<float>(1.0 / (k + static_cast<double>(rank + 1)));
  });
}

namespace {

std::ptrdiff_t Similarities(const std::vector<Metric>& metrics) {
  return std::count_if(metrics.begin(), metrics.end(), LargerIsNearer);
}

}  // namespace

bool LargerIsBetter(const WeightedOptions& options) {
  return options.normalize || Similarities(options.metrics) > 0;
}

HitLists FuseByWeight(const std::vector<HitLists>& lists, const WeightedOptions& options) {
  const std::ptrdiff_t similar = Similarities(options.metrics);
  const bool mixed = similar > 0 && similar < static_cast<std::ptrdiff_t>(options.metrics.size());
  return Fuse(lists, LargerIsBetter(options), [&](size_t list, size_t, float score) {
    const Metric metric = options.metrics[list];
    if (options.normalize) {
      score = Normalized(metric, score);
    } else if (mixed && !LargerIsNearer(metric)) {
      score = TurnedAround(score);
    }
    return options.weights[list] * score;
  });
}

HitLists FuseByScore(const std::vector<HitLists>& lists, ScoreMode mode,
                     const std::vector<Metric>& metrics, bool normalize) {
  return Fuse(
      lists, true,
      [&](size_t list, size_t, float score) {
        if (normalize) return Normalized(metrics[list], score);
        return LargerIsNearer(metrics[list]) ? score : TurnedAround(score);
      },
      mode);
}

}  // namespace elanus::query
