#include "simd/estimate.h"

#include "simd/estimate_levels.h"
#include "simd/kernels.h"

namespace elanus::simd {
namespace {

#include "simd/estimate.inc"

constexpr Estimates kPortable = {&Estimate<uint16_t>, &Estimate<uint32_t>};

}  // namespace

const Estimates* FindEstimates(std::string_view level) {
  if (Find(level) == nullptr) return nullptr;
#if defined(__x86_64__)
  if (level == "avx2") return &Avx2Estimates();
  if (level == "avx512" || level == "avx512vnni") return &Avx512Estimates();
#endif
  return &kPortable;
}

const Estimates& GetEstimates() {
  static const Estimates& best = *FindEstimates(Get().level);
  return best;
}

}  // namespace elanus::simd
