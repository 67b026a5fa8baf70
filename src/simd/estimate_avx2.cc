// Estimates with AVX2.
#if defined(__x86_64__)

#include <cstddef>
#include <cstdint>

#include "simd/estimate_levels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

namespace elanus::simd {
namespace {

#include "simd/estimate.inc"

}  // namespace

const Estimates& Avx2Estimates() {
  static constexpr Estimates kTable = {&Estimate<uint16_t>, &Estimate<uint32_t>};
  return kTable;
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
