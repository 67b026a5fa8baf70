// Estimates with AVX-512.
#if defined(__x86_64__)

#include <cstddef>
#include <cstdint>

#include "simd/estimate_levels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2"))), \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx2")
#endif

namespace elanus::simd {
namespace {

#include "simd/estimate.inc"

}  // namespace

const Estimates& Avx512Estimates() {
  static constexpr Estimates kTable = {&Estimate<uint16_t>, &Estimate<uint32_t>};
  return kTable;
}

}  // namespace elanus::simd

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
