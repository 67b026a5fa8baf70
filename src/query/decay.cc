#include "query/decay.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "query/numbers.h"

namespace elanus::query {
double Decay::FactorOf(double value) const {
  const double beyond = std::max(0.0, std::abs(value - origin) - offset);
  switch (curve) {
    case DecayCurve::kGauss:
      return std::exp(beyond * beyond * std::log(decay) / (scale * scale));
    case DecayCurve::kExponential:
      return std::exp(beyond * std::log(decay) / scale);
    case DecayCurve::kLinear:
      return std::max(decay, 1 - beyond * (1 - decay) / scale);
  }
  return 1;
}

HitLists Decayed(const HitLists& hits, const Decay& decay, size_t column) {
  const Column& values = hits.output[column];
  std::vector<float> scores = hits.scores;
  for (size_t row = 0; row < scores.size(); ++row) {
    scores[row] *=
        values.IsNull(row) ? 0.0F : static_cast<float>(decay.FactorOf(NumberAt(values, row)));
  }
  HitCollector collector({&hits});
  std::vector<size_t> order;
  size_t begin = 0;
  for (const uint32_t count : hits.counts) {
    order.resize(count);
    for (size_t i = 0; i < count; ++i) order[i] = begin + i;
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      if (scores[a] != scores[b]) return scores[a] > scores[b];
      return CompareKeys(hits.keys, a, hits.keys, b) < 0;
    });
    for (const size_t row : order) collector.Add(0, row, scores[row]);
    collector.EndQuery();
    begin += count;
  }
  return collector.Take();
}

}  // namespace elanus::query
