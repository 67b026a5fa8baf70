#include "simd/kernels.h"

#include <cstdlib>

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "simd/levels.h"

namespace elanus::simd {
namespace {

const Kernels* Best() {
  if (const char* name = std::getenv("ELANUS_SIMD"); name != nullptr) {
    if (const Kernels* asked = Find(name); asked != nullptr) return asked;
  }
  for (const char* name : {"avx512vnni", "avx512", "avx2", "neondot", "neon"}) {
    if (const Kernels* found = Find(name); found != nullptr) return found;
  }
  return &PortableKernels();
}

}  // namespace

const Kernels* Find(std::string_view level) {
  if (level == "portable") return &PortableKernels();
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("f16c") && __builtin_cpu_supports("popcnt");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq");
  const bool vnni =
      avx512 && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vpopcntdq");
  if (level == "avx2" && avx2) return &Avx2Kernels();
  if (level == "avx512" && avx512) return &Avx512Kernels();
  if (level == "avx512vnni" && vnni) return &Avx512VnniKernels();
#endif
#if defined(__aarch64__)
  if (level == "neon") return &NeonKernels();
  if (level == "neondot" && (::getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0) return &NeonDotKernels();
#endif
  return nullptr;
}

const Kernels& Get() {
  static const Kernels& best = *Best();
  return best;
}

}  // namespace elanus::simd
