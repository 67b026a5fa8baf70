#include <random>

#include <gtest/gtest.h>

#include "geo/wkb.h"
#include "geo/wkt.h"
#include "index/blob.h"
#include "index/test_data.h"

namespace elanus::index {
namespace {

// A Geometry column; an empty text is null.
class Geometries {
 public:
  void Add(const std::string& wkt) {
    const std::string wkb = wkt.empty() ? "" : *geo::WktToWkb(wkt);
    bytes_ += wkb;
    ends_.push_back(bytes_.size());
    valid_.push_back(wkt.empty() ? 0 : 1);
    envelopes_.push_back(wkt.empty() ? geo::Envelope() : *geo::EnvelopeOf(wkb));
  }
  ScalarView view() const {
    return {DataType::kGeometry, ends_.size(), reinterpret_cast<const std::byte*>(bytes_.data()),
            ends_.data(), valid_.data()};
  }
  const geo::Envelope& envelope(size_t row) const { return envelopes_[row]; }
  std::string* bytes() { return &bytes_; }

 private:
  std::string bytes_;
  std::vector<uint64_t> ends_;
  std::vector<uint8_t> valid_;
  std::vector<geo::Envelope> envelopes_;
};

std::string RandomWkt(std::mt19937_64* random) {
  std::uniform_real_distribution<double> place(-80, 80), size(0, 3);
  const auto text = [](double v) { return std::to_string(v); };
  const double x = place(*random), y = place(*random);
  const uint64_t kind = (*random)() % 20;
  if (kind == 0) return "";
  if (kind == 1) return "POINT EMPTY";
  if (kind < 10) return "POINT (" + text(x) + " " + text(y) + ")";
  return "LINESTRING (" + text(x) + " " + text(y) + ", " + text(x + size(*random)) + " " +
         text(y + size(*random)) + ")";
}

TEST(RTree, FindsEveryEnvelopeThatMeetsTheBox) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (const size_t rows : {0, 1, 63, 64, 65, 4096, 4097, 20000}) {
    Geometries geometries;
    for (size_t i = 0; i < rows; ++i) geometries.Add(RandomWkt(&random));
    const std::string bytes = BuildBytes(geometries.view());
    ASSERT_TRUE(Verify(bytes).ok());
    const auto index = OpenScalar(bytes, geometries.view());
    ASSERT_TRUE(index.ok()) << index.status().message();
    std::uniform_real_distribution<double> place(-90, 90);
    for (int i = 0; i < 20; ++i) {
      geo::Reach reach;
      for (int corner = 0; corner < 1 + i % 2; ++corner)
        reach.box.Add(place(random), place(random));
      const std::optional<Bitmap> found = (*index)->Near(reach, rows + 1);
      ASSERT_TRUE(found.has_value());
      size_t missed = 0, extra = 0;
      for (size_t row = 0; row < rows; ++row) {
        const bool meets = geometries.envelope(row).Meets(reach.box);
        missed += meets && !found->Test(row) ? 1 : 0;
        extra += !meets && found->Test(row) ? 1 : 0;
      }
      EXPECT_EQ(missed, 0u);
      EXPECT_LE(extra, 2u);  // boxes are floats
      const size_t count = found->Count();
      if (count > 0) {
        EXPECT_FALSE((*index)->Near(reach, count).has_value());
      }
      EXPECT_TRUE((*index)->Near(reach, count + 1).has_value());
    }
  }
}

TEST(RTree, AnswersForTheGlobeOnlyOnTheGlobe) {
  Geometries geometries;
  geometries.Add("POINT (180 -90)");
  geometries.Add("POINT (-180 90)");
  const geo::Reach reach{{170, -90, 190, -80}, true};
  {
    const std::string bytes = BuildBytes(geometries.view());
    const auto index = OpenScalar(bytes, geometries.view());
    const std::optional<Bitmap> found = (*index)->Near(reach, 10);
    ASSERT_TRUE(found.has_value());
    EXPECT_TRUE(found->Test(0));
    EXPECT_FALSE(found->Test(1));
  }
  geometries.Add("POINT (180.1 0)");
  const std::string bytes = BuildBytes(geometries.view());
  const auto index = OpenScalar(bytes, geometries.view());
  EXPECT_FALSE((*index)->Near(reach, 10).has_value());
  EXPECT_TRUE((*index)->Near({reach.box, false}, 10).has_value());
}

TEST(RTree, HoldsWhatNoFloatHolds) {
  Geometries geometries;
  geometries.Add("POINT (1e300 -1e300)");
  geometries.Add("POINT (16777217 0.1)");
  const std::string bytes = BuildBytes(geometries.view());
  const auto index = OpenScalar(bytes, geometries.view());
  for (size_t row = 0; row < 2; ++row) {
    const std::optional<Bitmap> found = (*index)->Near({geometries.envelope(row), false}, 10);
    ASSERT_TRUE(found.has_value());
    EXPECT_TRUE(found->Test(row));
  }
}

TEST(RTree, DamageIsNoCrash) {
  std::mt19937_64 random(7);
  Geometries geometries;
  for (int i = 0; i < 5000; ++i) geometries.Add(RandomWkt(&random));
  const std::string good = BuildBytes(geometries.view());
  for (int i = 0; i < 200; ++i) {
    std::string bad = good;
    for (int j = 0; j < 50; ++j) bad[4096 + random() % (bad.size() - 4096)] = '\xff';
    const auto index = OpenScalar(bad, geometries.view());
    if (index.ok()) (void)(*index)->Near({{-90, -90, 90, 90}, false}, 10000);
    EXPECT_FALSE(Verify(bad).ok());
  }
  (*geometries.bytes())[0] = 'x';
  EXPECT_EQ(BuildScalar(geometries.view(), [](std::string_view) { return Status(); }).code(),
            geometries.view().valid[0] != 0 ? Code::kCorruption : Code::kOk);
}

}  // namespace
}  // namespace elanus::index
