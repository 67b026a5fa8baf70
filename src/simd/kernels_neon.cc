// NEON as every AArch64 machine has it, and the level above with the dot products of ARMv8.2.
#if defined(__aarch64__)

#include <cstddef>
#include <cstring>

#include <arm_neon.h>

#include "simd/half.h"
#include "simd/levels.h"

namespace elanus::simd {
namespace {

#include "simd/rows.inc"

struct F32 {
  using Element = float;
  static float32x4_t Load4(const float* p) { return vld1q_f32(p); }
  static float Load(const float* p) { return *p; }
};
struct F16 {
  using Element = uint16_t;
  static float32x4_t Load4(const uint16_t* p) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
  }
  static float Load(const uint16_t* p) { return HalfToFloat(*p); }
};
struct BF16 {
  using Element = uint16_t;
  static float32x4_t Load4(const uint16_t* p) {
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16));
  }
  static float Load(const uint16_t* p) { return BFloat16ToFloat(*p); }
};

template <bool kL2>
inline float32x4_t Step(float32x4_t q, float32x4_t x, float32x4_t sum) {
  if constexpr (kL2) {
    const float32x4_t d = vsubq_f32(q, x);
    return vfmaq_f32(sum, d, d);
  } else {
    return vfmaq_f32(sum, q, x);
  }
}

template <typename T, bool kL2>
float Floats(const void* query, const void* row, size_t dim) {
  const auto* q = static_cast<const float*>(query);
  const auto* x = static_cast<const typename T::Element*>(row);
  float32x4_t s0 = vdupq_n_f32(0);
  float32x4_t s1 = s0;
  float32x4_t s2 = s0;
  float32x4_t s3 = s0;
  size_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    s0 = Step<kL2>(vld1q_f32(q + i), T::Load4(x + i), s0);
    s1 = Step<kL2>(vld1q_f32(q + i + 4), T::Load4(x + i + 4), s1);
    s2 = Step<kL2>(vld1q_f32(q + i + 8), T::Load4(x + i + 8), s2);
    s3 = Step<kL2>(vld1q_f32(q + i + 12), T::Load4(x + i + 12), s3);
  }
  for (; i + 4 <= dim; i += 4) s0 = Step<kL2>(vld1q_f32(q + i), T::Load4(x + i), s0);
  float sum = vaddvq_f32(vaddq_f32(vaddq_f32(s0, s1), vaddq_f32(s2, s3)));
  for (; i < dim; ++i) {
    const float v = T::Load(x + i);
    sum += kL2 ? (q[i] - v) * (q[i] - v) : q[i] * v;
  }
  return sum;
}

inline int32x4_t AddDot(int32x4_t sum, int8x16_t a, int8x16_t b) {
  sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
  return vpadalq_s16(sum, vmull_high_s8(a, b));
}

// `kFlip` is xored into the row's bytes: 0x80 makes a code (value + 128) its signed value.
template <uint8_t kFlip>
inline int32_t Dot(const int8_t* q, const uint8_t* x, size_t dim) {
  const uint8x16_t flip = vdupq_n_u8(kFlip);
  const auto load = [&](size_t at) {
    return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(x + at), flip));
  };
  int32x4_t s0 = vdupq_n_s32(0);
  int32x4_t s1 = s0;
  size_t i = 0;
  for (; i + 32 <= dim; i += 32) {
    s0 = AddDot(s0, vld1q_s8(q + i), load(i));
    s1 = AddDot(s1, vld1q_s8(q + i + 16), load(i + 16));
  }
  if (i + 16 <= dim) {
    s0 = AddDot(s0, vld1q_s8(q + i), load(i));
    i += 16;
  }
  int32_t sum = vaddvq_s32(vaddq_s32(s0, s1));
  for (; i < dim; ++i) sum += q[i] * static_cast<int8_t>(x[i] ^ kFlip);
  return sum;
}

int32_t CodeDot(const int8_t* q, const uint8_t* x, size_t dim) { return Dot<0x80>(q, x, dim); }

float I8IP(const void* query, const void* row, size_t dim) {
  return static_cast<float>(
      Dot<0>(static_cast<const int8_t*>(query), static_cast<const uint8_t*>(row), dim));
}

float I8L2(const void* query, const void* row, size_t dim) {
  const auto* q = static_cast<const int8_t*>(query);
  const auto* x = static_cast<const int8_t*>(row);
  int32x4_t s0 = vdupq_n_s32(0);
  int32x4_t s1 = s0;
  size_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    const int8x16_t a = vld1q_s8(q + i);
    const int8x16_t b = vld1q_s8(x + i);
    const int16x8_t low = vsubl_s8(vget_low_s8(a), vget_low_s8(b));
    const int16x8_t high = vsubl_high_s8(a, b);
    s0 = vmlal_s16(s0, vget_low_s16(low), vget_low_s16(low));
    s1 = vmlal_high_s16(s1, low, low);
    s0 = vmlal_s16(s0, vget_low_s16(high), vget_low_s16(high));
    s1 = vmlal_high_s16(s1, high, high);
  }
  int32_t sum = vaddvq_s32(vaddq_s32(s0, s1));
  for (; i < dim; ++i) sum += (q[i] - x[i]) * (q[i] - x[i]);
  return static_cast<float>(sum);
}

inline uint32x4_t Count(uint32x4_t sum, uint8x16_t bits) {
  return vpadalq_u16(sum, vpaddlq_u8(vcntq_u8(bits)));
}

// fn(x, y) over 16 bytes of each side at a time, the last ones filled up with zeros.
template <typename Fn>
inline void ForBytes(const void* a, const void* b, size_t bytes, Fn fn) {
  const auto* p = static_cast<const uint8_t*>(a);
  const auto* q = static_cast<const uint8_t*>(b);
  for (; bytes >= 16; bytes -= 16, p += 16, q += 16) fn(vld1q_u8(p), vld1q_u8(q));
  if (bytes == 0) return;
  uint8_t x[16] = {};
  uint8_t y[16] = {};
  std::memcpy(x, p, bytes);
  std::memcpy(y, q, bytes);
  fn(vld1q_u8(x), vld1q_u8(y));
}

float Hamming(const void* query, const void* row, size_t bytes) {
  uint32x4_t differ = vdupq_n_u32(0);
  ForBytes(query, row, bytes,
           [&](uint8x16_t x, uint8x16_t y) { differ = Count(differ, veorq_u8(x, y)); });
  return static_cast<float>(vaddvq_u32(differ));
}

float Jaccard(const void* query, const void* row, size_t bytes) {
  uint32x4_t both = vdupq_n_u32(0);
  uint32x4_t any = both;
  ForBytes(query, row, bytes, [&](uint8x16_t x, uint8x16_t y) {
    both = Count(both, vandq_u8(x, y));
    any = Count(any, vorrq_u8(x, y));
  });
  const uint32_t all = vaddvq_u32(any);
  return all == 0 ? 0.0f : 1.0f - static_cast<float>(vaddvq_u32(both)) / static_cast<float>(all);
}

// Products sixteen at a time, then one sum after the other: NEON has no scatter.
template <typename Product>
inline size_t AddProducts(const uint16_t* ids, size_t n, float* sums, Product product) {
  float p[16];
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (size_t j = 0; j < 16; j += 4) vst1q_f32(p + j, product(i + j));
    for (size_t j = 0; j < 16; ++j) sums[ids[i + j]] += p[j];
  }
  return i;
}

template <typename T>
inline void AddScaled(float weight, const uint16_t* ids, const typename T::Element* values,
                      size_t n, float* sums) {
  const float32x4_t w = vdupq_n_f32(weight);
  size_t i =
      AddProducts(ids, n, sums, [&](size_t at) { return vmulq_f32(w, T::Load4(values + at)); });
  for (; i < n; ++i) sums[ids[i]] += weight * T::Load(values + i);
}

void Scatter(float weight, const uint16_t* ids, const float* values, size_t n, float* sums) {
  AddScaled<F32>(weight, ids, values, n, sums);
}

void ScatterHalf(float weight, const uint16_t* ids, const uint16_t* values, size_t n, float* sums) {
  AddScaled<F16>(weight, ids, values, n, sums);
}

void ScatterBm25(float weight, const uint16_t* ids, const uint16_t* values, size_t n,
                 const float* norms, float* sums) {
  const float32x4_t w = vdupq_n_f32(weight);
  size_t i = AddProducts(ids, n, sums, [&](size_t at) {
    const float32x4_t v = F16::Load4(values + at);
    const float norm[4] = {norms[ids[at]], norms[ids[at + 1]], norms[ids[at + 2]],
                           norms[ids[at + 3]]};
    return vmulq_f32(w, vdivq_f32(v, vaddq_f32(v, vld1q_f32(norm))));
  });
  for (; i < n; ++i) {
    const float v = HalfToFloat(values[i]);
    sums[ids[i]] += weight * (v / (v + norms[ids[i]]));
  }
}

size_t AtLeast(const float* values, size_t n, float bound, uint64_t* bits) {
  const float32x4_t b = vdupq_n_f32(bound);
  constexpr uint8_t kWeights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t weights = vld1q_u8(kWeights);
  size_t count = 0;
  for (size_t i = 0; i < n; i += 64) {
    uint64_t word = 0;
    for (size_t j = 0; j < 64; j += 16) {
      const auto pair = [&](size_t at) {
        return vcombine_u16(vmovn_u32(vcgeq_f32(vld1q_f32(values + at), b)),
                            vmovn_u32(vcgeq_f32(vld1q_f32(values + at + 4), b)));
      };
      const uint8x16_t lanes = vcombine_u8(vmovn_u16(pair(i + j)), vmovn_u16(pair(i + j + 8)));
      const uint8x16_t marked = vandq_u8(lanes, weights);
      word |= static_cast<uint64_t>(vaddv_u8(vget_low_u8(marked))) << j;
      word |= static_cast<uint64_t>(vaddv_u8(vget_high_u8(marked))) << (j + 8);
    }
    bits[i / 64] = word;
    count += static_cast<size_t>(__builtin_popcountll(word));
  }
  return count;
}

template <typename T>
void ToFloat(const void* from, float* to, size_t n) {
  const auto* x = static_cast<const typename T::Element*>(from);
  size_t i = 0;
  for (; i + 4 <= n; i += 4) vst1q_f32(to + i, T::Load4(x + i));
  for (; i < n; ++i) to[i] = T::Load(x + i);
}

void FromI8(const void* from, float* to, size_t n) {
  for (size_t i = 0; i < n; ++i) to[i] = static_cast<float>(static_cast<const int8_t*>(from)[i]);
}

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+dotprod")
#endif

// Whole functions of this level: an inlined part of another level could not use its instructions.
inline int32_t Sdot(const int8_t* q, const uint8_t* x, uint8_t flip_by, size_t dim) {
  const uint8x16_t flip = vdupq_n_u8(flip_by);
  int32x4_t s0 = vdupq_n_s32(0);
  int32x4_t s1 = s0;
  size_t i = 0;
  for (; i + 32 <= dim; i += 32) {
    s0 = vdotq_s32(s0, vld1q_s8(q + i), vreinterpretq_s8_u8(veorq_u8(vld1q_u8(x + i), flip)));
    s1 = vdotq_s32(s1, vld1q_s8(q + i + 16),
                   vreinterpretq_s8_u8(veorq_u8(vld1q_u8(x + i + 16), flip)));
  }
  if (i + 16 <= dim) {
    s0 = vdotq_s32(s0, vld1q_s8(q + i), vreinterpretq_s8_u8(veorq_u8(vld1q_u8(x + i), flip)));
    i += 16;
  }
  int32_t sum = vaddvq_s32(vaddq_s32(s0, s1));
  for (; i < dim; ++i) sum += q[i] * static_cast<int8_t>(x[i] ^ flip_by);
  return sum;
}

int32_t SdotCodes(const int8_t* q, const uint8_t* x, size_t dim) { return Sdot(q, x, 0x80, dim); }

float SdotI8IP(const void* query, const void* row, size_t dim) {
  return static_cast<float>(
      Sdot(static_cast<const int8_t*>(query), static_cast<const uint8_t*>(row), 0, dim));
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

}  // namespace

const Kernels& NeonKernels() {
  static constexpr Kernels kTable = {
      .level = "neon",
      .f32_l2 = Both<&Floats<F32, true>, 4>(),
      .f32_ip = Both<&Floats<F32, false>, 4>(),
      .f16_l2 = Both<&Floats<F16, true>, 2>(),
      .f16_ip = Both<&Floats<F16, false>, 2>(),
      .bf16_l2 = Both<&Floats<BF16, true>, 2>(),
      .bf16_ip = Both<&Floats<BF16, false>, 2>(),
      .i8_l2 = Both<&I8L2, 1>(),
      .i8_ip = Both<&I8IP, 1>(),
      .hamming = Both<&Hamming, 1>(),
      .jaccard = Both<&Jaccard, 1>(),
      .codes = &Codes<&CodeDot, Dots::kSigned>,
      .flip = &Flip,
      .scatter = &Scatter,
      .scatter_half = &ScatterHalf,
      .scatter_bm25 = &ScatterBm25,
      .at_least = &AtLeast,
      .f16_to_f32 = &ToFloat<F16>,
      .bf16_to_f32 = &ToFloat<BF16>,
      .i8_to_f32 = &FromI8,
  };
  return kTable;
}

const Kernels& NeonDotKernels() {
  static const Kernels kTable = [] {
    Kernels table = NeonKernels();
    table.level = "neondot";
    table.i8_ip = Both<&SdotI8IP, 1>();
    table.codes = &Codes<&SdotCodes, Dots::kSigned>;
    return table;
  }();
  return kTable;
}

}  // namespace elanus::simd

#endif
