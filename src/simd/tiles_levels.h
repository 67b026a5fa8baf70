// What the levels' files of the tiles share. Private to the module.
#pragma once

#include "simd/tiles.h"

namespace elanus::simd {

#if defined(__x86_64__)
const Tiles& Avx2Tiles();
const Tiles& Avx512VnniTiles();
#endif

}  // namespace elanus::simd
