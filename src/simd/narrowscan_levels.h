// What the levels' files of NarrowScan share. Private to the module.
#pragma once

#include "simd/narrowscan.h"

namespace elanus::simd {

#if defined(__x86_64__)
void Avx2NarrowSums(const uint8_t* const* luts, size_t queries, const uint8_t* codes, size_t m,
                    size_t blocks, uint16_t* out);
void Avx512NarrowSums(const uint8_t* const* luts, size_t queries, const uint8_t* codes, size_t m,
                      size_t blocks, uint16_t* out);
#endif

}  // namespace elanus::simd
