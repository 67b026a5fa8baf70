#include "index/flat_batch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "index/distance_bytes.h"
#include "index/flat.h"
#include "simd/fastscan.h"
#include "simd/tiles.h"

namespace elanus::index {
namespace {

constexpr size_t kBlockRows = kScanBlock;  // whole panels, whole masks of 32
constexpr size_t kGroup = 16;              // queries compared with a block at once
constexpr size_t kMeanRows = 1024;
constexpr float kDown = 0.99999f;  // squares lose more than floats can
// Longer vectors' squares come near to what a float holds: they are always compared exactly.
constexpr float kLongest = 1e18f;

// Rows and queries as the products see them: COSINE normalised, the mean taken off, so that what
// all rows have in common costs no precision.
class Space {
 public:
  explicit Space(const RowDistance& exact)
      : exact_(exact), dim_(static_cast<size_t>(exact.vectors().dim)), mean_(dim_), row_(dim_) {
    const size_t rows = exact.vectors().rows;
    const size_t step = std::max<size_t>(1, rows / kMeanRows);
    size_t count = 0;
    for (size_t r = 0; r < rows; r += step) {
      if (exact.vectors().valid != nullptr && exact.vectors().valid[r] == 0) continue;
      ++count;
      Read(r, row_.data());
      for (size_t d = 0; d < dim_; ++d) mean_[d] += row_[d];
    }
    for (float& m : mean_) m /= static_cast<float>(std::max<size_t>(1, count));
  }

  const float* Row(size_t row) {
    Read(row, row_.data());
    for (size_t d = 0; d < dim_; ++d) row_[d] -= mean_[d];
    return row_.data();
  }

  // The query around the mean for L2, as it is for products; what every distance starts from.
  float Query(const RowDistance::Query& query, const std::byte* raw,
              std::vector<float>* out) const {
    out->resize(dim_);
    ToFloats(exact_.vectors().type, raw, dim_, out->data());
    if (exact_.metric() == Metric::kL2) {
      for (size_t d = 0; d < dim_; ++d) (*out)[d] -= mean_[d];
      return kDown * simd::Get().f32_ip.row(out->data(), out->data(), dim_);
    }
    if (exact_.metric() == Metric::kCosine) {
      for (float& v : *out) v *= -query.scale;  // 1/|q|
    }
    return -simd::Get().f32_ip.row(out->data(), mean_.data(), dim_) -
           (1 - kDown) * std::sqrt(simd::Get().f32_ip.row(out->data(), out->data(), dim_) *
                                   simd::Get().f32_ip.row(mean_.data(), mean_.data(), dim_));
  }

 private:
  void Read(size_t row, float* out) const {
    ReadFloats(exact_.vectors(), row, out);
    if (exact_.metric() != Metric::kCosine) return;
    const float scale = exact_.vectors().inverse_norms[row];
    for (size_t d = 0; d < dim_; ++d) out[d] *= scale;
  }

  const RowDistance& exact_;
  size_t dim_;
  std::vector<float> mean_, row_;
};

class Batch {
 public:
  Batch(const RowDistance& exact, const Queries& queries, BatchOffers* offers)
      : exact_(exact),
        offers_(offers),
        space_(exact),
        dim_(static_cast<size_t>(exact.vectors().dim)),
        slope_(exact.metric() == Metric::kL2 ? -2.0f : -1.0f),
        prepared_(queries.count),
        bytes_(queries.count, dim_, true),
        bases_(queries.count),
        block_(kBlockRows, dim_, true),
        add_(kBlockRows),
        near_(kBlockRows),
        products_(kGroup * kBlockRows) {
    std::vector<float> v;
    for (size_t q = 0; q < queries.count; ++q) {
      exact.Prepare(queries.Row(q), &prepared_[q]);
      bases_[q] = space_.Query(prepared_[q], queries.Row(q), &v);
      bytes_.Put(q, v.data());
    }
  }

  // Rows ids[0..n), or [first, first + n) when ids is null; n <= kBlockRows.
  void Scan(const uint32_t* ids, size_t first, size_t n) {
    const auto row_at = [&](size_t i) {
      return ids != nullptr ? ids[i] : static_cast<uint32_t>(first + i);
    };
    bool wild = false;
    for (size_t i = 0; i < n; ++i) {
      block_.Put(i, space_.Row(row_at(i)));
      const float length = block_.lengths()[i];
      add_[i] = exact_.metric() == Metric::kL2 ? kDown * kDown * length * length : 0;
      near_[i] = length + block_.lost()[i];
      wild |= !(length < kLongest);
    }
    const size_t masks = (n + simd::kFastRows - 1) / simd::kFastRows;
    const size_t rows = masks * simd::kFastRows;
    const simd::Tiles& tiles = simd::GetTiles();
    float lowers[kBlockRows];
    uint32_t below[kBlockRows / simd::kFastRows];
    uint32_t passing[kBlockRows];
    float distances[kBlockRows];
    for (size_t q = 0; q < bytes_.count(); q += kGroup) {
      const size_t group = std::min(kGroup, bytes_.count() - q);
      tiles.products(bytes_.codes(q), group, block_.panel(0), rows / simd::kPanelRows, dim_,
                     products_.data());
      for (size_t i = 0; i < group; ++i) {
        const size_t query = q + i;
        const float bound = offers_->Bound(query);
        tiles.lowers(products_.data() + i * rows, rows,
                     {add_.data(), block_.scales().data(), block_.lost().data(), near_.data()},
                     {bases_[query], slope_, bytes_.scales()[query], bytes_.lost()[query],
                      bytes_.lengths()[query], bytes_.offsets()[query]},
                     lowers);
        if (wild || !(bytes_.lengths()[query] < kLongest))
          std::fill_n(lowers, rows, -std::numeric_limits<float>::infinity());
        simd::GetFastScan().below_f32(
            lowers, masks, std::nextafter(bound, std::numeric_limits<float>::infinity()), below);
        size_t count = 0;
        for (size_t m = 0; m < masks; ++m) {
          for (uint32_t bits = below[m]; bits != 0; bits &= bits - 1) {
            const size_t at = m * simd::kFastRows + static_cast<size_t>(std::countr_zero(bits));
            if (at < n) passing[count++] = row_at(at);
          }
        }
        if (count == 0) continue;
        exact_.Rows(prepared_[query], passing, 0, count, distances);
        for (size_t j = 0; j < count; ++j) offers_->Offer(query, distances[j], passing[j]);
      }
    }
  }

 private:
  const RowDistance& exact_;
  BatchOffers* offers_;
  Space space_;
  size_t dim_;
  float slope_;
  std::vector<RowDistance::Query> prepared_;
  ByteQueries bytes_;
  std::vector<float> bases_;
  BytePanels block_;
  std::vector<float> add_, near_;
  std::vector<int32_t> products_;
};

}  // namespace

Status ScanBatch(const Context& context, const RowDistance& exact, const Queries& queries,
                 const RowMask& allowed, BatchOffers* offers) {
  Batch batch(exact, queries, offers);
  const VectorView& vectors = exact.vectors();
  for (size_t begin = 0; begin < vectors.rows; begin += kBlockRows) {
    TRY(context.Check());
    ForAllowed(vectors, allowed, begin, std::min(vectors.rows, begin + kBlockRows),
               [&](const uint32_t* ids, size_t first, size_t n) { batch.Scan(ids, first, n); });
  }
  return {};
}

}  // namespace elanus::index
