// What the levels' files of the tiles share. Private to the module.
#pragma once

#include "simd/tiles.h"

namespace elanus::simd {

// Of a vector's largest component: 127 over less is no number. Such a vector is taken for zero.
inline constexpr float kTinyMagnitude = 1e-36f;

#if defined(__x86_64__)
const Tiles& Avx2Tiles();
const Tiles& Avx512VnniTiles();
#endif

}  // namespace elanus::simd
