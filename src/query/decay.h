// Decay: scores fall with the distance of a number from an origin (compat.md, 5.7).
#pragma once

#include <cstddef>

#include "query/hits.h"

namespace elanus::query {

enum class DecayCurve { kGauss, kExponential, kLinear };

// Within `offset` of the origin the factor is 1; `scale` beyond that it is `decay`. The linear one
// does not fall further.
struct Decay {
  DecayCurve curve = DecayCurve::kGauss;
  double origin = 0;
  double scale = 1;    // above 0
  double offset = 0;   // 0 or above
  double decay = 0.5;  // between 0 and 1

  double FactorOf(double value) const;
};

// Multiplies each score by the factor of output column `column` (numbers; null: by 0) and sorts
// each list: larger scores first, ties by key.
HitLists Decayed(const HitLists& hits, const Decay& decay, size_t column);

}  // namespace elanus::query
