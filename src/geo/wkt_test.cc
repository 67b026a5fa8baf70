#include "geo/wkt.h"

#include <cmath>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "geo/wkb.h"

namespace elanus::geo {
namespace {

std::string RoundTrip(std::string_view wkt) {
  const Result<std::string> wkb = WktToWkb(wkt);
  if (!wkb.ok()) return wkb.status().message();
  const Result<std::string> text = WkbToWkt(*wkb);
  return text.ok() ? *text : text.status().message();
}

TEST(Wkt, ComesBackAsItWent) {
  for (const char* text :
       {"POINT (1 2)",
        "POINT (-73.9857 40.7484)",
        "POINT EMPTY",
        "POINT Z (1 2 3)",
        "POINT M (1 2 3)",
        "POINT ZM (1 2 3 4)",
        "LINESTRING (0 0, 1 1, 2 0.5)",
        "LINESTRING EMPTY",
        "LINESTRING Z (0 0 1, 1 1 2)",
        "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))",
        "POLYGON ((0 0, 9 0, 9 9, 0 0), (5 1, 6 1, 6 2, 5 1))",
        "POLYGON EMPTY",
        "MULTIPOINT (1 2, 3 4)",
        "MULTIPOINT (1 2, EMPTY)",
        "MULTIPOINT EMPTY",
        "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))",
        "MULTILINESTRING EMPTY",
        "MULTILINESTRING (EMPTY, (0 0, 1 1))",
        "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
        "MULTIPOLYGON EMPTY",
        "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 5 5))",
        "GEOMETRYCOLLECTION EMPTY",
        "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (POINT (1 2)), MULTIPOINT (3 4))",
        "GEOMETRYCOLLECTION M (POINT M (1 2 3))"}) {
    EXPECT_EQ(RoundTrip(text), text);
  }
}

TEST(Wkt, IsSpelledInOneWay) {
  EXPECT_EQ(RoundTrip("point(1 2)"), "POINT (1 2)");
  EXPECT_EQ(RoundTrip(" PoInT\n( 1.50   -2e0 ) "), "POINT (1.5 -2)");
  EXPECT_EQ(RoundTrip("POINTZ(1 2 3)"), "POINT Z (1 2 3)");
  EXPECT_EQ(RoundTrip("POINT zm (1 2 3 4)"), "POINT ZM (1 2 3 4)");
  EXPECT_EQ(RoundTrip("POINT (1 2 3)"), "POINT Z (1 2 3)");
  EXPECT_EQ(RoundTrip("POINT (1 2 3 4)"), "POINT ZM (1 2 3 4)");
  EXPECT_EQ(RoundTrip("MULTIPOINT ((1 2), (3 4))"), "MULTIPOINT (1 2, 3 4)");
  EXPECT_EQ(RoundTrip("GEOMETRYCOLLECTION M (POINT EMPTY, POINT M (1 2 3))"),
            "GEOMETRYCOLLECTION M (POINT M EMPTY, POINT M (1 2 3))");
  EXPECT_EQ(RoundTrip("GEOMETRYCOLLECTION Z (POINT (1 2 3))"),
            "GEOMETRYCOLLECTION Z (POINT Z (1 2 3))");
}

TEST(Wkt, NumbersAreShortestAndPlain) {
  EXPECT_EQ(RoundTrip("POINT (0.1 1e-7)"), "POINT (0.1 0.0000001)");
  EXPECT_EQ(RoundTrip("POINT (1e15 123456789012345678)"),
            "POINT (1000000000000000 123456789012345680)");
  EXPECT_EQ(RoundTrip("POINT (1e23 -1.5e22)"),
            "POINT (100000000000000000000000 -15000000000000000000000)");
  EXPECT_EQ(RoundTrip("POINT (-0 1e-400)"), "POINT (-0 0)");
}

TEST(Wkt, EveryFiniteDoubleComesBack) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const uint64_t bits = random();
    double x;
    std::memcpy(&x, &bits, sizeof x);
    if (!std::isfinite(x)) continue;
    std::string wkb("\x01\x01\0\0\0", 5);
    for (const double value : {x, 1.0}) {
      wkb.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    const Result<std::string> text = WkbToWkt(wkb);
    ASSERT_TRUE(text.ok());
    const Result<std::string> again = WktToWkb(*text);
    ASSERT_TRUE(again.ok()) << *text;
    EXPECT_EQ(*again, wkb) << *text;
  }
}

TEST(Wkt, RefusesInWordsThatClientsKnow) {
  const struct {
    const char* wkt;
    const char* problem;
  } cases[] = {
      {"", "unexpected end of text, expecting a geometry type at line 1, pos 0"},
      {"INVALID WKT STRING", "invalid keyword at line 1, pos 0"},
      {"POINT ()", "unexpected ')', expecting a number at line 1, pos 7"},
      {"POINT (abc def)", "invalid keyword at line 1, pos 7"},
      {"POINT (1 2 3 4 5)", "too many coordinates at line 1, pos 15"},
      {"POINT (1)", "not enough coordinates at line 1, pos 7"},
      {"POINT (1 2", "unexpected end of text, expecting ')' at line 1, pos 10"},
      {"POINT (1 2) x", "invalid keyword at line 1, pos 12"},
      {"POINT (1 2),", "unexpected ',', expecting end of text at line 1, pos 11"},
      {"POINT (+1 2)", "invalid character at line 1, pos 7"},
      {"POINT (1 1e999)", "invalid number at line 1, pos 9"},
      {"POINT (1 2-3)", "invalid number at line 1, pos 9"},
      {"POINT (1 nan)", "invalid keyword at line 1, pos 9"},
      {"POINT\n(1;2)", "invalid character at line 2, pos 2"},
      {"POINT Z (1 2)",
       "mixed dimensionality, parsed layout is XYZ so expecting 3 coords but got 2 "
       "coords at line 1, pos 11"},
      {"LINESTRING (0 0)", "non-empty linestring with only one point at line 1, pos 15"},
      {"LINESTRING (0 0, 1 1 1)",
       "mixed dimensionality, parsed layout is XY so expecting 2 coords "
       "but got 3 coords at line 1, pos 21"},
      {"POLYGON ((0 0, 1 1))", "polygon ring doesn't have enough points at line 1, pos 18"},
      {"POLYGON ((0 0, 1 0, 1 1, 0 1))", "polygon ring not closed at line 1, pos 28"},
      {"POLYGON (EMPTY)", "unexpected EMPTY, expecting '(' at line 1, pos 9"},
      {"GEOMETRYCOLLECTION (POINT (1 2), POINT Z (1 2 3))",
       "mixed dimensionality, parsed layout is XY but encountered layout of XYZ at line 1, pos 33"},
      {"GEOMETRYCOLLECTION (POINT Z (1 2 3), POINT EMPTY)",
       "mixed dimensionality, parsed layout is XYZ but encountered layout of XY at line 1, pos 37"},
      {"GEOMETRYCOLLECTION M (POINT (1 2 3))",
       "mixed dimensionality, parsed layout is XYM but encountered layout of not XYM at line 1, "
       "pos 22"},
  };
  for (const auto& [wkt, problem] : cases) {
    const Result<std::string> wkb = WktToWkb(wkt);
    ASSERT_FALSE(wkb.ok()) << wkt;
    EXPECT_EQ(wkb.status().code(), Code::kParameterInvalid);
    EXPECT_EQ(wkb.status().message(),
              "syntax error: " + std::string(problem) + ": invalid parameter")
        << wkt;
  }
}

TEST(Wkt, NestsSoFarAndNoFurther) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "GEOMETRYCOLLECTION(";
    return text + "POINT(1 2)" + std::string(static_cast<size_t>(depth), ')');
  };
  EXPECT_TRUE(WktToWkb(nested(kNestingMax)).ok());
  EXPECT_FALSE(WktToWkb(nested(kNestingMax + 1)).ok());
  EXPECT_FALSE(WktToWkb(nested(100000)).ok());
  const std::string wkb = *WktToWkb(nested(kNestingMax));
  EXPECT_TRUE(WkbToWkt(wkb).ok());
  EXPECT_TRUE(EnvelopeOf(wkb).ok());
}

TEST(Wkb, DamageIsFound) {
  for (const char* text :
       {"POINT (1 2)", "POLYGON ((0 0, 9 0, 9 9, 0 0), (5 1, 6 1, 6 2, 5 1))",
        "GEOMETRYCOLLECTION (POINT (1 2), MULTILINESTRING ((0 0, 5 5), EMPTY))"}) {
    const std::string wkb = *WktToWkb(text);
    for (size_t length = 0; length < wkb.size(); ++length) {
      const std::string_view cut = std::string_view(wkb).substr(0, length);
      EXPECT_EQ(WkbToWkt(cut).status().code(), Code::kCorruption);
      EXPECT_EQ(EnvelopeOf(cut).status().code(), Code::kCorruption);
    }
    const std::string longer = wkb + "x";
    EXPECT_FALSE(WkbToWkt(longer).ok());
  }
  EXPECT_FALSE(WkbToWkt(std::string("\x01\x04\0\0\0\xff\xff\xff\xff", 9)).ok());
}

TEST(Wkb, RectanglesAreKnown) {
  const auto rectangle = [](const char* wkt) { return IsRectangle(*WktToWkb(wkt)); };
  EXPECT_TRUE(rectangle("POLYGON ((0 0, 4 0, 4 3, 0 3, 0 0))"));
  EXPECT_TRUE(rectangle("POLYGON ((4 3, 4 0, 0 0, 0 3, 4 3))"));
  EXPECT_TRUE(rectangle("POLYGON Z ((0 0 1, 4 0 2, 4 3 3, 0 3 4, 0 0 1))"));
  for (const char* wkt :
       {"POLYGON ((0 0, 4 0, 4 3, 1 3, 0 0))", "POLYGON ((0 0, 4 0, 4 3, 0 0))",
        "POLYGON ((0 0, 4 0, 4 0, 0 0, 0 0))", "POLYGON ((0 0, 4 0, 0 0, 4 0, 0 0))",
        "POLYGON ((0 0, 4 0, 4 3, 4 0, 0 0))", "POLYGON ((0 0, 4 3, 4 0, 0 3, 0 0))",
        "POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (1 1, 2 1, 2 2, 1 1))", "POLYGON EMPTY", "POINT (1 2)",
        "MULTIPOLYGON (((0 0, 4 0, 4 3, 0 3, 0 0)))", "LINESTRING (0 0, 4 0, 4 3, 0 3, 0 0)"}) {
    EXPECT_FALSE(rectangle(wkt)) << wkt;
  }
}

TEST(Wkb, EnvelopeHoldsEveryPoint) {
  const auto envelope = [](const char* wkt) { return *EnvelopeOf(*WktToWkb(wkt)); };
  EXPECT_EQ(envelope("POINT (1 2)"), (Envelope{1, 2, 1, 2}));
  EXPECT_EQ(envelope("LINESTRING ZM (1 9 100 100, -3 2 -100 -100)"), (Envelope{-3, 2, 1, 9}));
  EXPECT_EQ(envelope("MULTIPOINT (1 2, EMPTY, 5 -6)"), (Envelope{1, -6, 5, 2}));
  EXPECT_EQ(envelope("GEOMETRYCOLLECTION (POINT (1 2), POLYGON ((0 0, 4 0, 4 4, 0 0)))"),
            (Envelope{0, 0, 4, 4}));
  EXPECT_TRUE(envelope("POINT EMPTY").empty());
  EXPECT_TRUE(envelope("GEOMETRYCOLLECTION EMPTY").empty());
}

}  // namespace
}  // namespace elanus::geo
