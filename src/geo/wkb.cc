#include "geo/wkb.h"

#include <cmath>
#include <cstring>

namespace elanus::geo {
namespace {

constexpr size_t kHeaderBytes = 5;
constexpr size_t kPointBytes = kHeaderBytes + 2 * sizeof(double);

Status Damaged() { return Status(Code::kCorruption, "malformed geometry"); }

double At(const char* doubles, size_t i) {
  double value;
  std::memcpy(&value, doubles + i * sizeof value, sizeof value);
  return value;
}

Status AddPoints(WkbReader* reader, uint32_t points, size_t stride, Envelope* envelope) {
  const char* doubles = TRY(reader->Doubles(points * stride));
  for (size_t i = 0; i < points; ++i) {
    const double x = At(doubles, i * stride);
    const double y = At(doubles, i * stride + 1);
    if (!std::isnan(x) && !std::isnan(y)) envelope->Add(x, y);
  }
  return {};
}

Status AddGeometry(WkbReader* reader, int depth, Envelope* envelope) {
  if (depth > kNestingMax) return Damaged();
  const WkbHeader header = TRY(reader->Header());
  const size_t stride = header.stride();
  switch (header.shape) {
    case Shape::kPoint:
      return AddPoints(reader, 1, stride, envelope);
    case Shape::kLineString:
      return AddPoints(reader, TRY(reader->Count(stride * sizeof(double))), stride, envelope);
    case Shape::kPolygon: {
      const uint32_t rings = TRY(reader->Count(sizeof(uint32_t)));
      for (uint32_t i = 0; i < rings; ++i) {
        const uint32_t points = TRY(reader->Count(stride * sizeof(double)));
        TRY(AddPoints(reader, points, stride, envelope));
      }
      return {};
    }
    case Shape::kMultiPoint:
    case Shape::kMultiLineString:
    case Shape::kMultiPolygon:
    case Shape::kCollection: {
      const uint32_t parts = TRY(reader->Count(kHeaderBytes));
      for (uint32_t i = 0; i < parts; ++i) TRY(AddGeometry(reader, depth + 1, envelope));
      return {};
    }
  }
  return Damaged();
}

}  // namespace

Result<WkbHeader> WkbReader::Header() {
  if (rest_.size() < kHeaderBytes || rest_[0] != 1) return Damaged();
  uint32_t code;
  std::memcpy(&code, rest_.data() + 1, sizeof code);
  rest_.remove_prefix(kHeaderBytes);
  const uint32_t shape = code % 1000;
  const uint32_t layout = code / 1000;
  if (shape < 1 || shape > 7 || layout > 3) return Damaged();
  return WkbHeader{static_cast<Shape>(shape), (layout & 1) != 0, (layout & 2) != 0};
}

Result<uint32_t> WkbReader::Count(size_t least) {
  uint32_t count;
  if (rest_.size() < sizeof count) return Damaged();
  std::memcpy(&count, rest_.data(), sizeof count);
  rest_.remove_prefix(sizeof count);
  if (count > rest_.size() / least) return Damaged();
  return count;
}

Result<const char*> WkbReader::Doubles(size_t count) {
  if (count > rest_.size() / sizeof(double)) return Damaged();
  const char* doubles = rest_.data();
  rest_.remove_prefix(count * sizeof(double));
  return doubles;
}

Result<Envelope> EnvelopeOf(std::string_view wkb) {
  Envelope envelope;
  double x, y;
  if (PointOf(wkb, &x, &y)) {  // most are points
    envelope.Add(x, y);
    return envelope;
  }
  WkbReader reader(wkb);
  TRY(AddGeometry(&reader, 0, &envelope));
  if (!reader.done()) return Damaged();
  return envelope;
}

bool IsPoint(std::string_view wkb) {
  if (wkb.size() < kPointBytes || wkb[0] != 1) return false;
  uint32_t code;
  std::memcpy(&code, wkb.data() + 1, sizeof code);
  return code % 1000 == static_cast<uint32_t>(Shape::kPoint);
}

bool PointOf(std::string_view wkb, double* x, double* y) {
  if (!IsPoint(wkb)) return false;
  *x = At(wkb.data() + kHeaderBytes, 0);
  *y = At(wkb.data() + kHeaderBytes, 1);
  return !std::isnan(*x) && !std::isnan(*y);
}

bool IsRectangle(std::string_view wkb) {
  constexpr uint32_t kPoints = 5;
  WkbReader reader(wkb);
  const Result<WkbHeader> header = reader.Header();
  if (!header.ok() || header->shape != Shape::kPolygon) return false;
  const Result<uint32_t> rings = reader.Count(sizeof(uint32_t));
  if (!rings.ok() || *rings != 1) return false;
  const Result<uint32_t> points = reader.Count(1);
  if (!points.ok() || *points != kPoints) return false;
  const size_t stride = header->stride();
  const Result<const char*> doubles = reader.Doubles(kPoints * stride);
  if (!doubles.ok()) return false;
  // Sides run along x and y in turn, and end where they began.
  const auto same = [&](size_t a, size_t b, size_t axis) {
    return At(*doubles, a * stride + axis) == At(*doubles, b * stride + axis);
  };
  const size_t axis = same(0, 1, 0) ? 0 : 1;
  for (size_t i = 0; i + 1 < kPoints; ++i) {
    const size_t kept = i % 2 == 0 ? axis : 1 - axis;
    if (!same(i, i + 1, kept) || same(i, i + 1, 1 - kept)) return false;
  }
  return same(0, kPoints - 1, 0) && same(0, kPoints - 1, 1);
}

}  // namespace elanus::geo
