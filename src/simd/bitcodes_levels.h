// What the levels' files of the bit codes share. Private to the module.
#pragma once

#include "simd/bitcodes.h"

namespace elanus::simd {

#if defined(__x86_64__)
const BitCodes& Avx2BitCodes();
const BitCodes& Avx512BitCodes();
#endif

}  // namespace elanus::simd
