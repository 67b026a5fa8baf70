// What the rotation's files share. Private to the module.
#pragma once

#include <cstddef>

namespace elanus::simd {

#if defined(__x86_64__)
void Avx2Hadamard(float* v, size_t n);
#endif

}  // namespace elanus::simd
