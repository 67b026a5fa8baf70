// What the FastScan files share. Private to the module.
#pragma once

#include "simd/fastscan.h"

namespace elanus::simd {

#if defined(__x86_64__)
const FastScan& Avx2FastScan();
const FastScan& Avx512FastScan();
#endif

}  // namespace elanus::simd
