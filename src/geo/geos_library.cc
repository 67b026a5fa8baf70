#include "geo/geos_library.h"

#include <string>

#include <dlfcn.h>

namespace elanus::geo {
namespace {

constexpr const char* kLibrary = "libgeos_c.so.1";

struct Loaded {
  GeosFunctions functions;
  std::string problem;

  Loaded() {
    void* library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      problem = dlerror();
      return;
    }
#define ELANUS_GEOS(name, function)                                                       \
  functions.name = reinterpret_cast<decltype(functions.name)>(dlsym(library, #function)); \
  if (functions.name == nullptr) problem = std::string(kLibrary) + " lacks " #function;
#include "geo/geos_functions.inc"
#undef ELANUS_GEOS
  }
};

}  // namespace

Result<const GeosFunctions*> LoadGeos() {
  static const Loaded kLoaded;
  if (kLoaded.problem.empty()) return &kLoaded.functions;
  return Fail(Code::kUnimplemented,
              "spatial functions need GEOS (Debian's libgeos-c1v5): " + kLoaded.problem);
}

}  // namespace elanus::geo
