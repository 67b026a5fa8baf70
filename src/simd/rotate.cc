#include "simd/rotate.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "simd/kernels.h"
#include "simd/rotate_levels.h"

namespace elanus::simd {
namespace {

constexpr size_t kRounds = 4;

// SplitMix64 (Steele, Lea, Flood, 2014).
uint64_t Mix(uint64_t* state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void Hadamard(float* v, size_t n) {
  for (size_t h = 1; h < n; h *= 2) {
    for (size_t i = 0; i < n; i += 2 * h) {
      for (size_t j = i; j < i + h; ++j) {
        const float a = v[j];
        const float b = v[j + h];
        v[j] = a + b;
        v[j + h] = a - b;
      }
    }
  }
}

void Flip(float* v, const uint32_t* signs, size_t n) {
  for (size_t i = 0; i < n; ++i)
    v[i] = std::bit_cast<float>(std::bit_cast<uint32_t>(v[i]) ^ signs[i]);
}

void Scale(float* v, size_t n, float by) {
  for (size_t i = 0; i < n; ++i) v[i] *= by;
}

}  // namespace

HadamardKernel FindHadamard(std::string_view level) {
  if (Find(level) == nullptr) return nullptr;
#if defined(__x86_64__)
  if (level != "portable") return &Avx2Hadamard;
#endif
  return &Hadamard;
}

Rotation::Rotation(size_t dim, uint64_t seed)
    : dim_(dim), padded_(PaddedDim(dim)), power_(std::bit_floor(padded_)) {
  signs_.resize(kRounds * padded_);
  for (size_t i = 0; i < signs_.size(); i += 64) {
    const uint64_t bits = Mix(&seed);
    for (size_t j = 0; j < 64; ++j) signs_[i + j] = (bits >> j & 1) != 0 ? 0x80000000u : 0u;
  }
}

void Rotation::Apply(const float* in, float* out) const {
  static const HadamardKernel hadamard = FindHadamard(Get().level);
  if (out != in) std::memcpy(out, in, dim_ * sizeof(float));
  std::memset(out + dim_, 0, (padded_ - dim_) * sizeof(float));
  const float shrink = 1.0f / std::sqrt(static_cast<float>(power_));
  if (power_ == padded_) {
    // Two rounds spread every coordinate over all of them; a third makes it look random.
    for (size_t round = 0; round < 3; ++round) {
      Flip(out, signs_.data() + round * padded_, padded_);
      hadamard(out, power_);
      Scale(out, power_, shrink);
    }
    return;
  }
  const size_t half = padded_ / 2;
  for (size_t round = 0; round < kRounds; ++round) {
    Flip(out, signs_.data() + round * padded_, padded_);
    float* const part = round % 2 == 0 ? out : out + (padded_ - power_);
    hadamard(part, power_);
    Scale(part, power_, shrink);
    for (size_t i = 0; i < half; ++i) {
      const float a = out[i];
      const float b = out[i + half];
      constexpr float kRoot = 0.70710678118654752f;
      out[i] = (a + b) * kRoot;
      out[i + half] = (a - b) * kRoot;
    }
  }
}

}  // namespace elanus::simd
