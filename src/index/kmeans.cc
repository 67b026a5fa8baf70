#include "index/kmeans.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/hash.h"
#include "index/distance.h"
#include "simd/kernels.h"

namespace elanus::index {
namespace {

constexpr int kRounds = 6;
constexpr size_t kSamplePerCentre = 64;
constexpr size_t kGrain = 256;

// Rows as the clustering sees them: floats (normalised for COSINE), or bits.
class Points {
 public:
  Points(const VectorView& vectors, Metric metric)
      : vectors_(vectors),
        cosine_(metric == Metric::kCosine),
        dim_(static_cast<size_t>(vectors.dim)) {}

  bool binary() const { return vectors_.type == DataType::kBinaryVector; }
  size_t dim() const { return dim_; }
  size_t bytes() const { return dim_ / 8; }
  const std::byte* Bits(size_t row) const { return vectors_.Row(row); }
  void Floats(size_t row, float* out) const {
    ReadFloats(vectors_, row, out);
    if (!cosine_) return;
    const float square = simd::Get().f32_ip.row(out, out, dim_);
    const float scale = square > 0 ? 1.0f / std::sqrt(square) : 0.0f;
    for (size_t i = 0; i < dim_; ++i) out[i] *= scale;
  }

 private:
  const VectorView& vectors_;
  bool cosine_;
  size_t dim_;
};

struct Nearest {
  uint32_t centre = 0;
  float distance = std::numeric_limits<float>::max();
};

// Finds nearest centres; the norms of float centres are kept so that a comparison is one inner
// product.
class Matcher {
 public:
  explicit Matcher(const Centres& centres) : centres_(centres) {
    for (size_t c = 0; c < centres.count && !centres.floats.empty(); ++c) {
      const float* v = centres.floats.data() + c * centres.dim;
      half_norms_.push_back(simd::Get().f32_ip.row(v, v, centres.dim) / 2);
    }
  }
  // `distance` is relative: it orders the centres of one point.
  Nearest Match(const void* point, std::vector<float>* scratch) const {
    scratch->resize(centres_.count);
    float* out = scratch->data();
    if (half_norms_.empty()) {
      const size_t bytes = centres_.dim / 8;
      simd::Get().hamming.rows(point, centres_.bits.data(), bytes, nullptr, centres_.count, bytes,
                               out);
    } else {
      simd::Get().f32_ip.rows(point, centres_.floats.data(), centres_.dim * sizeof(float), nullptr,
                              centres_.count, centres_.dim, out);
      for (size_t c = 0; c < centres_.count; ++c) out[c] = half_norms_[c] - out[c];
    }
    Nearest best;
    for (uint32_t c = 0; c < centres_.count; ++c) {
      if (out[c] < best.distance) best = {c, out[c]};
    }
    return best;
  }

 private:
  const Centres& centres_;
  std::vector<float> half_norms_;
};

std::vector<uint32_t> Sample(const VectorView& vectors, size_t most) {
  std::vector<uint32_t> rows;
  for (uint32_t r = 0; r < vectors.rows; ++r) {
    if (vectors.valid == nullptr || vectors.valid[r] != 0) rows.push_back(r);
  }
  // In hash order: a fixed shuffle.
  const auto by_hash = [](uint32_t a, uint32_t b) { return HashInt(a) < HashInt(b); };
  if (rows.size() > most) {
    std::nth_element(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(most), rows.end(),
                     by_hash);
    rows.resize(most);
  }
  std::sort(rows.begin(), rows.end(), by_hash);
  return rows;
}

// Sets each centre to the mean (or majority) of its members. Empty ones take the place of a random
// member of the largest, which then shares its members in the next round.
void Recentre(const Points& points, const std::vector<uint32_t>& sample,
              const std::vector<uint32_t>& owner, Centres* centres) {
  std::vector<size_t> sizes(centres->count);
  for (const uint32_t c : owner) ++sizes[c];
  const size_t dim = points.dim();
  std::vector<float> sums(centres->count * dim);
  std::vector<float> v(dim);
  for (size_t i = 0; i < sample.size(); ++i) {
    float* sum = sums.data() + owner[i] * dim;
    if (points.binary()) {
      const std::byte* bits = points.Bits(sample[i]);
      for (size_t d = 0; d < dim; ++d) sum[d] += std::to_integer<int>(bits[d / 8] >> (d % 8)) & 1;
    } else {
      points.Floats(sample[i], v.data());
      for (size_t d = 0; d < dim; ++d) sum[d] += v[d];
    }
  }
  for (size_t c = 0; c < centres->count; ++c) {
    const float* sum = sums.data() + c * dim;
    if (sizes[c] == 0) {
      const auto largest =
          static_cast<uint32_t>(std::max_element(sizes.begin(), sizes.end()) - sizes.begin());
      size_t at = HashInt(c) % sample.size();
      while (owner[at] != largest) at = (at + 1) % sample.size();
      sizes[largest] /= 2;
      if (points.binary()) {
        std::memcpy(centres->bits.data() + c * points.bytes(), points.Bits(sample[at]),
                    points.bytes());
      } else {
        points.Floats(sample[at], centres->floats.data() + c * dim);
      }
    } else if (points.binary()) {
      uint8_t* bits = centres->bits.data() + c * points.bytes();
      std::memset(bits, 0, points.bytes());
      for (size_t d = 0; d < dim; ++d) {
        if (2 * sum[d] > static_cast<float>(sizes[c]))
          bits[d / 8] = static_cast<uint8_t>(bits[d / 8] | 1u << (d % 8));
      }
    } else {
      const float scale = 1.0f / static_cast<float>(sizes[c]);
      float* out = centres->floats.data() + c * dim;
      for (size_t d = 0; d < dim; ++d) out[d] = sum[d] * scale;
    }
  }
}

Status AssignList(const Context& context, const Points& points, const std::vector<uint32_t>* rows,
                  size_t n, const uint8_t* valid, const Centres& centres, Workers* workers,
                  std::vector<uint32_t>* out) {
  out->assign(n, kNoCentre);
  const Matcher matcher(centres);
  std::atomic<bool> stopped{false};
  workers->For(n, kGrain, [&](size_t begin, size_t end, int) {
    if (stopped.load(std::memory_order_relaxed) || !context.Check().ok()) {
      stopped.store(true, std::memory_order_relaxed);
      return;
    }
    std::vector<float> v(points.dim());
    std::vector<float> scratch;
    for (size_t i = begin; i < end; ++i) {
      const size_t row = rows != nullptr ? (*rows)[i] : i;
      if (valid != nullptr && valid[row] == 0) continue;
      const void* point = v.data();
      if (points.binary()) {
        point = points.Bits(row);
      } else {
        points.Floats(row, v.data());
      }
      (*out)[i] = matcher.Match(point, &scratch).centre;
    }
  });
  return context.Check();
}

}  // namespace

Result<Centres> FindCentres(const Context& context, const VectorView& vectors, Metric metric,
                            size_t count, Workers* workers) {
  const Points points(vectors, metric);
  const std::vector<uint32_t> sample =
      Sample(vectors, std::max<size_t>(count * kSamplePerCentre, 1024));
  Centres centres;
  centres.dim = points.dim();
  centres.count = std::min(count, sample.size());
  if (points.binary()) {
    centres.bits.resize(centres.count * points.bytes());
  } else {
    centres.floats.resize(centres.count * points.dim());
  }
  for (size_t c = 0; c < centres.count; ++c) {
    if (points.binary()) {
      std::memcpy(centres.bits.data() + c * points.bytes(), points.Bits(sample[c]), points.bytes());
    } else {
      points.Floats(sample[c], centres.floats.data() + c * points.dim());
    }
  }
  std::vector<uint32_t> owner;
  for (int round = 0; round < kRounds && centres.count > 1; ++round) {
    TRY(AssignList(context, points, &sample, sample.size(), nullptr, centres, workers, &owner));
    Recentre(points, sample, owner, &centres);
  }
  return centres;
}

Status AssignRows(const Context& context, const VectorView& vectors, Metric metric,
                  const Centres& centres, Workers* workers, std::vector<uint32_t>* out) {
  return AssignList(context, Points(vectors, metric), nullptr, vectors.rows, vectors.valid, centres,
                    workers, out);
}

}  // namespace elanus::index
