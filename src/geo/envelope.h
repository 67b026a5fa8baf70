// The least axis-parallel rectangle around a geometry.
#pragma once

#include <algorithm>
#include <limits>

namespace elanus::geo {

struct Envelope {
  double min_x = std::numeric_limits<double>::infinity();
  double min_y = std::numeric_limits<double>::infinity();
  double max_x = -std::numeric_limits<double>::infinity();
  double max_y = -std::numeric_limits<double>::infinity();

  // Of a geometry without points.
  bool empty() const { return !(min_x <= max_x && min_y <= max_y); }
  void Add(double x, double y) {
    min_x = std::min(min_x, x);
    min_y = std::min(min_y, y);
    max_x = std::max(max_x, x);
    max_y = std::max(max_y, y);
  }
  void Add(const Envelope& other) {
    min_x = std::min(min_x, other.min_x);
    min_y = std::min(min_y, other.min_y);
    max_x = std::max(max_x, other.max_x);
    max_y = std::max(max_y, other.max_y);
  }
  // An empty one meets, covers and is covered by none.
  bool Meets(const Envelope& other) const {
    return min_x <= other.max_x && other.min_x <= max_x && min_y <= other.max_y &&
           other.min_y <= max_y;
  }
  bool Covers(const Envelope& other) const {
    return !other.empty() && min_x <= other.min_x && other.max_x <= max_x && min_y <= other.min_y &&
           other.max_y <= max_y;
  }
  bool operator==(const Envelope&) const = default;
};

// Where the geometries lie that a spatial test may find: their envelopes meet `box`. With
// `on_globe` that holds only among geometries that lie in [-180, 180] x [-90, 90].
struct Reach {
  Envelope box;
  bool on_globe = false;
};
inline constexpr Envelope kGlobe{-180, -90, 180, 90};

}  // namespace elanus::geo
