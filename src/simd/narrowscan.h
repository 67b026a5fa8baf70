// NarrowScan: FastScan (fastscan.h) with tables whose values are below 32, so that eight look-ups
// are added as bytes before they are widened. Five bits a table are enough where the codes
// themselves say far less than that about a row.
//
// Blocks and tables are FastScan's. Every level gives the same sums, exactly. Pure functions;
// nothing needs to be aligned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "simd/fastscan.h"

namespace elanus::simd {

inline constexpr size_t kNarrowValues = 32;
inline constexpr size_t kNarrowMost = 2048;  // sub-quantisers whose sum fits 16 bits

// As FastScan::sums16, for tables of values below kNarrowValues and m <= kNarrowMost.
using NarrowSums = void (*)(const uint8_t* const* luts, size_t queries, const uint8_t* codes,
                            size_t m, size_t blocks, uint16_t* out);

// As simd::Get and simd::Find (kernels.h).
NarrowSums GetNarrowSums();
NarrowSums FindNarrowSums(std::string_view level);

// As FastQuantise: the widest table spans [0, kNarrowValues).
FastScale NarrowQuantise(const float* tables, size_t m, uint8_t* lut);

}  // namespace elanus::simd
