// Well-known binary, the form in which geometries are kept: OGC's, little-endian, ISO's numbers for
// coordinates with Z (+1000), M (+2000) and both (+3000). A point without coordinates has NaN.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "geo/envelope.h"

namespace elanus::geo {

enum class Shape : uint8_t {
  kPoint = 1,
  kLineString = 2,
  kPolygon = 3,
  kMultiPoint = 4,
  kMultiLineString = 5,
  kMultiPolygon = 6,
  kCollection = 7
};

// How deep collections may lie in one another.
inline constexpr int kNestingMax = 64;

struct WkbHeader {
  Shape shape = Shape::kPoint;
  bool has_z = false;
  bool has_m = false;
  size_t stride() const { return 2 + static_cast<size_t>(has_z) + static_cast<size_t>(has_m); }
};

// Walks one geometry. Every step past the end is kCorruption.
class WkbReader {
 public:
  explicit WkbReader(std::string_view bytes) : rest_(bytes) {}

  Result<WkbHeader> Header();
  // Of points, rings or parts; each takes at least `least` bytes.
  Result<uint32_t> Count(size_t least);
  // The next `count` doubles; they lie unaligned.
  Result<const char*> Doubles(size_t count);
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// kCorruption for what is no whole geometry.
Result<Envelope> EnvelopeOf(std::string_view wkb);

bool IsPoint(std::string_view wkb);

// The coordinates, if it is a point that has some.
bool PointOf(std::string_view wkb, double* x, double* y);

// A polygon whose one ring of five points is its envelope.
bool IsRectangle(std::string_view wkb);

}  // namespace elanus::geo
