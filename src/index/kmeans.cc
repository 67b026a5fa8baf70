#include "index/kmeans.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>

#include "base/hash.h"
#include "index/array.h"
#include "index/distance.h"
#include "index/distance_bytes.h"
#include "simd/kernels.h"

namespace elanus::index {
namespace {

// Sampled rows a centre: a few rounds over few rows put the centres roughly in place, the rest
// settle them over many. In those a row is compared with the centres near its own only.
constexpr size_t kRoughSamples[] = {16, 16, 16, 32};
constexpr size_t kSample = 256;
constexpr size_t kSampleMin = 1024;
constexpr size_t kFineRounds = 10;
constexpr size_t kNear = 48;           // centres near a row's own, itself included
constexpr size_t kNearCentres = 8192;  // with more, every row is compared with every centre
constexpr double kLarge = 2.5,
                 kSmall = 0.1;  // times the mean size: small lists move into large ones
constexpr size_t kGrain = 96;   // rows of a block: three products of 32 rows each
constexpr size_t kGroup = 32;   // centres compared at once

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
    if (cosine_) Normalise(out, dim_);
  }

 private:
  const VectorView& vectors_;
  bool cosine_;
  size_t dim_;
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

// Centres as bytes around an origin, and the nearest of them to rows: nearest by
// |centre|^2 / 2 - row . centre, which orders as the distance does.
class Matcher {
 public:
  Matcher(const Centres& centres, const std::vector<float>& origin)
      : dim_(centres.dim), bytes_(centres.count, centres.dim, false), halves_(centres.count) {
    std::vector<float> v(centres.dim);
    for (size_t c = 0; c < centres.count; ++c) {
      for (size_t d = 0; d < centres.dim; ++d)
        v[d] = centres.floats[c * centres.dim + d] - origin[d];
      bytes_.Put(c, v.data());
      halves_[c] = simd::Get().f32_ip.row(v.data(), v.data(), centres.dim) / 2;
    }
  }

  // The nearest centre of each row of a block of at most kGrain.
  void Match(const BytePanels& rows, uint32_t* which) const {
    Match(rows, bytes_, halves_.data(), which);
  }

  // For each centre the `count` nearest, ascending by number.
  std::vector<std::vector<uint32_t>> Neighbours(const BytePanels& centres, size_t count,
                                                Workers* workers) const {
    std::vector<std::vector<uint32_t>> near(bytes_.count());
    workers->For(centres.panels(), 1, [&](size_t panel, size_t, int) {
      std::vector<int32_t> products(kGroup * simd::kPanelRows);
      std::vector<std::vector<std::pair<float, uint32_t>>> all(simd::kPanelRows);
      for (size_t c = 0; c < bytes_.count(); c += kGroup) {
        const size_t group = std::min(kGroup, bytes_.count() - c);
        simd::GetTiles().products(bytes_.codes(c), group, centres.panel(panel), 1, centres.dim(),
                                  products.data());
        for (size_t i = 0; i < simd::kPanelRows; ++i) {
          for (size_t q = 0; q < group; ++q) {
            const auto product =
                static_cast<float>(products[q * simd::kPanelRows + i] - bytes_.offsets()[c + q]);
            const float scale = centres.scales()[panel * simd::kPanelRows + i];
            all[i].emplace_back(halves_[c + q] - scale * bytes_.scales()[c + q] * product,
                                static_cast<uint32_t>(c + q));
          }
        }
      }
      for (size_t i = 0; i < simd::kPanelRows; ++i) {
        const size_t own = panel * simd::kPanelRows + i;
        if (own >= near.size()) break;
        all[i][own].first = -std::numeric_limits<float>::infinity();
        const size_t n = std::min(count, all[i].size());
        std::nth_element(all[i].begin(), all[i].begin() + static_cast<std::ptrdiff_t>(n - 1),
                         all[i].end());
        for (size_t j = 0; j < n; ++j) near[own].push_back(all[i][j].second);
        std::sort(near[own].begin(), near[own].end());
      }
    });
    return near;
  }

  // As Match, among `candidates` only.
  class Near {
   public:
    Near(const Matcher& all, const std::vector<uint32_t>& candidates)
        : candidates_(candidates),
          queries_(candidates.size(), all.dim_, false),
          halves_(candidates.size()) {
      for (size_t i = 0; i < candidates.size(); ++i) {
        queries_.Copy(all.bytes_, candidates[i], i);
        halves_[i] = all.halves_[candidates[i]];
      }
    }
    void Match(const BytePanels& rows, uint32_t* which) const {
      Matcher::Match(rows, queries_, halves_.data(), which);
      for (size_t i = 0; i < rows.rows(); ++i) which[i] = candidates_[which[i]];
    }

   private:
    const std::vector<uint32_t>& candidates_;
    ByteQueries queries_;
    std::vector<float> halves_;
  };

 private:
  static void Match(const BytePanels& rows, const ByteQueries& queries, const float* halves,
                    uint32_t* which) {
    const simd::Tiles& tiles = simd::GetTiles();
    const size_t n = rows.panels() * simd::kPanelRows;
    CHECK(n <= kGrain);
    int32_t products[kGrain * kGroup];
    float best[kGrain];
    float inverses[kGrain];
    uint32_t found[kGrain] = {};
    for (size_t i = 0; i < n; ++i) {
      best[i] = std::numeric_limits<float>::max();
      inverses[i] = rows.scales()[i] > 0 ? 1 / rows.scales()[i] : 1;
    }
    for (size_t c = 0; c < queries.count(); c += kGroup) {
      const size_t count = std::min(kGroup, queries.count() - c);
      tiles.products(queries.codes(c), count, rows.panel(0), rows.panels(), rows.dim(), products);
      tiles.nearest(products, count, n,
                    {halves + c, queries.scales().data() + c, queries.offsets().data() + c},
                    inverses, static_cast<uint32_t>(c), best, found);
    }
    std::copy_n(found, rows.rows(), which);
  }

  size_t dim_;
  ByteQueries bytes_;
  std::vector<float> halves_;
};

uint32_t MatchBits(const Points& points, size_t row, const Centres& centres,
                   std::vector<float>* scratch) {
  scratch->resize(centres.count);
  simd::Get().hamming.rows(points.Bits(row), centres.bits.data(), points.bytes(), nullptr,
                           centres.count, points.bytes(), scratch->data());
  return static_cast<uint32_t>(std::min_element(scratch->begin(), scratch->end()) -
                               scratch->begin());
}

// The rows that each centre has, one list after the other.
struct Members {
  std::vector<size_t> ends;
  std::vector<uint32_t> places;  // in the sample

  Members(const std::vector<uint32_t>& owner, size_t centres)
      : ends(centres + 1), places(owner.size()) {
    for (const uint32_t c : owner) ++ends[c + 1];
    for (size_t c = 1; c <= centres; ++c) ends[c] += ends[c - 1];
    std::vector<size_t> next(ends.begin(), ends.end() - 1);
    for (uint32_t i = 0; i < owner.size(); ++i) places[next[owner[i]]++] = i;
    ends.erase(ends.begin());
  }
  size_t begin(size_t c) const { return c == 0 ? 0 : ends[c - 1]; }
  size_t size(size_t c) const { return ends[c] - begin(c); }
};

void SetCentre(const Points& points, uint32_t row, size_t c, Centres* centres) {
  if (points.binary()) {
    std::memcpy(centres->bits.data() + c * points.bytes(), points.Bits(row), points.bytes());
  } else {
    points.Floats(row, centres->floats.data() + c * points.dim());
  }
}

// The mean of a centre's members, or their majority.
void Centre(const Points& points, const std::vector<uint32_t>& sample, const Members& members,
            size_t c, std::vector<float>* buffer, Centres* centres) {
  const size_t dim = points.dim();
  buffer->assign(2 * dim, 0);
  float* sum = buffer->data();
  float* v = sum + dim;
  for (size_t i = members.begin(c); i < members.ends[c]; ++i) {
    const uint32_t row = sample[members.places[i]];
    if (points.binary()) {
      const std::byte* bits = points.Bits(row);
      for (size_t d = 0; d < dim; ++d) sum[d] += std::to_integer<int>(bits[d / 8] >> (d % 8)) & 1;
    } else {
      points.Floats(row, v);
      for (size_t d = 0; d < dim; ++d) sum[d] += v[d];
    }
  }
  const auto size = static_cast<float>(members.size(c));
  if (points.binary()) {
    uint8_t* bits = centres->bits.data() + c * points.bytes();
    std::memset(bits, 0, points.bytes());
    for (size_t d = 0; d < dim; ++d) {
      if (2 * sum[d] > size) bits[d / 8] = static_cast<uint8_t>(bits[d / 8] | 1u << (d % 8));
    }
  } else {
    float* out = centres->floats.data() + c * dim;
    for (size_t d = 0; d < dim; ++d) out[d] = sum[d] / size;
  }
}

// Sets each centre to the mean of its members. A centre without any takes the place of a member of
// the largest list; while `balance`, so does one with few. The list given to is then as good as
// halved, so that no two take from it unless it stays the largest.
void Recentre(const Points& points, const std::vector<uint32_t>& sample, const Members& members,
              bool balance, Workers* workers, Centres* centres) {
  workers->For(centres->count, 16, [&](size_t begin, size_t end, int) {
    std::vector<float> buffer;
    for (size_t c = begin; c < end; ++c) {
      if (members.size(c) > 0) Centre(points, sample, members, c, &buffer, centres);
    }
  });
  const double mean =
      static_cast<double>(members.places.size()) / static_cast<double>(centres->count);
  std::vector<std::pair<size_t, uint32_t>> heap, poor;  // size, centre
  for (uint32_t c = 0; c < centres->count; ++c) {
    const size_t size = members.size(c);
    if (size > 1) heap.emplace_back(size, c);
    if (size == 0 || (balance && static_cast<double>(size) < kSmall * mean))
      poor.emplace_back(size, c);
  }
  std::make_heap(heap.begin(), heap.end());
  std::sort(poor.begin(), poor.end());
  for (const auto& [size, c] : poor) {
    if (heap.empty()) return;
    std::pop_heap(heap.begin(), heap.end());
    auto& [rich_size, rich] = heap.back();
    if (size > 0 && static_cast<double>(rich_size) < kLarge * mean) return;
    const size_t at = members.begin(rich) + HashInt(c) % members.size(rich);
    SetCentre(points, sample[members.places[at]], c, centres);
    rich_size /= 2;
    std::push_heap(heap.begin(), heap.end());
  }
}

std::vector<float> Mean(const Points& points, const std::vector<uint32_t>& sample, size_t count) {
  std::vector<double> sums(points.dim());
  std::vector<float> v(points.dim());
  for (size_t i = 0; i < count; ++i) {
    points.Floats(sample[i], v.data());
    for (size_t d = 0; d < v.size(); ++d) sums[d] += v[d];
  }
  for (size_t d = 0; d < v.size(); ++d)
    v[d] = count == 0 ? 0.0f : static_cast<float>(sums[d] / static_cast<double>(count));
  return v;
}

// A row around the origin.
void Shifted(const Points& points, size_t row, const std::vector<float>& origin, float* out) {
  points.Floats(row, out);
  for (size_t d = 0; d < origin.size(); ++d) out[d] -= origin[d];
}

// fn(begin, end) over [0, n), polling for cancellation.
Status ForPolled(const Context& context, size_t n, size_t grain, Workers* workers,
                 const std::function<void(size_t, size_t)>& fn) {
  std::atomic<bool> stopped{false};
  workers->For(n, grain, [&](size_t begin, size_t end, int) {
    if (stopped.load(std::memory_order_relaxed) || !context.Check().ok()) {
      stopped.store(true, std::memory_order_relaxed);
      return;
    }
    fn(begin, end);
  });
  return context.Check();
}

class Clustering {
 public:
  Clustering(const Context& context, const Points& points, const std::vector<uint32_t>& sample,
             Workers* workers, Centres* centres)
      : context_(context), points_(points), sample_(sample), workers_(workers), centres_(centres) {}

  Status Run() {
    if (!points_.binary()) TRY(Encode());
    for (const size_t each : kRoughSamples) {
      TRY(MatchAll(std::min(sample_.size(), std::max(kSampleMin, centres_->count * each))));
      Update(true);
    }
    TRY(MatchAll(sample_.size()));
    for (size_t round = 1; round < kFineRounds; ++round) {
      Update(false);
      if (points_.binary() || centres_->count <= kNear || centres_->count > kNearCentres) {
        TRY(MatchAll(sample_.size()));
      } else {
        TRY(MatchNear());
      }
    }
    Update(false);
    return {};
  }
  // The centre of each sampled row, before the last update.
  const std::vector<uint32_t>& owner() const { return owner_; }

 private:
  Status Encode() {
    origin_ = Mean(points_, sample_, std::min<size_t>(sample_.size(), 65536));
    codes_ = Array<int8_t>(sample_.size() * points_.dim());
    scales_.resize(sample_.size());
    return ForPolled(context_, sample_.size(), kGrain, workers_, [&](size_t begin, size_t end) {
      std::vector<float> v(points_.dim());
      for (size_t i = begin; i < end; ++i) {
        Shifted(points_, sample_[i], origin_, v.data());
        scales_[i] = ToBytes(v.data(), v.size(), false, codes_.data() + i * v.size()).scale;
      }
    });
  }

  // The rows at `places` of the sample.
  template <typename Match>
  void MatchRows(const Match& match, std::span<const uint32_t> places) {
    uint32_t which[kGrain];
    for (size_t at = 0; at < places.size(); at += kGrain) {
      const size_t n = std::min(kGrain, places.size() - at);
      BytePanels block(n, points_.dim(), false);
      for (size_t i = 0; i < n; ++i) {
        block.PutCodes(i, codes_.data() + places[at + i] * points_.dim(), scales_[places[at + i]]);
      }
      match.Match(block, which);
      for (size_t i = 0; i < n; ++i) owner_[places[at + i]] = which[i];
    }
  }

  // Finds the centre of each of the first `used` sampled rows.
  Status MatchAll(size_t used) {
    if (points_.binary()) {
      owner_.resize(used);
      return ForPolled(context_, used, kGrain, workers_, [&](size_t begin, size_t end) {
        std::vector<float> scratch;
        for (size_t i = begin; i < end; ++i)
          owner_[i] = MatchBits(points_, sample_[i], *centres_, &scratch);
      });
    }
    const Matcher matcher(*centres_, origin_);
    owner_.resize(used);
    return ForPolled(context_, used, kGrain, workers_, [&](size_t begin, size_t end) {
      uint32_t places[kGrain];
      std::iota(places, places + (end - begin), static_cast<uint32_t>(begin));
      MatchRows(matcher, std::span<const uint32_t>(places, end - begin));
    });
  }

  // The same for all sampled rows, among the centres near each row's own.
  Status MatchNear() {
    const Matcher matcher(*centres_, origin_);
    BytePanels own(centres_->count, points_.dim(), false);
    std::vector<float> v(points_.dim());
    for (size_t c = 0; c < centres_->count; ++c) {
      for (size_t d = 0; d < v.size(); ++d) v[d] = centres_->floats[c * v.size() + d] - origin_[d];
      own.Put(c, v.data());
    }
    const auto near = matcher.Neighbours(own, kNear, workers_);
    const Members members(owner_, centres_->count);
    return ForPolled(context_, centres_->count, 4, workers_, [&](size_t begin, size_t end) {
      for (size_t c = begin; c < end; ++c) {
        MatchRows(
            Matcher::Near(matcher, near[c]),
            std::span<const uint32_t>(members.places).subspan(members.begin(c), members.size(c)));
      }
    });
  }

  void Update(bool balance) {
    Recentre(points_, sample_, Members(owner_, centres_->count), balance, workers_, centres_);
  }

  const Context& context_;
  const Points& points_;
  const std::vector<uint32_t>& sample_;
  Workers* workers_;
  Centres* centres_;
  std::vector<float> origin_;
  Array<int8_t> codes_;  // of the sample, around the origin
  std::vector<float> scales_;
  std::vector<uint32_t> owner_;
};

// Finds the centres of the rows that have none yet.
Status AssignRest(const Context& context, const VectorView& vectors, const Points& points,
                  const Centres& centres, Workers* workers, std::vector<uint32_t>* out) {
  if (centres.count == 0) return {};
  const auto missing = [&](size_t row) {
    return vectors.valid != nullptr && vectors.valid[row] == 0;
  };
  if (points.binary()) {
    return ForPolled(context, vectors.rows, kGrain, workers, [&](size_t begin, size_t end) {
      std::vector<float> scratch;
      for (size_t i = begin; i < end; ++i) {
        if (!missing(i) && (*out)[i] == kNoCentre)
          (*out)[i] = MatchBits(points, i, centres, &scratch);
      }
    });
  }
  // Around the middle of the centres: what all rows have in common would cost precision.
  std::vector<float> origin(centres.dim);
  for (size_t i = 0; i < centres.floats.size(); ++i)
    origin[i % centres.dim] += centres.floats[i] / static_cast<float>(centres.count);
  const Matcher matcher(centres, origin);
  return ForPolled(context, vectors.rows, kGrain, workers, [&](size_t begin, size_t end) {
    BytePanels panels(end - begin, points.dim(), false);
    std::vector<float> v(points.dim());
    size_t count = 0;
    uint32_t rows[kGrain];
    uint32_t which[kGrain];
    for (size_t i = begin; i < end; ++i) {
      if (missing(i) || (*out)[i] != kNoCentre) continue;
      Shifted(points, i, origin, v.data());
      panels.Put(count, v.data());
      rows[count++] = static_cast<uint32_t>(i);
    }
    if (count == 0) return;
    matcher.Match(panels, which);
    for (size_t i = 0; i < count; ++i) (*out)[rows[i]] = which[i];
  });
}

}  // namespace

Status ClusterRows(const Context& context, const VectorView& vectors, Metric metric, size_t count,
                   Workers* workers, Centres* out, std::vector<uint32_t>* owner) {
  const Points points(vectors, metric);
  const std::vector<uint32_t> sample = Sample(vectors, std::max(count * kSample, kSampleMin));
  owner->assign(vectors.rows, kNoCentre);
  Centres& centres = *out;
  centres = {};
  centres.dim = points.dim();
  centres.count = std::min(count, sample.size());
  if (points.binary()) {
    centres.bits.resize(centres.count * points.bytes());
  } else {
    centres.floats.resize(centres.count * points.dim());
  }
  for (size_t c = 0; c < centres.count; ++c) SetCentre(points, sample[c], c, &centres);
  if (centres.count > 1) {
    Clustering clustering(context, points, sample, workers, &centres);
    TRY(clustering.Run());
    for (size_t i = 0; i < sample.size(); ++i) (*owner)[sample[i]] = clustering.owner()[i];
  } else if (centres.count == 1) {
    Recentre(points, sample, Members(std::vector<uint32_t>(sample.size()), 1), false, workers,
             &centres);
  }
  return AssignRest(context, vectors, points, centres, workers, owner);
}

}  // namespace elanus::index
