// GEOS, loaded when it is first needed: Debian has no archive of it to link, and only spatial tests
// need it.
#pragma once

#include <geos_c.h>

#include "base/status.h"

namespace elanus::geo {

// geos.Equals_r(...) is GEOSEquals_r(...).
struct GeosFunctions {
#define ELANUS_GEOS(name, function) decltype(&function) name = nullptr;
#include "geo/geos_functions.inc"
#undef ELANUS_GEOS
};

// Thread-safe. kUnimplemented, saying what to install, where the library is not there.
Result<const GeosFunctions*> LoadGeos();

}  // namespace elanus::geo
