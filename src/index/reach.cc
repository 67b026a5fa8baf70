#include "index/reach.h"

#include <algorithm>
#include <cmath>

#include "index/flat.h"

namespace elanus::index {
namespace {

constexpr size_t kBase = 10;
constexpr size_t kSample = 128;

}  // namespace

float Growth::At(double ratio) const {
  const double at = std::clamp(std::log2(std::max(ratio, 1.0)), 0.0, kSteps - 1.0);
  const auto step = std::min<size_t>(static_cast<size_t>(at), kSteps - 2);
  const double low = std::log(static_cast<double>(growth[step]));
  const double high = std::log(static_cast<double>(growth[step + 1]));
  return static_cast<float>(std::exp(low + (high - low) * (at - static_cast<double>(step))));
}

Growth MeasureGrowth(const Space& space, size_t rows, const uint8_t* valid,
                     const std::vector<uint32_t>& sample, Workers* workers) {
  const size_t count = std::min(sample.size(), kSample);
  std::vector<std::array<double, Growth::kSteps>> logs(count);
  VectorView view;
  view.rows = rows;
  view.valid = valid;
  workers->For(count, 1, [&](size_t begin, size_t end, int) {
    Space::Probe probe;
    std::vector<float> nearest;
    float out[kScanBlock];
    uint32_t ids[kScanBlock];
    constexpr size_t kKeep = (kBase << (Growth::kSteps - 1)) + 1;
    for (size_t s = begin; s < end; ++s) {
      space.BindRow(sample[s], &probe);
      nearest.clear();
      ForAllowed(view, RowMask(), 0, rows, [&](const uint32_t* some, size_t first, size_t n) {
        for (size_t i = 0; i < n; ++i)
          ids[i] = some != nullptr ? some[i] : static_cast<uint32_t>(first + i);
        space.Distances(probe, ids, n, out);
        for (size_t i = 0; i < n; ++i) {
          if (ids[i] != sample[s]) nearest.push_back(out[i]);
        }
        if (nearest.size() >= 8 * kKeep) {
          std::nth_element(nearest.begin(), nearest.begin() + kKeep, nearest.end());
          nearest.resize(kKeep);
        }
      });
      std::sort(nearest.begin(), nearest.end());
      const float floor = space.Same(probe);
      logs[s].fill(-1);
      if (nearest.size() < kBase || !(nearest[kBase - 1] > floor)) continue;
      for (size_t i = 0; i < Growth::kSteps; ++i) {
        const size_t rank = std::min(nearest.size(), kBase << i) - 1;
        logs[s][i] = std::log(static_cast<double>(nearest[rank] / nearest[kBase - 1]));
      }
    }
  });
  Growth growth;
  for (size_t i = 0; i < Growth::kSteps; ++i) {
    double sum = 0;
    size_t n = 0;
    for (const auto& l : logs) {
      if (l[i] < 0) continue;
      sum += l[i];
      ++n;
    }
    if (n > 0) growth.growth[i] = static_cast<float>(std::exp(sum / static_cast<double>(n)));
  }
  return growth;
}

Reach ReachOf(const Growth& growth, size_t k, size_t ef, float shift, bool estimated) {
  Reach reach;
  reach.k = k;
  reach.beam = 2 * ef + 16;
  reach.found = ef;
  reach.shift = shift;
  // What finds as much as a beam of ef nodes does, fitted on wordnet from ef = 16 to 256, k = 10.
  const double effort = static_cast<double>(ef) / static_cast<double>(k);
  const double half = 0.5 * effort;
  reach.factor = growth.At(estimated ? half : std::max(half, 0.95 * std::pow(effort, 0.65)));
  return reach;
}

}  // namespace elanus::index
