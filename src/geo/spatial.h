// SpatialTest: one geometry against many, by GEOS (OGC's DE-9IM relations) and, for distances on
// the globe, by Milvus's formulas.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "geo/envelope.h"

namespace elanus::geo {

enum class SpatialOp : uint8_t {
  kEquals,
  kTouches,
  kOverlaps,
  kCrosses,
  kContains,
  kIntersects,
  kWithin,
  kDistanceWithin,
  kIsValid
};

// row op constant. Immutable but for its pool of prepared geometries; thread-safe.
class SpatialTest {
  struct Prepared;

 public:
  // `wkb` is the constant, from WktToWkb; empty for kIsValid, a point for kDistanceWithin, which
  // takes `metres`. kUnimplemented where GEOS is not installed.
  static Result<std::unique_ptr<SpatialTest>> Make(SpatialOp op, std::string wkb,
                                                   double metres = 0);
  ~SpatialTest();
  SpatialTest(const SpatialTest&) = delete;
  SpatialTest& operator=(const SpatialTest&) = delete;

  // For one thread, on a run of rows; the test outlives it.
  class Session {
   public:
    explicit Session(const SpatialTest& test);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // False for what is no whole geometry, and where GEOS has no answer. A geometry without points
    // is within no distance.
    bool Matches(std::string_view wkb) const;

   private:
    const SpatialTest& test_;
    std::unique_ptr<Prepared> prepared_;
  };

  // Where matching rows lie; none if anywhere.
  const std::optional<Reach>& reach() const { return reach_; }

 private:
  SpatialTest(SpatialOp op, std::string wkb, double metres);

  Result<std::unique_ptr<Prepared>> Prepare() const;
  std::unique_ptr<Prepared> Acquire() const;
  void Release(std::unique_ptr<Prepared> prepared) const;
  bool RuledOut(const Envelope& row) const;
  bool IsNear(double x, double y) const;
  std::optional<bool> DecidePoint(double x, double y) const;
  std::optional<Reach> FindReach() const;

  const SpatialOp op_;
  const std::string wkb_;
  const double metres_;
  Envelope envelope_;
  bool rectangle_ = false;        // the constant is its envelope
  double x_ = 0, y_ = 0;          // the point of kDistanceWithin
  double metres_per_degree_ = 0;  // at that point, for what is no point
  std::optional<Reach> reach_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Prepared>> idle_;  // guarded by mutex_
};

}  // namespace elanus::geo
