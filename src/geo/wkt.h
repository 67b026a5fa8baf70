// Well-known text, the form in which geometries come and go: "POINT (1 2)",
// "POLYGON ((0 0, 4 0, 4 4, 0 0))", "LINESTRING Z (0 0 1, 1 1 2)", "MULTIPOINT EMPTY".
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace elanus::geo {

// Checks the text and encodes it (geo/wkb.h). Keywords in any case; coordinates are finite; lines
// have two points or more, rings four or more and are closed; all parts have the same dimensions.
// What is wrong is kParameterInvalid: "syntax error: <what> at line 1, pos 7".
Result<std::string> WktToWkb(std::string_view wkt);

// As Milvus writes it: upper case, ", " between points, the shortest digits that give the same
// double, never with an exponent. kCorruption for what is no whole geometry.
Result<std::string> WkbToWkt(std::string_view wkb);

}  // namespace elanus::geo
