// Columns for the tests of this module: clustered vectors of every type, and the naive truth.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "index/distance.h"
#include "index/scalar_index.h"
#include "index/sparse_row.h"
#include "index/vector_index.h"
#include "simd/half.h"

namespace elanus::index {

constexpr uint64_t kTestSeed = 42;

// A dense or sparse column that owns its bytes.
class TestColumn {
 public:
  // Rows around `clusters` centres, of lengths that differ by up to `stretch`.
  static TestColumn Dense(DataType type, size_t rows, size_t dim, size_t clusters, uint64_t seed,
                          float stretch = 1) {
    TestColumn c;
    c.view_.type = type;
    c.view_.dim = static_cast<int64_t>(dim);
    c.view_.rows = rows;
    c.view_.stride = WidthOf(type, static_cast<int64_t>(dim));
    std::mt19937_64 random(seed);
    std::mt19937_64 shared(7);  // columns of different seeds have the same centres
    std::normal_distribution<float> normal;
    std::vector<float> centres(clusters * dim);
    for (float& v : centres) v = normal(shared);
    c.bytes_.resize(rows * c.view_.stride);
    std::uniform_real_distribution<float> length(1, stretch);
    for (size_t r = 0; r < rows; ++r) {
      const float* centre = centres.data() + random() % clusters * dim;
      const float scale = stretch > 1 ? length(random) : 1;
      for (size_t d = 0; d < dim; ++d) c.Set(r, d, scale * (centre[d] + 0.6f * normal(random)));
    }
    c.Finish();
    return c;
  }

  static TestColumn Sparse(size_t rows, size_t terms, size_t per_row, uint64_t seed) {
    TestColumn c;
    c.view_.type = DataType::kSparseFloatVector;
    c.view_.rows = rows;
    std::mt19937_64 random(seed);
    for (size_t r = 0; r < rows; ++r) {
      std::map<uint32_t, float> row;
      for (size_t i = 0; i < per_row; ++i) {
        const double u = static_cast<double>(random() % 1000000) / 1e6;
        row[static_cast<uint32_t>(u * u * static_cast<double>(terms)) * 977] =
            static_cast<float>(random() % 1000 + 1) / 500;
      }
      for (const auto& [index, value] : row) {
        const SparseTerm t{index, value};
        c.bytes_.append(reinterpret_cast<const char*>(&t), sizeof t);
      }
      c.ends_.push_back(c.bytes_.size());
    }
    c.Finish();
    return c;
  }

  static TestColumn Zeros(DataType type, size_t rows, size_t dim) {
    TestColumn c = Dense(type, rows, dim, 1, kTestSeed);
    std::fill(c.bytes_.begin(), c.bytes_.end(), '\0');
    c.Finish();
    return c;
  }
  // Dense float32: rows by their first coordinate.
  void SortRows(bool descending) {
    std::vector<std::string> rows;
    for (size_t r = 0; r < view_.rows; ++r)
      rows.push_back(bytes_.substr(r * view_.stride, view_.stride));
    std::sort(rows.begin(), rows.end(), [&](const std::string& a, const std::string& b) {
      float x, y;
      std::memcpy(&x, a.data(), sizeof x);
      std::memcpy(&y, b.data(), sizeof y);
      return descending ? x > y : x < y;
    });
    bytes_.clear();
    for (const std::string& row : rows) bytes_ += row;
    Finish();
  }
  // Sparse: multiplies every value.
  void ScaleValues(float factor) {
    for (size_t at = 4; at < bytes_.size(); at += sizeof(SparseTerm)) {
      float v;
      std::memcpy(&v, bytes_.data() + at, sizeof v);
      v *= factor;
      std::memcpy(bytes_.data() + at, &v, sizeof v);
    }
  }
  // Makes every n-th row null.
  void MakeNull(size_t n) {
    valid_.assign(view_.rows, 1);
    for (size_t r = 0; r < view_.rows; r += n) valid_[r] = 0;
    view_.valid = valid_.data();
  }
  void CopyRow(size_t from, size_t to) {
    std::memcpy(bytes_.data() + to * view_.stride, bytes_.data() + from * view_.stride,
                view_.stride);
    if (!norms_.empty()) norms_[to] = norms_[from];
  }

  // The same rows, each after those that are nearest to the same one of the first `n` rows.
  TestColumn SortedByNearestOf(size_t n) const {
    const RowDistance distance(view_, Metric::kL2);
    std::vector<std::pair<size_t, size_t>> order;
    std::vector<float> out(n);
    for (size_t r = 0; r < view_.rows; ++r) {
      RowDistance::Query query;
      distance.Prepare(view_.Row(r), &query);
      distance.Rows(query, nullptr, 0, n, out.data());
      const auto nearest = std::min_element(out.begin(), out.end()) - out.begin();
      order.emplace_back(static_cast<size_t>(nearest), r);
    }
    std::sort(order.begin(), order.end());
    TestColumn c;
    c.view_ = view_;
    for (const auto& [near, r] : order) c.bytes_.append(bytes_, r * view_.stride, view_.stride);
    c.Finish();
    return c;
  }

  const VectorView& view() const { return view_; }
  Queries queries(size_t first, size_t count) const {
    if (view_.type == DataType::kSparseFloatVector) {
      sparse_.clear();
      for (size_t i = 0; i < count; ++i) sparse_.emplace_back(view_.SparseRow(first + i));
      return {view_.type, 0, count, nullptr, &sparse_};
    }
    return {view_.type, view_.dim, count, view_.Row(first), nullptr};
  }

  TestColumn(TestColumn&& o) noexcept { *this = std::move(o); }
  TestColumn& operator=(TestColumn&& o) noexcept {
    view_ = o.view_;
    bytes_ = std::move(o.bytes_);
    ends_ = std::move(o.ends_);
    valid_ = std::move(o.valid_);
    norms_ = std::move(o.norms_);
    Point();
    return *this;
  }

 private:
  TestColumn() = default;
  void Set(size_t row, size_t d, float v) {
    char* at = bytes_.data() + row * view_.stride;
    if (view_.type == DataType::kFloatVector) {
      std::memcpy(at + d * 4, &v, 4);
    } else if (view_.type == DataType::kInt8Vector) {
      at[d] = static_cast<char>(std::clamp(std::lround(v * 30), -128L, 127L));
    } else if (view_.type == DataType::kBinaryVector) {
      if (v > 0) at[d / 8] = static_cast<char>(at[d / 8] | 1 << (d % 8));
    } else {
      const uint16_t bits =
          view_.type == DataType::kFloat16Vector ? simd::FloatToHalf(v) : simd::FloatToBFloat16(v);
      std::memcpy(at + d * 2, &bits, 2);
    }
  }
  void Finish() {
    Point();
    if (view_.type != DataType::kBinaryVector && view_.type != DataType::kSparseFloatVector) {
      norms_ = InverseNorms(view_);
    }
    Point();
  }
  void Point() {
    view_.data = reinterpret_cast<const std::byte*>(bytes_.data());
    view_.ends = ends_.empty() ? nullptr : ends_.data();
    view_.valid = valid_.empty() ? nullptr : valid_.data();
    view_.inverse_norms = norms_.empty() ? nullptr : norms_.data();
  }

  VectorView view_;
  std::string bytes_;
  std::vector<uint64_t> ends_;
  std::vector<uint8_t> valid_;
  std::vector<float> norms_;
  mutable std::vector<std::string> sparse_;
};

// Distances written out in doubles, without any kernel.
inline double NaiveDistance(const VectorView& v, Metric metric, const std::byte* q, size_t row) {
  const auto dim = static_cast<size_t>(v.dim);
  if (v.type == DataType::kBinaryVector) {
    double both = 0, any = 0, differ = 0;
    for (size_t d = 0; d < dim; ++d) {
      const bool a = std::to_integer<int>(q[d / 8] >> (d % 8)) & 1;
      const bool b = std::to_integer<int>(v.Row(row)[d / 8] >> (d % 8)) & 1;
      both += a && b;
      any += a || b;
      differ += a != b;
    }
    return metric == Metric::kHamming ? differ : any == 0 ? 0 : 1 - both / any;
  }
  const auto read = [&](const std::byte* at, size_t d) -> double {
    if (v.type == DataType::kInt8Vector)
      return static_cast<double>(reinterpret_cast<const int8_t*>(at)[d]);
    if (v.type == DataType::kFloatVector)
      return static_cast<double>(reinterpret_cast<const float*>(at)[d]);
    const uint16_t bits = reinterpret_cast<const uint16_t*>(at)[d];
    return static_cast<double>(v.type == DataType::kFloat16Vector ? simd::HalfToFloat(bits)
                                                                  : simd::BFloat16ToFloat(bits));
  };
  double l2 = 0, ip = 0, qq = 0, xx = 0;
  for (size_t d = 0; d < dim; ++d) {
    const double a = read(q, d), b = read(v.Row(row), d);
    l2 += (a - b) * (a - b);
    ip += a * b;
    qq += a * a;
    xx += b * b;
  }
  if (metric == Metric::kL2) return l2;
  if (metric == Metric::kIP) return -ip;
  return qq == 0 || xx == 0 ? 0 : -ip / std::sqrt(qq * xx);
}

inline std::string BuildBytes(const VectorView& view, const BuildSpec& spec, int threads = 2) {
  std::string bytes;
  const Context context;
  const Status built =
      Build(context, view, spec, threads, nullptr, [&](std::string_view piece) -> Status {
        bytes += piece;
        return {};
      });
  EXPECT_TRUE(built.ok()) << built.message();
  return bytes;
}

inline std::string BuildBytes(const ScalarView& view) {
  std::string bytes;
  const Status built = BuildScalar(view, [&](std::string_view piece) -> Status {
    bytes += piece;
    return {};
  });
  EXPECT_TRUE(built.ok()) << built.message();
  return bytes;
}

// A file with `count` of the bytes behind its header made anew.
inline std::string Damaged(std::string bytes, int count, std::mt19937_64* random) {
  constexpr size_t kHeader = 4096;
  for (int i = 0; i < count; ++i)
    bytes[kHeader + (*random)() % (bytes.size() - kHeader)] = static_cast<char>((*random)());
  return bytes;
}

inline std::unique_ptr<VectorIndex> MustOpen(std::string_view bytes, const VectorView& view) {
  auto opened = Open(bytes, view);
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  return opened.ok() ? std::move(*opened) : nullptr;
}

inline std::vector<std::vector<Hit>> MustSearch(const VectorIndex& index, const Queries& queries,
                                                size_t k, const SearchParams& params = {},
                                                const RowMask& allowed = {}) {
  std::vector<std::vector<Hit>> hits;
  const Status searched = index.Search(Context(), queries, k, params, allowed, &hits);
  EXPECT_TRUE(searched.ok()) << searched.message();
  return hits;
}

inline std::vector<std::vector<Hit>> MustRange(const VectorIndex& index, const Queries& queries,
                                               const Range& range, size_t limit,
                                               const SearchParams& params = {},
                                               const RowMask& allowed = {}) {
  std::vector<std::vector<Hit>> hits;
  const Status searched =
      index.RangeSearch(Context(), queries, range, limit, params, allowed, &hits);
  EXPECT_TRUE(searched.ok()) << searched.message();
  return hits;
}

// The part of the true hits found; by distance, so that ties count.
inline double Recall(const std::vector<std::vector<Hit>>& truth,
                     const std::vector<std::vector<Hit>>& got) {
  size_t right = 0, all = 0;
  for (size_t q = 0; q < truth.size(); ++q) {
    all += truth[q].size();
    if (truth[q].empty()) continue;
    const float bound = truth[q].back().distance + std::abs(truth[q].back().distance) * 1e-6f;
    for (const Hit& h : got[q]) right += h.distance <= bound;
  }
  return all == 0 ? 1 : static_cast<double>(right) / static_cast<double>(all);
}

inline Bitmap RandomBitmap(size_t rows, double part, uint64_t seed) {
  std::mt19937_64 random(seed);
  Bitmap bits(rows);
  for (size_t r = 0; r < rows; ++r)
    bits.Assign(r, static_cast<double>(random() % 1000000) < part * 1e6);
  return bits;
}

// Sorted, without repeats, allowed and valid.
inline void ExpectWellFormed(const std::vector<Hit>& hits, const VectorView& view,
                             const RowMask& allowed = {}) {
  for (size_t i = 0; i < hits.size(); ++i) {
    EXPECT_LT(hits[i].row, view.rows);
    EXPECT_TRUE(allowed.Test(hits[i].row));
    EXPECT_TRUE(view.valid == nullptr || view.valid[hits[i].row] != 0);
    EXPECT_TRUE(i == 0 || hits[i - 1] < hits[i]);
  }
}

}  // namespace elanus::index
