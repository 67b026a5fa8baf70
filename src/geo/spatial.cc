#include "geo/spatial.h"

#include <cmath>
#include <utility>

#include "geo/geos_library.h"
#include "geo/wkb.h"

namespace elanus::geo {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kEarthRadius = 6371000.0;  // metres
constexpr double kMetresPerDegreeOfLatitude = 111320.0;
// Reaches are a little wider than the arithmetic says, so that no rounding loses a row.
constexpr double kSlack = 1 + 1e-9;
constexpr int kCollectionType = GEOS_GEOMETRYCOLLECTION;

double Radians(double degrees) { return degrees * kPi / 180.0; }
double Degrees(double radians) { return radians * 180.0 / kPi; }

// The great-circle distance by the haversine formula.
double Metres(double x1, double y1, double x2, double y2) {
  const double lat1 = Radians(y1);
  const double lat2 = Radians(y2);
  const double half_lat = std::sin((lat2 - lat1) / 2.0);
  const double half_lon = std::sin((Radians(x2) - Radians(x1)) / 2.0);
  const double a = half_lat * half_lat + std::cos(lat1) * std::cos(lat2) * half_lon * half_lon;
  return kEarthRadius * 2.0 * std::atan2(std::sqrt(a), std::sqrt(1.0 - a));
}

// How far a point is from an envelope, in degrees.
double DistanceTo(const Envelope& envelope, double x, double y) {
  const double dx = std::max({envelope.min_x - x, x - envelope.max_x, 0.0});
  const double dy = std::max({envelope.min_y - y, y - envelope.max_y, 0.0});
  return std::hypot(dx, dy);
}

}  // namespace

// GEOS's side of the constant: a context and what lives in it, for one thread at a time.
struct SpatialTest::Prepared {
  const GeosFunctions& geos;
  GEOSContextHandle_t context = nullptr;
  GEOSWKBReader* reader = nullptr;
  GEOSGeometry* geometry = nullptr;
  const GEOSPreparedGeometry* prepared = nullptr;
  bool collection = false;

  explicit Prepared(const GeosFunctions& functions)
      : geos(functions), context(geos.init_r()), reader(geos.WKBReader_create_r(context)) {}
  ~Prepared() {
    if (prepared != nullptr) geos.PreparedGeom_destroy_r(context, prepared);
    if (geometry != nullptr) geos.Geom_destroy_r(context, geometry);
    geos.WKBReader_destroy_r(context, reader);
    geos.finish_r(context);
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  GEOSGeometry* Read(std::string_view wkb) const {
    return geos.WKBReader_read_r(context, reader,
                                 reinterpret_cast<const unsigned char*>(wkb.data()), wkb.size());
  }
  // Collections go by the relations of the geometries themselves: prepared ones answer otherwise.
  bool Relate(SpatialOp op, const GEOSGeometry* row) const {
    const bool plain = collection || geos.GeomTypeId_r(context, row) == kCollectionType;
    const auto relate = [&](auto plain_fn, auto prepared_fn) {
      return (plain ? plain_fn(context, row, geometry) : prepared_fn(context, prepared, row)) == 1;
    };
    switch (op) {
      case SpatialOp::kEquals:
        return geos.Equals_r(context, row, geometry) == 1;
      case SpatialOp::kTouches:
        return relate(geos.Touches_r, geos.PreparedTouches_r);
      case SpatialOp::kOverlaps:
        return relate(geos.Overlaps_r, geos.PreparedOverlaps_r);
      case SpatialOp::kCrosses:
        return relate(geos.Crosses_r, geos.PreparedCrosses_r);
      case SpatialOp::kContains:  // what contains the constant has it within
        return relate(geos.Contains_r, geos.PreparedWithin_r);
      case SpatialOp::kIntersects:
        return relate(geos.Intersects_r, geos.PreparedIntersects_r);
      case SpatialOp::kWithin:
        return relate(geos.Within_r, geos.PreparedContains_r);
      case SpatialOp::kIsValid:
        return geos.isValid_r(context, row) == 1;
      case SpatialOp::kDistanceWithin:
        break;  // needs the distance
    }
    return false;
  }
};

SpatialTest::SpatialTest(SpatialOp op, std::string wkb, double metres)
    : op_(op), wkb_(std::move(wkb)), metres_(metres) {}
SpatialTest::~SpatialTest() = default;

Result<std::unique_ptr<SpatialTest>> SpatialTest::Make(SpatialOp op, std::string wkb,
                                                       double metres) {
  std::unique_ptr<SpatialTest> test(new SpatialTest(op, std::move(wkb), metres));
  if (op != SpatialOp::kIsValid) test->envelope_ = TRY(EnvelopeOf(test->wkb_));
  test->rectangle_ = IsRectangle(test->wkb_);
  if (op == SpatialOp::kDistanceWithin && PointOf(test->wkb_, &test->x_, &test->y_)) {
    const double cosine = std::cos(Radians(test->y_));
    test->metres_per_degree_ =
        kMetresPerDegreeOfLatitude * std::sqrt((1.0 + cosine * cosine) / 2.0);
  }
  test->reach_ = test->FindReach();
  test->Release(TRY(test->Prepare()));
  return test;
}

Result<std::unique_ptr<SpatialTest::Prepared>> SpatialTest::Prepare() const {
  auto prepared = std::make_unique<Prepared>(*TRY(LoadGeos()));
  if (op_ == SpatialOp::kIsValid) return prepared;
  prepared->geometry = prepared->Read(wkb_);
  if (prepared->geometry != nullptr) {
    prepared->prepared = prepared->geos.Prepare_r(prepared->context, prepared->geometry);
  }
  if (prepared->prepared == nullptr) {
    return Fail(Code::kParameterInvalid, "GEOS refuses the geometry of a spatial function");
  }
  prepared->collection =
      prepared->geos.GeomTypeId_r(prepared->context, prepared->geometry) == kCollectionType;
  return prepared;
}

std::unique_ptr<SpatialTest::Prepared> SpatialTest::Acquire() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Prepared> prepared = std::move(idle_.back());
      idle_.pop_back();
      return prepared;
    }
  }
  auto prepared = Prepare();
  CHECK(prepared.ok());  // the first was made
  return std::move(prepared).take();
}

void SpatialTest::Release(std::unique_ptr<Prepared> prepared) const {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(prepared));
}

SpatialTest::Session::Session(const SpatialTest& test) : test_(test), prepared_(test.Acquire()) {}
SpatialTest::Session::~Session() { test_.Release(std::move(prepared_)); }

bool SpatialTest::Session::Matches(std::string_view wkb) const {
  double x, y;
  if (PointOf(wkb, &x, &y)) {
    if (const std::optional<bool> decided = test_.DecidePoint(x, y)) return *decided;
  }
  if (test_.op_ != SpatialOp::kIsValid) {
    const Result<Envelope> row = EnvelopeOf(wkb);
    if (!row.ok() || test_.RuledOut(*row)) return false;
  }
  GEOSGeometry* row = prepared_->Read(wkb);
  if (row == nullptr) return false;
  bool matches = false;
  if (test_.op_ == SpatialOp::kDistanceWithin) {
    double degrees = 0;
    matches =
        prepared_->geos.Distance_r(prepared_->context, row, prepared_->geometry, &degrees) == 1 &&
        degrees * test_.metres_per_degree_ <= test_.metres_;
  } else {
    matches = prepared_->Relate(test_.op_, row);
  }
  prepared_->geos.Geom_destroy_r(prepared_->context, row);
  return matches;
}

// Of a point: near or not, and where it lies to a rectangle.
std::optional<bool> SpatialTest::DecidePoint(double x, double y) const {
  if (op_ == SpatialOp::kDistanceWithin) return IsNear(x, y);
  if (!rectangle_) return std::nullopt;
  const bool covered =
      envelope_.min_x <= x && x <= envelope_.max_x && envelope_.min_y <= y && y <= envelope_.max_y;
  const bool inside =
      envelope_.min_x < x && x < envelope_.max_x && envelope_.min_y < y && y < envelope_.max_y;
  if (op_ == SpatialOp::kIntersects) return covered;
  if (op_ == SpatialOp::kWithin) return inside;
  if (op_ == SpatialOp::kTouches) return covered && !inside;
  return std::nullopt;
}

// Whether the envelopes alone say no.
bool SpatialTest::RuledOut(const Envelope& row) const {
  switch (op_) {
    case SpatialOp::kEquals:
      return !(row == envelope_);
    case SpatialOp::kTouches:
    case SpatialOp::kOverlaps:
    case SpatialOp::kCrosses:
    case SpatialOp::kIntersects:
      return !row.Meets(envelope_);
    case SpatialOp::kContains:
      return !row.Covers(envelope_);
    case SpatialOp::kWithin:
      return !envelope_.Covers(row);
    case SpatialOp::kDistanceWithin:
      return row.empty() || envelope_.empty() ||
             DistanceTo(row, x_, y_) * metres_per_degree_ > metres_ * kSlack;
    case SpatialOp::kIsValid:
      return false;
  }
  return false;
}

bool SpatialTest::IsNear(double x, double y) const {
  if (envelope_.empty()) return false;
  // On the globe two points are at least as far apart as their parallels.
  const bool on_globe = std::abs(y) <= 90 && std::abs(y_) <= 90;
  if (on_globe && kEarthRadius * Radians(std::abs(y - y_)) > metres_ * kSlack) return false;
  return Metres(x, y, x_, y_) <= metres_;
}

std::optional<Reach> SpatialTest::FindReach() const {
  if (op_ == SpatialOp::kIsValid || envelope_.empty()) return std::nullopt;
  if (op_ != SpatialOp::kDistanceWithin) return Reach{envelope_, false};
  if (!kGlobe.Covers(envelope_)) return std::nullopt;
  // What is no point is measured in degrees of the plane.
  const double degrees = metres_ / metres_per_degree_ * kSlack;
  // For points: the parallels, and the meridians that a circle on the globe touches. One around a
  // pole touches all, and beyond 180 degrees it goes on at the other end.
  const double angle = metres_ / kEarthRadius * kSlack;
  const double lat = std::max(degrees, Degrees(angle)) * kSlack;
  double lon = 360;
  if (std::abs(Radians(y_)) + angle < kPi / 2) {
    lon = std::max(degrees, Degrees(std::asin(std::sin(angle) / std::cos(Radians(y_))))) * kSlack;
  }
  if (x_ - lon < -180 || x_ + lon > 180) lon = 360;
  return Reach{{x_ - lon, y_ - lat, x_ + lon, y_ + lat}, true};
}

}  // namespace elanus::geo
