#include "simd/tiles.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "simd/kernels.h"
#include "simd/tiles_levels.h"

namespace elanus::simd {
namespace {

#include "simd/tiles.inc"

void Products(const int8_t* queries, size_t count, const uint8_t* rows, size_t panels, size_t dim,
              int32_t* out) {
  const size_t padded = TileDim(dim);
  for (size_t q = 0; q < count; ++q) {
    for (size_t p = 0; p < panels; ++p, out += kPanelRows) {
      std::fill_n(out, kPanelRows, 0);
      const uint8_t* panel = rows + p * PanelBytes(dim);
      for (size_t d = 0; d < padded; d += 4) {
        const int8_t* x = queries + q * padded + d;
        for (size_t i = 0; i < kPanelRows; ++i) {
          const uint8_t* y = panel + d * kPanelRows + i * 4;
          out[i] += x[0] * y[0] + x[1] * y[1] + x[2] * y[2] + x[3] * y[3];
        }
      }
    }
  }
}

float MaxAbs(const float* v, size_t n) {
  float best = 0;
  for (size_t i = 0; i < n; ++i) best = std::max(best, std::abs(v[i]));
  return best;
}

void Round(const float* v, float by, size_t n, int8_t* out) {
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
  constexpr float kMagic = 12582912.0f;
  for (size_t i = 0; i < n; ++i) {
    const float product = v[i] * by;
    out[i] = static_cast<int8_t>((product + kMagic) - kMagic);
  }
}

float Encode(const float* v, size_t n, int8_t* codes, float* lost2, float* length2) {
  const float largest = MaxAbs(v, n);
  const bool some = largest > kTinyMagnitude;
  const float scale = some ? largest / 127.0f : 0.0f;
  Round(v, some ? 127.0f / largest : 0.0f, n, codes);
  SumSquares(v, scale, codes, n, lost2, length2);
  return scale;
}

constexpr Tiles kPortable = {"portable", &Products, &Nearest, &Lowers, &MaxAbs, &Round, &Encode};

}  // namespace

const Tiles* FindTiles(std::string_view level) {
  if (Find(level) == nullptr) return nullptr;
#if defined(__x86_64__)
  if (level == "avx2" || level == "avx512") return &Avx2Tiles();
  if (level == "avx512vnni") return &Avx512VnniTiles();
#endif
  return &kPortable;
}

const Tiles& GetTiles() {
  static const Tiles& best = *FindTiles(Get().level);
  return best;
}

void PutInPanel(const int8_t* row, size_t dim, size_t at, uint8_t* panel) {
  uint8_t* to = panel + at * 4;
  size_t d = 0;
  for (; d + 4 <= dim; d += 4) {
    uint32_t four;
    std::memcpy(&four, row + d, 4);
    four ^= 0x80808080u;  // + 128 each
    std::memcpy(to + d * kPanelRows, &four, 4);
  }
  for (; d < dim; ++d) to[(d / 4 * 4) * kPanelRows + d % 4] = static_cast<uint8_t>(row[d] ^ 0x80);
}

}  // namespace elanus::simd
