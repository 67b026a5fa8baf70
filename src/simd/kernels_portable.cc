// The reference: plain C++ that runs anywhere and that every other level is tested against.
#include <bit>
#include <cstddef>
#include <cstring>

#include "simd/half.h"
#include "simd/levels.h"

namespace elanus::simd {
namespace {

#include "simd/rows.inc"

struct F32 {
  using Element = float;
  static float Load(const float* p) { return *p; }
};
struct F16 {
  using Element = uint16_t;
  static float Load(const uint16_t* p) { return HalfToFloat(*p); }
};
struct BF16 {
  using Element = uint16_t;
  static float Load(const uint16_t* p) { return BFloat16ToFloat(*p); }
};

template <typename T>
float L2(const void* query, const void* row, size_t dim) {
  const auto* q = static_cast<const float*>(query);
  const auto* x = static_cast<const typename T::Element*>(row);
  float sums[4] = {};
  size_t i = 0;
  for (; i + 4 <= dim; i += 4) {
    for (size_t j = 0; j < 4; ++j) {
      const float d = q[i + j] - T::Load(x + i + j);
      sums[j] += d * d;
    }
  }
  for (; i < dim; ++i) {
    const float d = q[i] - T::Load(x + i);
    sums[0] += d * d;
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

template <typename T>
float IP(const void* query, const void* row, size_t dim) {
  const auto* q = static_cast<const float*>(query);
  const auto* x = static_cast<const typename T::Element*>(row);
  float sums[4] = {};
  size_t i = 0;
  for (; i + 4 <= dim; i += 4) {
    for (size_t j = 0; j < 4; ++j) sums[j] += q[i + j] * T::Load(x + i + j);
  }
  for (; i < dim; ++i) sums[0] += q[i] * T::Load(x + i);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

float I8L2(const void* query, const void* row, size_t dim) {
  const auto* q = static_cast<const int8_t*>(query);
  const auto* x = static_cast<const int8_t*>(row);
  int32_t sum = 0;
  for (size_t i = 0; i < dim; ++i) sum += (q[i] - x[i]) * (q[i] - x[i]);
  return static_cast<float>(sum);
}

float I8IP(const void* query, const void* row, size_t dim) {
  const auto* q = static_cast<const int8_t*>(query);
  const auto* x = static_cast<const int8_t*>(row);
  int32_t sum = 0;
  for (size_t i = 0; i < dim; ++i) sum += q[i] * x[i];
  return static_cast<float>(sum);
}

int32_t CodeDot(const int8_t* q, const uint8_t* x, size_t dim) {
  int32_t sum = 0;
  for (size_t i = 0; i < dim; ++i) sum += q[i] * x[i];
  return sum;
}

template <typename Fn>
void ForWords(const void* a, const void* b, size_t bytes, Fn fn) {
  const auto* p = static_cast<const char*>(a);
  const auto* q = static_cast<const char*>(b);
  while (bytes > 0) {
    const size_t n = bytes < 8 ? bytes : 8;
    uint64_t x = 0;
    uint64_t y = 0;
    std::memcpy(&x, p, n);
    std::memcpy(&y, q, n);
    fn(x, y);
    p += n;
    q += n;
    bytes -= n;
  }
}

float Hamming(const void* query, const void* row, size_t bytes) {
  int64_t count = 0;
  ForWords(query, row, bytes, [&](uint64_t x, uint64_t y) { count += std::popcount(x ^ y); });
  return static_cast<float>(count);
}

float Jaccard(const void* query, const void* row, size_t bytes) {
  int64_t both = 0;
  int64_t any = 0;
  ForWords(query, row, bytes, [&](uint64_t x, uint64_t y) {
    both += std::popcount(x & y);
    any += std::popcount(x | y);
  });
  return any == 0 ? 0.0f : 1.0f - static_cast<float>(both) / static_cast<float>(any);
}

void Scatter(float weight, const uint16_t* ids, const float* values, size_t n, float* sums) {
  for (size_t i = 0; i < n; ++i) sums[ids[i]] += weight * values[i];
}

void ScatterHalf(float weight, const uint16_t* ids, const uint16_t* values, size_t n, float* sums) {
  for (size_t i = 0; i < n; ++i) sums[ids[i]] += weight * HalfToFloat(values[i]);
}

void ScatterBm25(float weight, const uint16_t* ids, const uint16_t* values, size_t n,
                 const float* norms, float* sums) {
  for (size_t i = 0; i < n; ++i) {
    const float v = HalfToFloat(values[i]);
    sums[ids[i]] += weight * (v / (v + norms[ids[i]]));
  }
}

size_t AtLeast(const float* values, size_t n, float bound, uint64_t* bits) {
  size_t count = 0;
  for (size_t i = 0; i < n; i += 64) {
    uint64_t word = 0;
    for (size_t j = 0; j < 64; ++j) word |= uint64_t{values[i + j] >= bound} << j;
    bits[i / 64] = word;
    count += static_cast<size_t>(std::popcount(word));
  }
  return count;
}

void FromHalf(const void* from, float* to, size_t n) {
  for (size_t i = 0; i < n; ++i) to[i] = HalfToFloat(static_cast<const uint16_t*>(from)[i]);
}
void FromBFloat16(const void* from, float* to, size_t n) {
  for (size_t i = 0; i < n; ++i) to[i] = BFloat16ToFloat(static_cast<const uint16_t*>(from)[i]);
}
void FromI8(const void* from, float* to, size_t n) {
  for (size_t i = 0; i < n; ++i) to[i] = static_cast<float>(static_cast<const int8_t*>(from)[i]);
}

}  // namespace

const Kernels& PortableKernels() {
  static constexpr Kernels kTable = {
      .level = "portable",
      .f32_l2 = Both<&L2<F32>, 4>(),
      .f32_ip = Both<&IP<F32>, 4>(),
      .f16_l2 = Both<&L2<F16>, 2>(),
      .f16_ip = Both<&IP<F16>, 2>(),
      .bf16_l2 = Both<&L2<BF16>, 2>(),
      .bf16_ip = Both<&IP<BF16>, 2>(),
      .i8_l2 = Both<&I8L2, 1>(),
      .i8_ip = Both<&I8IP, 1>(),
      .hamming = Both<&Hamming, 1>(),
      .jaccard = Both<&Jaccard, 1>(),
      .codes = &Codes<&CodeDot>,
      .flip = &Flip,
      .scatter = &Scatter,
      .scatter_half = &ScatterHalf,
      .scatter_bm25 = &ScatterBm25,
      .at_least = &AtLeast,
      .f16_to_f32 = &FromHalf,
      .bf16_to_f32 = &FromBFloat16,
      .i8_to_f32 = &FromI8,
  };
  return kTable;
}

}  // namespace elanus::simd
