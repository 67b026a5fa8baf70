#include "index/distance_bytes.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/status.h"

namespace elanus::index {
namespace {

// More than what summing up to 32,768 floats in at least 16 sums loses.
constexpr float kUp = 1.0001f;
constexpr float kLeast = 2e-5f;

}  // namespace

ByteScale ToBytes(const float* v, size_t dim, bool lengths, int8_t* codes) {
  ByteScale out;
  float lost2;
  float length2;
  out.scale = simd::GetTiles().encode(v, dim, codes, &lost2, &length2);
  if (!lengths) return out;
  out.length = kUp * std::sqrt(length2);
  out.lost = kUp * std::sqrt(lost2) + kLeast * out.length;
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
  thread_local std::vector<int8_t> codes;
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
