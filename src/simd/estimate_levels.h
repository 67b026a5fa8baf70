// What the levels' files of the estimates share. Private to the module.
#pragma once

#include "simd/estimate.h"

namespace elanus::simd {

#if defined(__x86_64__)
const Estimates& Avx2Estimates();
const Estimates& Avx512Estimates();
#endif

}  // namespace elanus::simd
