#include "index/distance_bytes.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/status.h"
#include "simd/kernels.h"

namespace elanus::index {
namespace {

constexpr float kUp = 1.00001f;  // more than what summing in floats can lose

struct Buffer {
  std::vector<int8_t> codes;
  std::vector<float> decoded;
};
Buffer& ThreadBuffer() {
  thread_local Buffer buffer;
  return buffer;
}

}  // namespace

ByteScale ToBytes(const float* v, size_t dim, bool lengths, int8_t* codes) {
  const simd::Tiles& tiles = simd::GetTiles();
  ByteScale out;
  const float largest = tiles.max_abs(v, dim);
  const float inverse = 127.0f / largest;
  if (largest > 0 && std::isfinite(inverse)) {
    tiles.round(v, inverse, dim, codes);
    out.scale = largest / 127.0f;
  } else {
    std::fill_n(codes, dim, int8_t{0});
  }
  if (!lengths) return out;
  const simd::Kernels& k = simd::Get();
  std::vector<float>& decoded = ThreadBuffer().decoded;
  decoded.resize(dim);
  k.i8_to_f32(codes, decoded.data(), dim);
  for (size_t d = 0; d < dim; ++d) decoded[d] *= out.scale;
  out.length = kUp * std::sqrt(k.f32_ip.row(v, v, dim));
  out.lost = kUp * std::sqrt(k.f32_l2.row(v, decoded.data(), dim)) + 1e-6f * out.length;
  return out;
}

BytePanels::BytePanels(size_t rows, size_t dim, bool lengths)
    : rows_(rows),
      panels_((rows + simd::kPanelRows - 1) / simd::kPanelRows),
      dim_(dim),
      bytes_(panels_ * simd::PanelBytes(dim)),
      scales_(panels_ * simd::kPanelRows),
      lost_(lengths ? scales_.size() : 0),
      length_(lost_.size()) {}

void BytePanels::Put(size_t at, const float* v) {
  CHECK(at < rows_);
  std::vector<int8_t>& codes = ThreadBuffer().codes;
  codes.resize(dim_);
  const ByteScale s = ToBytes(v, dim_, !lost_.empty(), codes.data());
  simd::PutInPanel(codes.data(), dim_, at % simd::kPanelRows,
                   bytes_.data() + at / simd::kPanelRows * simd::PanelBytes(dim_));
  scales_[at] = s.scale;
  if (lost_.empty()) return;
  lost_[at] = s.lost;
  length_[at] = s.length;
}

void BytePanels::PutCodes(size_t at, const int8_t* codes, float scale) {
  CHECK(at < rows_ && lost_.empty());
  simd::PutInPanel(codes, dim_, at % simd::kPanelRows,
                   bytes_.data() + at / simd::kPanelRows * simd::PanelBytes(dim_));
  scales_[at] = scale;
}

ByteQueries::ByteQueries(size_t count, size_t dim, bool lengths)
    : dim_(dim),
      codes_(count * simd::TileDim(dim)),
      scales_(count),
      lost_(lengths ? count : 0),
      length_(lost_.size()),
      offsets_(count) {}

void ByteQueries::Copy(const ByteQueries& from, size_t query, size_t at) {
  std::memcpy(codes_.data() + at * simd::TileDim(dim_), from.codes(query), simd::TileDim(dim_));
  scales_[at] = from.scales_[query];
  offsets_[at] = from.offsets_[query];
  if (lost_.empty()) return;
  lost_[at] = from.lost_[query];
  length_[at] = from.length_[query];
}

void ByteQueries::Put(size_t at, const float* v) {
  int8_t* codes = codes_.data() + at * simd::TileDim(dim_);
  const ByteScale s = ToBytes(v, dim_, !lost_.empty(), codes);
  scales_[at] = s.scale;
  int32_t sum = 0;
  for (size_t d = 0; d < dim_; ++d) sum += codes[d];
  offsets_[at] = 128 * sum;
  if (lost_.empty()) return;
  lost_[at] = s.lost;
  length_[at] = s.length;
}

}  // namespace elanus::index
