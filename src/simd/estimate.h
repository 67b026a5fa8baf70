// Distances estimated from FastScan sums (fastscan.h) and three factors a row, with a lower bound
// each: what a quantiser of residuals knows of a row (Gao and Long, "RaBitQ", SIGMOD 2024, section
// 3.2). Every level gives the same floats. Pure functions; nothing needs to be aligned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace elanus::simd {

// What the rows of one list have in common for one query.
struct EstimateTerms {
  float base;   // added to every row
  float add;    // weight of a row's own addend
  float slope;  // of a sum
  float shift;  // added to slope * sum before a row's scale is applied
  float slack;  // weight of a row's error
};

// A row's factors, each an array over the rows.
struct EstimateFactors {
  const float* add;
  const float* scale;
  const float* error;
};

// For i < n:
//   estimates[i] = terms.base + terms.add * add[i] + scale[i] * (terms.slope * sums[i] + shift)
//   lowers[i] = estimates[i] - terms.slack * error[i]
template <typename Sum>
using EstimateKernel = void (*)(const EstimateTerms& terms, const Sum* sums,
                                const EstimateFactors& factors, size_t n, float* estimates,
                                float* lowers);

struct Estimates {
  EstimateKernel<uint16_t> from16;
  EstimateKernel<uint32_t> from32;
};

// As simd::Get and simd::Find (kernels.h).
const Estimates& GetEstimates();
const Estimates* FindEstimates(std::string_view level);

}  // namespace elanus::simd
