// From WKB to WKT.
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "geo/wkb.h"
#include "geo/wkt.h"

namespace elanus::geo {
namespace {

std::string_view NameOf(Shape shape) {
  switch (shape) {
    case Shape::kPoint:
      return "POINT ";
    case Shape::kLineString:
      return "LINESTRING ";
    case Shape::kPolygon:
      return "POLYGON ";
    case Shape::kMultiPoint:
      return "MULTIPOINT ";
    case Shape::kMultiLineString:
      return "MULTILINESTRING ";
    case Shape::kMultiPolygon:
      return "MULTIPOLYGON ";
    case Shape::kCollection:
      return "GEOMETRYCOLLECTION ";
  }
  return "";
}

// From 2^53 on the library's fixed notation gives all digits of the double, not the shortest.
constexpr double kPlainMax = 9007199254740992.0;

void AppendNumber(double value, std::string* out) {
  char buffer[400];
  if (std::abs(value) < kPlainMax || !std::isfinite(value)) {
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
    out->append(buffer, end);
    return;
  }
  // d.ddde+xx: the digits, then as many zeros as the exponent is ahead of them.
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const size_t e = text.find('e');
  size_t digits = 0;
  for (const char c : text.substr(0, e)) {
    if (c == '.') continue;
    out->push_back(c);
    if (c != '-') ++digits;
  }
  const auto exponent = static_cast<size_t>(std::atoi(std::string(text.substr(e + 1)).c_str()));
  out->append(exponent + 1 - digits, '0');
}

class WktWriter {
 public:
  WktWriter(std::string_view wkb, std::string* out) : reader_(wkb), out_(out) {}

  Status Write() {
    TRY(Geometry(0));
    return reader_.done() ? Status() : Damaged();
  }

 private:
  static Status Damaged() { return Status(Code::kCorruption, "malformed geometry"); }

  Status Geometry(int depth) {
    if (depth > kNestingMax) return Damaged();
    const WkbHeader header = TRY(reader_.Header());
    out_->append(NameOf(header.shape));
    if (header.has_z) out_->append("Z");
    if (header.has_m) out_->append("M");
    if (header.has_z || header.has_m) out_->append(" ");
    return Body(header, depth);
  }

  Status Body(const WkbHeader& header, int depth) {
    switch (header.shape) {
      case Shape::kPoint: {
        std::string point;
        if (!TRY(Point(header.stride(), &point))) return Empty();
        out_->append("(").append(point).append(")");
        return {};
      }
      case Shape::kLineString:
        return Points(header.stride());
      case Shape::kPolygon:
        return List(sizeof(uint32_t), [&] { return Points(header.stride()); });
      case Shape::kMultiPoint:
        return List(kPartBytes, [&]() -> Status {
          const WkbHeader part = TRY(reader_.Header());
          if (part.shape != Shape::kPoint) return Damaged();
          if (!TRY(Point(part.stride(), out_))) return Empty();
          return {};
        });
      case Shape::kMultiLineString:
      case Shape::kMultiPolygon: {
        const Shape expected =
            header.shape == Shape::kMultiLineString ? Shape::kLineString : Shape::kPolygon;
        return List(kPartBytes, [&]() -> Status {
          const WkbHeader part = TRY(reader_.Header());
          return part.shape == expected ? Body(part, depth) : Damaged();
        });
      }
      case Shape::kCollection:
        return List(kPartBytes, [&] { return Geometry(depth + 1); });
    }
    return Damaged();
  }

  Status Empty() {
    out_->append("EMPTY");
    return {};
  }

  template <typename Item>
  Status List(size_t least, Item item) {
    const uint32_t count = TRY(reader_.Count(least));
    if (count == 0) return Empty();
    out_->push_back('(');
    for (uint32_t i = 0; i < count; ++i) {
      if (i > 0) out_->append(", ");
      TRY(item());
    }
    out_->push_back(')');
    return {};
  }

  Status Points(size_t stride) {
    return List(stride * sizeof(double), [&]() -> Status {
      TRY(Point(stride, out_));
      return {};
    });
  }

  // False, with nothing appended, for a point without coordinates.
  Result<bool> Point(size_t stride, std::string* out) {
    const char* doubles = TRY(reader_.Doubles(stride));
    double values[4];
    std::memcpy(values, doubles, stride * sizeof(double));
    if (std::isnan(values[0]) || std::isnan(values[1])) return false;
    for (size_t i = 0; i < stride; ++i) {
      if (i > 0) out->push_back(' ');
      AppendNumber(values[i], out);
    }
    return true;
  }

  static constexpr size_t kPartBytes = 5;
  WkbReader reader_;
  std::string* out_;
};

}  // namespace

Result<std::string> WkbToWkt(std::string_view wkb) {
  std::string text;
  TRY(WktWriter(wkb, &text).Write());
  return text;
}

}  // namespace elanus::geo
