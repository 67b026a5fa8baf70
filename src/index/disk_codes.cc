#include "index/disk_codes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/hash.h"
#include "index/distance.h"

namespace elanus::index {
namespace {

constexpr size_t kSampleRows = 16384;
constexpr int kRounds = 8;

}  // namespace

void DiskCodes::ReadRow(const VectorView& vectors, size_t row, float* out) const {
  ReadFloats(vectors, row, out);
  if (metric_ != Metric::kCosine) return;
  float square = 0;
  for (size_t d = 0; d < dim_; ++d) square += out[d] * out[d];
  const float scale = square > 0 ? 1.0f / std::sqrt(square) : 0.0f;
  for (size_t d = 0; d < dim_; ++d) out[d] *= scale;
}

size_t DiskCodes::Nearest(size_t j, const float* v) const {
  std::array<float, kCentroids> distances{};
  for (size_t d = Begin(j); d < Begin(j + 1); ++d) {
    const float* values = values_.data() + d * kCentroids;
    for (size_t c = 0; c < kCentroids; ++c) {
      const float difference = v[d] - values[c];
      distances[c] += difference * difference;
    }
  }
  return static_cast<size_t>(std::min_element(distances.begin(), distances.end()) -
                             distances.begin());
}

DiskCodes DiskCodes::Train(const VectorView& vectors, Metric metric, size_t m, Workers* workers) {
  DiskCodes codes(static_cast<size_t>(vectors.dim), m, metric, {});
  codes.own_.assign(codes.dim_ * kCentroids, 0.0f);
  codes.values_ = codes.own_;
  std::vector<float> sample;
  const size_t step = std::max<size_t>(1, vectors.rows / kSampleRows);
  size_t count = 0;
  for (size_t row = 0; row < vectors.rows; row += step) {
    if (vectors.valid != nullptr && vectors.valid[row] == 0) continue;
    sample.resize((count + 1) * codes.dim_);
    codes.ReadRow(vectors, row, sample.data() + count * codes.dim_);
    ++count;
  }
  if (count > 0)
    workers->For(m, 1, [&](size_t j, size_t, int) { codes.TrainOne(sample, count, j); });
  return codes;
}

void DiskCodes::TrainOne(const std::vector<float>& sample, size_t count, size_t j) {
  const size_t begin = Begin(j), end = Begin(j + 1);
  const auto take = [&](size_t c, size_t row) {
    for (size_t d = begin; d < end; ++d) own_[d * kCentroids + c] = sample[row * dim_ + d];
  };
  for (size_t c = 0; c < kCentroids; ++c) take(c, HashInt(c * 131 + j) % count);
  std::vector<double> sums((end - begin) * kCentroids);
  for (int round = 0; round < kRounds; ++round) {
    std::fill(sums.begin(), sums.end(), 0);
    std::array<size_t, kCentroids> sizes{};
    for (size_t row = 0; row < count; ++row) {
      const float* v = sample.data() + row * dim_;
      const size_t c = Nearest(j, v);
      ++sizes[c];
      for (size_t d = begin; d < end; ++d)
        sums[(d - begin) * kCentroids + c] += static_cast<double>(v[d]);
    }
    for (size_t c = 0; c < kCentroids; ++c) {
      if (sizes[c] == 0) {  // another try elsewhere
        take(c, HashInt(c * 131 + j + static_cast<size_t>(round + 1) * 7919) % count);
        continue;
      }
      for (size_t d = begin; d < end; ++d) {
        own_[d * kCentroids + c] =
            static_cast<float>(sums[(d - begin) * kCentroids + c] / static_cast<double>(sizes[c]));
      }
    }
  }
}

void DiskCodes::Encode(const VectorView& vectors, size_t row, uint8_t* codes) const {
  std::vector<float> v(dim_);
  ReadRow(vectors, row, v.data());
  for (size_t j = 0; j < m_; ++j) codes[j] = static_cast<uint8_t>(Nearest(j, v.data()));
}

void DiskCodes::Tables(const float* query, std::vector<float>* tables) const {
  tables->assign(m_ * kCentroids, 0.0f);
  for (size_t j = 0; j < m_; ++j) {
    float* table = tables->data() + j * kCentroids;
    for (size_t d = Begin(j); d < Begin(j + 1); ++d) {
      const float* values = values_.data() + d * kCentroids;
      if (metric_ == Metric::kL2) {
        for (size_t c = 0; c < kCentroids; ++c) {
          const float difference = query[d] - values[c];
          table[c] += difference * difference;
        }
      } else {
        for (size_t c = 0; c < kCentroids; ++c) table[c] -= query[d] * values[c];
      }
    }
  }
}

}  // namespace elanus::index
