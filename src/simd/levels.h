// What the levels' files share. Private to the module.
#pragma once

#include "simd/kernels.h"

namespace elanus::simd {

const Kernels& PortableKernels();
#if defined(__x86_64__)
const Kernels& Avx2Kernels();
const Kernels& Avx512Kernels();
const Kernels& Avx512VnniKernels();
#endif
#if defined(__aarch64__)
const Kernels& NeonKernels();
const Kernels& NeonDotKernels();
#endif

}  // namespace elanus::simd
