// Any text must be refused or come back as what gives the same bytes; any bytes must read without
// leaving them.
#include <cstddef>
#include <cstdint>

#include "geo/wkb.h"
#include "geo/wkt.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace elanus;       // NOLINT(google-build-using-namespace)
  using namespace elanus::geo;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)WkbToWkt(text).ok();
  (void)EnvelopeOf(text).ok();
  const Result<std::string> wkb = WktToWkb(text);
  if (!wkb.ok()) return 0;
  const Result<std::string> again = WkbToWkt(*wkb);
  CHECK(again.ok() && EnvelopeOf(*wkb).ok());
  const Result<std::string> bytes = WktToWkb(*again);
  CHECK(bytes.ok() && *bytes == *wkb);
  return 0;
}
