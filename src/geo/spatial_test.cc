#include "geo/spatial.h"

#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "geo/geos_library.h"
#include "geo/wkb.h"
#include "geo/wkt.h"

namespace elanus::geo {
namespace {

constexpr SpatialOp kRelations[] = {
    SpatialOp::kEquals,   SpatialOp::kTouches,    SpatialOp::kOverlaps, SpatialOp::kCrosses,
    SpatialOp::kContains, SpatialOp::kIntersects, SpatialOp::kWithin};

bool Holds(SpatialOp op, const char* row, const char* constant, double metres = 0) {
  const auto test = SpatialTest::Make(op, *WktToWkb(constant), metres);
  EXPECT_TRUE(test.ok()) << test.status().message();
  return SpatialTest::Session(**test).Matches(*WktToWkb(row));
}

constexpr const char* kSquare = "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))";

TEST(SpatialTest, KnowsTheRelations) {
  EXPECT_TRUE(Holds(SpatialOp::kEquals, "LINESTRING (0 0, 4 4)", "LINESTRING (4 4, 2 2, 0 0)"));
  EXPECT_FALSE(Holds(SpatialOp::kEquals, "POINT (1 1)", "POINT (1 2)"));
  EXPECT_TRUE(Holds(SpatialOp::kTouches, "POINT (4 1)", kSquare));
  EXPECT_FALSE(Holds(SpatialOp::kTouches, "POINT (3 1)", kSquare));
  EXPECT_TRUE(Holds(SpatialOp::kOverlaps, "POLYGON ((2 2, 6 2, 6 6, 2 6, 2 2))", kSquare));
  EXPECT_FALSE(Holds(SpatialOp::kOverlaps, "POLYGON ((1 1, 2 1, 2 2, 1 1))", kSquare));
  EXPECT_TRUE(Holds(SpatialOp::kCrosses, "LINESTRING (-1 2, 5 2)", kSquare));
  EXPECT_FALSE(Holds(SpatialOp::kCrosses, "LINESTRING (1 2, 3 2)", kSquare));
  EXPECT_TRUE(Holds(SpatialOp::kContains, kSquare, "POINT (1 1)"));
  EXPECT_FALSE(Holds(SpatialOp::kContains, kSquare, "POINT (4 1)"));  // the border is not inside
  EXPECT_TRUE(Holds(SpatialOp::kWithin, "POINT (1 1)", kSquare));
  EXPECT_FALSE(Holds(SpatialOp::kWithin, kSquare, "POINT (1 1)"));
  EXPECT_TRUE(Holds(SpatialOp::kIntersects, "POINT (4 1)", kSquare));
  EXPECT_FALSE(Holds(SpatialOp::kIntersects, "POINT (5 1)", kSquare));
}

TEST(SpatialTest, KnowsWhatIsNoGeometry) {
  const auto valid = SpatialTest::Make(SpatialOp::kIsValid, "");
  ASSERT_TRUE(valid.ok()) << valid.status().message();
  const SpatialTest::Session session(**valid);
  EXPECT_TRUE(session.Matches(*WktToWkb(kSquare)));
  EXPECT_TRUE(session.Matches(*WktToWkb("POINT EMPTY")));
  EXPECT_FALSE(session.Matches(*WktToWkb("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))")));
  EXPECT_FALSE(session.Matches("no geometry"));
  EXPECT_FALSE((*valid)->reach().has_value());
}

TEST(SpatialTest, EmptyGeometriesMatchNothingButThemselves) {
  for (const SpatialOp op : kRelations) {
    const bool equals = op == SpatialOp::kEquals;
    EXPECT_EQ(Holds(op, "POINT EMPTY", "POLYGON EMPTY"), equals);
    EXPECT_FALSE(Holds(op, "POINT EMPTY", kSquare));
    EXPECT_FALSE(Holds(op, kSquare, "POLYGON EMPTY"));
  }
  EXPECT_FALSE(Holds(SpatialOp::kDistanceWithin, "POLYGON EMPTY", "POINT (1 2)", 1e9));
  EXPECT_FALSE(Holds(SpatialOp::kDistanceWithin, "POINT EMPTY", "POINT (1 2)", 1e9));
  EXPECT_FALSE(Holds(SpatialOp::kDistanceWithin, "POINT (1 2)", "POINT EMPTY", 1e9));
  EXPECT_FALSE(Holds(SpatialOp::kDistanceWithin, kSquare, "POINT EMPTY", 1e9));
}

TEST(SpatialTest, MeasuresMetresOnTheGlobe) {
  // A degree of a meridian is 111,194.9 m by the haversine formula.
  EXPECT_TRUE(Holds(SpatialOp::kDistanceWithin, "POINT (10 1)", "POINT (10 0)", 111195));
  EXPECT_FALSE(Holds(SpatialOp::kDistanceWithin, "POINT (10 1)", "POINT (10 0)", 111194));
  EXPECT_TRUE(Holds(SpatialOp::kDistanceWithin, "POINT (10 0)", "POINT (10 0)", 0));
  // Across the date line, and past the pole.
  EXPECT_TRUE(Holds(SpatialOp::kDistanceWithin, "POINT (-179.9 0)", "POINT (179.9 0)", 22300));
  EXPECT_TRUE(Holds(SpatialOp::kDistanceWithin, "POINT (0 89.9)", "POINT (180 89.9)", 22300));
  // What is no point is measured in degrees of the plane, 111,320 m each at the equator.
  EXPECT_TRUE(Holds(SpatialOp::kDistanceWithin, kSquare, "POINT (5 0)", 111321));
  EXPECT_FALSE(Holds(SpatialOp::kDistanceWithin, kSquare, "POINT (5 0)", 111319));
  EXPECT_TRUE(Holds(SpatialOp::kDistanceWithin, kSquare, "POINT (2 2)", 0));
}

// Random geometries on a small grid, so that all relations occur.
class RandomGeometry {
 public:
  explicit RandomGeometry(uint64_t seed) : random_(seed) {}

  std::string Make() {
    switch (Pick(8)) {
      case 0:
        return "LINESTRING " + Line();
      case 1:
        return "POLYGON " + Polygon();
      case 2:
        return "MULTIPOINT (" + Point() + ", " + Point() + ")";
      case 3:
        return "MULTILINESTRING (" + Line() + ", " + Line() + ")";
      case 4:
        return "MULTIPOLYGON (" + Polygon() + ")";
      case 5:
        return "GEOMETRYCOLLECTION (POINT (" + Point() + "), LINESTRING " + Line() + ")";
      case 6:
        return Pick(4) == 0 ? "POINT EMPTY" : "POINT (" + Point() + ")";
      default:
        return "POINT (" + Point() + ")";
    }
  }

 private:
  int Pick(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  std::string At(int x, int y) { return std::to_string(x) + " " + std::to_string(y); }
  std::string Point() { return At(Pick(7), Pick(7)); }
  std::string Line() {
    const int x = Pick(6), y = Pick(6);
    return "(" + At(x, y) + ", " + At(x + 1 + Pick(4), y + Pick(4)) + ")";
  }
  std::string Polygon() {  // a rectangle or a triangle
    const int x = Pick(6), y = Pick(6);
    const int right = x + 1 + Pick(5), top = y + 1 + Pick(5);
    const std::string begin = At(x, y) + ", " + At(right, y) + ", " + At(right, top) + ", ";
    return "((" + begin + (Pick(2) == 0 ? At(x, top) + ", " : "") + At(x, y) + "))";
  }
  std::mt19937_64 random_;
};

// The relation as GEOS has it for the two geometries, neither prepared nor ruled out by envelopes.
bool Plain(SpatialOp op, std::string_view row, std::string_view constant) {
  const GeosFunctions& geos = **LoadGeos();
  const GEOSContextHandle_t context = geos.init_r();
  GEOSWKBReader* reader = geos.WKBReader_create_r(context);
  const auto read = [&](std::string_view wkb) {
    return geos.WKBReader_read_r(context, reader,
                                 reinterpret_cast<const unsigned char*>(wkb.data()), wkb.size());
  };
  GEOSGeometry* a = read(row);
  GEOSGeometry* b = read(constant);
  char answer = 0;
  if (op == SpatialOp::kEquals) answer = geos.Equals_r(context, a, b);
  if (op == SpatialOp::kTouches) answer = geos.Touches_r(context, a, b);
  if (op == SpatialOp::kOverlaps) answer = geos.Overlaps_r(context, a, b);
  if (op == SpatialOp::kCrosses) answer = geos.Crosses_r(context, a, b);
  if (op == SpatialOp::kContains) answer = geos.Contains_r(context, a, b);
  if (op == SpatialOp::kIntersects) answer = geos.Intersects_r(context, a, b);
  if (op == SpatialOp::kWithin) answer = geos.Within_r(context, a, b);
  geos.Geom_destroy_r(context, a);
  geos.Geom_destroy_r(context, b);
  geos.WKBReader_destroy_r(context, reader);
  geos.finish_r(context);
  return answer == 1;
}

TEST(SpatialTest, IsWhatGeosSaysOfEveryPair) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomGeometry random(seed);
  int matches = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string constant = random.Make();
    for (const SpatialOp op : kRelations) {
      const auto test = SpatialTest::Make(op, *WktToWkb(constant));
      ASSERT_TRUE(test.ok());
      const SpatialTest::Session session(**test);
      for (int j = 0; j < 40; ++j) {
        const std::string row = random.Make();
        const std::string wkb = *WktToWkb(row);
        const bool expected = Plain(op, wkb, *WktToWkb(constant));
        matches += expected ? 1 : 0;
        EXPECT_EQ(session.Matches(wkb), expected)
            << row << " op " << static_cast<int>(op) << " " << constant;
        if (!expected || !(*test)->reach()) continue;
        EXPECT_TRUE(EnvelopeOf(wkb)->Meets((*test)->reach()->box)) << row << " " << constant;
      }
    }
  }
  EXPECT_GT(matches, 500);
}

TEST(SpatialTest, ReachHoldsAllThatIsNear) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> unit(-1, 1);
  int near = 0;
  for (int i = 0; i < 300; ++i) {
    const double x = 180 * unit(random), y = 90 * unit(random);
    const double metres = std::pow(10, 4 + 3 * std::abs(unit(random)));
    const auto point = [](double lon, double lat) {
      return "POINT (" + std::to_string(lon) + " " + std::to_string(lat) + ")";
    };
    const auto test = SpatialTest::Make(SpatialOp::kDistanceWithin, *WktToWkb(point(x, y)), metres);
    ASSERT_TRUE(test.ok());
    ASSERT_TRUE((*test)->reach().has_value());
    const SpatialTest::Session session(**test);
    for (int j = 0; j < 100; ++j) {
      const double scale = metres / 50000;
      const double row_x =
          j % 2 == 0 ? 180 * unit(random) : std::remainder(x + scale * unit(random), 360);
      const double row_y = std::clamp(y + scale * unit(random), -90.0, 90.0);
      const std::string row = *WktToWkb(
          j % 4 < 3 ? point(row_x, row_y)
                    : "LINESTRING (" + std::to_string(row_x) + " " + std::to_string(row_y) + ", " +
                          std::to_string(row_x * .99) + " " + std::to_string(row_y * .99) + ")");
      if (!session.Matches(row)) continue;
      ++near;
      EXPECT_TRUE(EnvelopeOf(row)->Meets((*test)->reach()->box))
          << *WkbToWkt(row) << " " << x << " " << y << " " << metres;
    }
  }
  EXPECT_GT(near, 1000);
}

TEST(SpatialTest, ServesManyThreads) {
  const auto test = SpatialTest::Make(SpatialOp::kWithin, *WktToWkb(kSquare));
  ASSERT_TRUE(test.ok());
  const std::string inside = *WktToWkb("POINT (1 1)"), outside = *WktToWkb("POINT (4 1)");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const SpatialTest::Session session(**test);
        EXPECT_TRUE(session.Matches(inside));
        EXPECT_FALSE(session.Matches(outside));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace elanus::geo
