#include "index/pq.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/status.h"

namespace elanus::index {
namespace {

constexpr size_t kValues = 16;
constexpr int kRounds = 12;

uint8_t LeastOf(const float* v) {
  size_t best = 0;
  for (size_t i = 1; i < kValues; ++i) best = v[i] < v[best] ? i : best;
  return static_cast<uint8_t>(best);
}

// distances[c] += (x - values[c])^2
void AddSquares(float x, const float* values, float* distances) {
  for (size_t c = 0; c < kValues; ++c) {
    const float d = x - values[c];
    distances[c] += d * d;
  }
}

}  // namespace

Codebook Codebook::Signs(size_t dim) {
  CHECK(dim % 4 == 0);
  Codebook book(dim, dim / 4);
  book.signs_ = true;
  for (size_t d = 0; d < dim; ++d) {
    for (size_t c = 0; c < kValues; ++c) book.values_[d * kValues + c] = (c >> d % 4 & 1) ? 1 : -1;
  }
  return book;
}

Codebook Codebook::Train(const float* sample, size_t count, size_t dim, size_t m,
                         Workers* workers) {
  CHECK(m > 0 && m <= dim);
  Codebook book(dim, m);
  if (count == 0) return book;
  workers->For(m, 1, [&](size_t j, size_t, int) { book.TrainOne(sample, count, j); });
  return book;
}

Codebook Codebook::FromValues(size_t dim, size_t m, std::span<const float> values) {
  Codebook book(dim, m);
  CHECK(values.size() == book.values_.size());
  book.values_.assign(values.begin(), values.end());
  return book;
}

void Codebook::TrainOne(const float* sample, size_t count, size_t j) {
  const size_t begin = Begin(j);
  const size_t width = Begin(j + 1) - begin;
  float* values = values_.data() + begin * kValues;
  // Seeds: sub-vectors spread evenly over those ordered by their sum.
  std::vector<std::pair<float, size_t>> order(count);
  for (size_t i = 0; i < count; ++i) {
    float sum = 0;
    for (size_t d = 0; d < width; ++d) sum += sample[i * dim_ + begin + d];
    order[i] = {sum, i};
  }
  std::sort(order.begin(), order.end());
  for (size_t c = 0; c < kValues; ++c) {
    const size_t i = order[(2 * c + 1) * count / (2 * kValues)].second;
    for (size_t d = 0; d < width; ++d) values[d * kValues + c] = sample[i * dim_ + begin + d];
  }
  std::vector<float> sums(width * kValues);
  for (int round = 0; round < kRounds; ++round) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    size_t sizes[kValues] = {};
    float farthest = -1;
    size_t far = 0;
    for (size_t i = 0; i < count; ++i) {
      const float* v = sample + i * dim_ + begin;
      float distances[kValues] = {};
      for (size_t d = 0; d < width; ++d) AddSquares(v[d], values + d * kValues, distances);
      const uint8_t c = LeastOf(distances);
      ++sizes[c];
      for (size_t d = 0; d < width; ++d) sums[d * kValues + c] += v[d];
      if (distances[c] > farthest) farthest = distances[c], far = i;
    }
    for (size_t c = 0; c < kValues; ++c) {
      for (size_t d = 0; d < width; ++d) {
        values[d * kValues + c] = sizes[c] > 0
                                      ? sums[d * kValues + c] / static_cast<float>(sizes[c])
                                      : sample[far * dim_ + begin + d];
      }
    }
  }
}

void Codebook::Encode(const float* v, uint8_t* codes) const {
  if (signs_) {
    for (size_t j = 0; j < m_; ++j, v += 4) {
      codes[j] =
          static_cast<uint8_t>((v[0] > 0) | (v[1] > 0) << 1 | (v[2] > 0) << 2 | (v[3] > 0) << 3);
    }
    return;
  }
  for (size_t j = 0; j < m_; ++j) {
    float distances[kValues] = {};
    for (size_t d = Begin(j); d < Begin(j + 1); ++d)
      AddSquares(v[d], values_.data() + d * kValues, distances);
    codes[j] = LeastOf(distances);
  }
}

void Codebook::Decode(const uint8_t* codes, float* out) const {
  for (size_t j = 0; j < m_; ++j) {
    for (size_t d = Begin(j); d < Begin(j + 1); ++d) out[d] = values_[d * kValues + codes[j]];
  }
}

void Codebook::Tables(const float* v, float* tables) const {
  for (size_t j = 0; j < m_; ++j) {
    float products[kValues] = {};
    for (size_t d = Begin(j); d < Begin(j + 1); ++d) {
      const float* values = values_.data() + d * kValues;
      for (size_t c = 0; c < kValues; ++c) products[c] += v[d] * values[c];
    }
    std::memcpy(tables + j * kValues, products, sizeof products);
  }
}

}  // namespace elanus::index
