#include "index/bit_coder.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "index/distance.h"
#include "simd/bitcodes.h"
#include "simd/estimate.h"
#include "simd/kernels.h"

namespace elanus::index {
namespace {

constexpr uint64_t kSeed = 0x656c616e7573;
constexpr size_t kTileBlocks = 16;
constexpr size_t kTileRows = kTileBlocks * simd::kFastRows;
// Half a step of the best uniform quantiser of two bits for a normal variable of deviation 1 is
// 0.498: above twice that a coordinate is large.
constexpr float kLarge = 0.9957f;
constexpr float kSignDeviations = 3.0f;
constexpr float kDeviations = 2.6f;
// What rounding may do to a sum of floats, as a share of its terms.
constexpr float kRounding = 1e-5f;

float Dot(const float* a, const float* b, size_t n) { return simd::Get().f32_ip.row(a, b, n); }

// The deviation of an estimate of <r, q> over |q|, for a code whose cosine to r is `cosine`.
float ErrorOf(float norm, float cosine, size_t dim) {
  if (!(cosine > 0)) return norm;
  return norm * std::sqrt(std::max(0.0f, 1 / (cosine * cosine) - 1)) /
         std::sqrt(static_cast<float>(dim - 1));
}

}  // namespace

// A query against the codes: distance >= base + ... (simd::EstimateTerms), for the first bit and
// for both.
struct BitCoder::Probe {
  std::vector<uint8_t> lut;
  simd::EstimateTerms by_sign, by_both;
};

struct BitCoder::Bounds {
  uint32_t masks[kTileBlocks];  // a bit a row
  float estimates[kTileRows];   // of the rows in masks, and their lower bounds
  float lowers[kTileRows];
};

RowMean::RowMean(int64_t dim, Metric metric)
    : metric_(metric), sums_(static_cast<size_t>(dim)), row_(static_cast<size_t>(dim)) {}

void RowMean::Add(const VectorView& view, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (view.valid != nullptr && view.valid[i] == 0) continue;
    ReadFloats(view, i, row_.data());
    const float scale = metric_ == Metric::kCosine ? view.inverse_norms[i] : 1.0f;
    for (size_t d = 0; d < sums_.size(); ++d) sums_[d] += static_cast<double>(row_[d] * scale);
    ++count_;
  }
}

std::vector<float> RowMean::Take() const {
  std::vector<float> mean(sums_.size());
  for (size_t d = 0; d < mean.size(); ++d)
    mean[d] = count_ == 0 ? 0.0f : static_cast<float>(sums_[d] / static_cast<double>(count_));
  return mean;
}

bool BitCoder::Serves(DataType type, int64_t dim) {
  return dim >= 64 && (type == DataType::kFloatVector || type == DataType::kFloat16Vector ||
                       type == DataType::kBFloat16Vector);
}

BitCoder::BitCoder(int64_t dim, Metric metric)
    : dim_(static_cast<size_t>(dim)),
      padded_(simd::Rotation::PaddedDim(dim_)),
      codes_(padded_ / 4),
      metric_(metric),
      rotation_(dim_, kSeed) {}

bool BitCoder::SetCenter(const float* mean) {
  std::vector<float> center(padded_);
  rotation_.Apply(mean, center.data());
  return SetTurnedCenter(center.data());
}

bool BitCoder::SetTurnedCenter(const float* center) {
  center_.assign(center, center + padded_);
  center_norm_ = std::sqrt(Dot(center_.data(), center_.data(), padded_));
  return std::isfinite(center_norm_);
}

bool BitCoder::Encode(const VectorView& view, size_t first, size_t count, BitBlock* block) const {
  const simd::BitCodes& kernels = simd::GetBitCodes();
  const auto root = std::sqrt(static_cast<float>(padded_));
  const size_t bytes = padded_ / 8;
  std::vector<float> turned(padded_);
  std::vector<uint8_t> signs(kBitBlockRows * bytes), seconds(kBitBlockRows * bytes);
  for (size_t i = 0; i < kBitBlockRows; ++i) {
    const size_t row = first + std::min(i, count - 1);
    const float* values = turned.data();
    if (view.type == DataType::kFloatVector) {
      values = reinterpret_cast<const float*>(view.Row(row));
    } else {
      ReadFloats(view, row, turned.data());
    }
    rotation_.Apply(values, turned.data());
    const float scale = metric_ == Metric::kCosine ? view.inverse_norms[row] : 1.0f;
    const float square = kernels.subtract(turned.data(), scale, center_.data(), padded_);
    const float norm = std::sqrt(square);
    const simd::BitSums sums = kernels.encode(turned.data(), padded_, kLarge * norm / root,
                                              signs.data() + i * bytes, seconds.data() + i * bytes);
    if (!std::isfinite(square * static_cast<float>(padded_))) return false;
    // The codes 2 s + t, and s alone, against r.
    const float both = sums.all + 2 * sums.large;
    const float both_norm =
        std::sqrt(static_cast<float>(padded_) + 8 * static_cast<float>(sums.count));
    const bool none = !(square > 0) || !(sums.all > 0);
    block->squares[i] = square;
    block->sign_scales[i] = none ? 0 : square / sums.all;
    block->sign_errors[i] = none ? 0 : ErrorOf(norm, sums.all / (norm * root), padded_);
    block->scales[i] = none ? 0 : square / both;
    block->errors[i] = none ? 0 : ErrorOf(norm, both / (norm * both_norm), padded_);
  }
  block->signs.resize(plane_bytes());
  block->seconds.resize(plane_bytes());
  simd::FastPackNibbles(signs.data(), bytes, codes_, block->signs.data());
  simd::FastPackNibbles(seconds.data(), bytes, codes_, block->seconds.data());
  return true;
}

bool BitCoder::MakeProbe(const float* query, float care, Probe* probe) const {
  std::vector<float> rotated(padded_);
  rotation_.Apply(query, rotated.data());
  float scale = 1;
  if (metric_ == Metric::kCosine) {
    const float length = std::sqrt(Dot(rotated.data(), rotated.data(), padded_));
    if (!(length > 0)) return false;
    scale = 1 / length;
    for (float& v : rotated) v *= scale;
  }
  float base = 0;
  if (metric_ == Metric::kL2) {
    base = simd::GetBitCodes().subtract(rotated.data(), 1, center_.data(), padded_);
  } else {
    base = -Dot(rotated.data(), center_.data(), padded_);
  }
  const float norm = std::sqrt(Dot(rotated.data(), rotated.data(), padded_));
  if (!std::isfinite(norm * norm * static_cast<float>(padded_)) || !(norm > 0) ||
      !std::isfinite(base)) {
    return false;
  }
  probe->lut.resize(simd::FastBlockBytes(codes_));
  const simd::FastScale sums = simd::GetFastScan().signs(rotated.data(), codes_, probe->lut.data());
  simd::EstimateTerms terms{};
  float weight = 1;
  if (metric_ == Metric::kL2) {  // |q - c|^2 + |r|^2 - 2 <r, q - c>
    terms.base = base * (1 - kRounding);
    terms.add = 1 - kRounding;
    weight = 2;
  } else {  // - <c, q> - <r, q>
    terms.base = base - kRounding * center_norm_ * norm;
  }
  terms.slope = -weight * sums.scale;
  probe->by_sign = probe->by_both = terms;
  probe->by_sign.shift = -weight * sums.bias;
  probe->by_sign.slack = care * weight * kSignDeviations * norm;
  probe->by_both.shift = -weight * 3 * sums.bias;  // of 2 s + t
  probe->by_both.slack = care * weight * kDeviations * norm;
  return true;
}

namespace {

template <typename Sum>
void Sums(const uint8_t* lut, const uint8_t* codes, size_t m, size_t blocks, Sum* out) {
  if constexpr (sizeof(Sum) == 2) {
    simd::GetFastScan().sums16(&lut, 1, codes, m, blocks, out);
  } else {
    simd::GetFastScan().sums32(lut, codes, m, blocks, out);
  }
}

// The planes and factors of a tile.
template <typename Sum>
struct Tile {
  const uint8_t* signs;
  const uint8_t* seconds;
  simd::EstimateFactors by_sign, by_both;

  Sum sums[kTileRows];
  Sum more[kTileRows];
  uint32_t both[kTileRows];

  void Scan(const uint8_t* lut, size_t m, const simd::EstimateTerms& sign_terms,
            const simd::EstimateTerms& both_terms, size_t blocks, float bound, uint32_t* masks,
            float* estimates, float* lowers) {
    const simd::Estimates& kernels = simd::GetEstimates();
    Sums(lut, signs, m, blocks, sums);
    const size_t rows = blocks * simd::kFastRows;
    if constexpr (sizeof(Sum) == 2) {
      kernels.from16(sign_terms, sums, by_sign, rows, estimates, lowers);
    } else {
      kernels.from32(sign_terms, sums, by_sign, rows, estimates, lowers);
    }
    simd::GetFastScan().below_f32(lowers, blocks, bound, masks);
    for (size_t begin = 0; begin < blocks;) {
      if (masks[begin] == 0) {
        ++begin;
        continue;
      }
      size_t end = begin + 1;
      while (end < blocks && masks[end] != 0) ++end;
      const size_t first = begin * simd::kFastRows;
      ScanBoth(lut, m, both_terms, begin, end - begin, bound, masks + begin, estimates + first,
               lowers + first);
      begin = end;
    }
  }

 private:
  void ScanBoth(const uint8_t* lut, size_t m, const simd::EstimateTerms& terms, size_t block,
                size_t blocks, float bound, uint32_t* masks, float* estimates, float* lowers) {
    const size_t first = block * simd::kFastRows;
    Sums(lut, seconds + block * simd::FastBlockBytes(m), m, blocks, more);
    for (size_t b = 0; b < blocks; ++b) {
      const size_t at = b * simd::kFastRows;
      for (size_t i = 0; i < simd::kFastRows; ++i)
        both[at + i] = 2 * uint32_t{sums[first + at + i]} + more[at + i];
    }
    const simd::EstimateFactors factors{by_both.add + first, by_both.scale + first,
                                        by_both.error + first};
    simd::GetEstimates().from32(terms, both, factors, blocks * simd::kFastRows, estimates, lowers);
    uint32_t left[kTileBlocks];
    simd::GetFastScan().below_f32(lowers, blocks, bound, left);
    for (size_t b = 0; b < blocks; ++b) masks[b] &= left[b];
  }
};

// Exact comparisons of rows of one run, a few at a time.
class Comparer {
 public:
  Comparer(const BitRun& run, Metric metric, const RowDistance::Query& query, TopK* top)
      : begin_(static_cast<uint32_t>(run.begin)),
        exact_(run.vectors, metric),
        query_(query),
        top_(top) {}
  ~Comparer() { Compare(); }
  Comparer(const Comparer&) = delete;
  Comparer& operator=(const Comparer&) = delete;

  void Add(uint32_t row) {
    ids_[count_++] = row - begin_;
    if (count_ == kPiece) Compare();
  }

 private:
  // Each piece may lower the bound that the next has to pass.
  static constexpr size_t kPiece = 16;

  void Compare() {
    float distances[kPiece];
    exact_.Rows(query_, ids_, 0, count_, distances);
    for (size_t i = 0; i < count_; ++i) top_->Offer(distances[i], begin_ + ids_[i]);
    count_ = 0;
  }

  const uint32_t begin_;
  const RowDistance exact_;
  const RowDistance::Query& query_;
  TopK* const top_;
  uint32_t ids_[kPiece];
  size_t count_ = 0;
};

}  // namespace

void BitCoder::Scan(const Probe& probe, const BitPlanes& planes, size_t first, size_t blocks,
                    float bound, Bounds* found) const {
  const auto scan = [&](auto& tile) {
    const size_t row = first * kBitBlockRows;
    const float* squares = planes.squares + row;
    tile.signs = planes.signs + first * plane_bytes();
    tile.seconds = planes.seconds + first * plane_bytes();
    tile.by_sign = {squares, planes.sign_scales + row, planes.sign_errors + row};
    tile.by_both = {squares, planes.scales + row, planes.errors + row};
    tile.Scan(probe.lut.data(), codes_, probe.by_sign, probe.by_both, blocks, bound, found->masks,
              found->estimates, found->lowers);
  };
  if (codes_ <= simd::kFastNarrow) {
    Tile<uint16_t> tile;
    scan(tile);
  } else {
    Tile<uint32_t> tile;
    scan(tile);
  }
}

Result<bool> BitCoder::Search(const Context& context, const std::byte* query,
                              std::span<const BitRun> runs, const RowMask& allowed, float care,
                              TopK* top) const {
  if (runs.empty()) return true;
  std::vector<float> floats(dim_);
  ToFloats(runs.front().vectors.type, query, dim_, floats.data());
  Probe probe;
  if (!MakeProbe(floats.data(), care, &probe)) return false;
  RowDistance::Query prepared;
  RowDistance(runs.front().vectors, metric_).Prepare(query, &prepared);

  // A row whose estimate is among the nearest is compared at once, which lowers the bound; the
  // others wait until it is as low as it gets.
  struct Waiting {
    float lower;
    uint32_t row;
  };
  std::vector<Waiting> waiting;
  Bounds found;
  for (const BitRun& run : runs) {
    TRY(context.Check());
    Comparer comparer(run, metric_, prepared, top);
    const size_t blocks = (run.coded + kBitBlockRows - 1) / kBitBlockRows;
    for (size_t first = 0; first < blocks; first += kTileBlocks) {
      const size_t tile = std::min(kTileBlocks, blocks - first);
      Scan(probe, run.planes, first, tile, top->bound(), &found);
      for (size_t b = 0; b < tile; ++b) {
        for (uint32_t left = found.masks[b]; left != 0; left &= left - 1) {
          const size_t at = b * kBitBlockRows + static_cast<size_t>(std::countr_zero(left));
          const size_t i = first * kBitBlockRows + at;
          if (i >= run.coded) break;
          const auto row = static_cast<uint32_t>(run.begin + i);
          if (found.lowers[at] >= top->bound() || !allowed.Test(row)) continue;
          if (run.vectors.valid != nullptr && run.vectors.valid[i] == 0) continue;
          if (found.estimates[at] < top->bound()) {
            comparer.Add(row);
          } else {
            waiting.push_back({found.lowers[at], row});
          }
        }
      }
    }
  }
  auto next = waiting.begin();
  for (const BitRun& run : runs) {
    Comparer comparer(run, metric_, prepared, top);
    for (; next != waiting.end() && next->row < run.begin + run.coded; ++next) {
      if (next->lower < top->bound()) comparer.Add(next->row);
    }
  }
  return true;
}

}  // namespace elanus::index
