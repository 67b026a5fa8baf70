#include "index/flat.h"

#include <algorithm>

#include "index/distance.h"
#include "index/flat_batch.h"
#include "index/sparse_row.h"

namespace elanus::index {
namespace {

// Rows between two looks at the deadline: well under a millisecond each.
constexpr size_t kPollRows = 64 * kScanBlock;

// Where the metric is a predicate: the rows that match, at distance 0.
constexpr Range kMatches = {.lower = 0, .upper = 1};

// What one query keeps: the k nearest, or the nearest of those within a range.
class Keeper {
 public:
  Keeper(size_t k, const Range* range) : top_(k), range_(range) {}
  void Offer(float distance, uint32_t row) {
    if (range_ != nullptr && !(distance >= range_->lower && distance < range_->upper)) return;
    top_.Offer(distance, row);
  }
  float bound() const { return top_.bound(); }
  std::vector<Hit> Take() { return top_.Take(); }

 private:
  TopK top_;
  const Range* range_;
};

// The keepers of a batch. A range's far end bounds as well as what is kept.
class KeeperOffers final : public BatchOffers {
 public:
  KeeperOffers(std::vector<Keeper>* keepers, const Range* range)
      : keepers_(keepers), range_(range) {}
  float Bound(size_t query) const override {
    const float bound = (*keepers_)[query].bound();
    return range_ == nullptr ? bound : std::min(bound, range_->upper);
  }
  void Offer(size_t query, float distance, uint32_t row) override {
    (*keepers_)[query].Offer(distance, row);
  }

 private:
  std::vector<Keeper>* keepers_;
  const Range* range_;
};

class DenseFlat final : public VectorIndex {
 public:
  DenseFlat(const VectorView& vectors, Metric metric, std::string_view type)
      : distance_(vectors, metric), type_(type) {}

  Status Search(const Context& context, const Queries& queries, size_t k, const SearchParams&,
                const RowMask& allowed, std::vector<std::vector<Hit>>* hits) const override {
    const Range* range = IsStructure(distance_.metric()) ? &kMatches : nullptr;
    return Scan(context, queries, k, range, allowed, hits);
  }
  Status RangeSearch(const Context& context, const Queries& queries, const Range& range,
                     size_t limit, const SearchParams&, const RowMask& allowed,
                     std::vector<std::vector<Hit>>* hits) const override {
    Range within = range;
    if (IsStructure(distance_.metric())) within.upper = std::min(within.upper, kMatches.upper);
    return Scan(context, queries, limit, &within, allowed, hits);
  }
  std::string_view type() const override { return type_; }
  size_t memory_bytes() const override { return sizeof *this; }

 private:
  // Blocks of rows outside, queries inside: a block is read from memory once for all of them.
  Status Scan(const Context& context, const Queries& queries, size_t k, const Range* range,
              const RowMask& allowed, std::vector<std::vector<Hit>>* hits) const {
    const VectorView& vectors = distance_.vectors();
    std::vector<Keeper> keepers(queries.count, Keeper(k, range));
    if (queries.count >= kBatchQueries && vectors.type != DataType::kBinaryVector) {
      KeeperOffers offers(&keepers, range);
      TRY(ScanBatch(context, distance_, queries, allowed, &offers));
      hits->resize(queries.count);
      for (size_t q = 0; q < queries.count; ++q) (*hits)[q] = keepers[q].Take();
      return {};
    }
    std::vector<RowDistance::Query> prepared(queries.count);
    for (size_t q = 0; q < queries.count; ++q) distance_.Prepare(queries.Row(q), &prepared[q]);
    float out[kScanBlock];
    for (size_t begin = 0; begin < vectors.rows; begin += kPollRows) {
      TRY(context.Check());
      const size_t end = std::min(vectors.rows, begin + kPollRows);
      ForAllowed(vectors, allowed, begin, end, [&](const uint32_t* ids, size_t first, size_t n) {
        for (size_t q = 0; q < queries.count; ++q) {
          distance_.Rows(prepared[q], ids, first, n, out);
          float bound = keepers[q].bound();
          for (size_t i = 0; i < n; ++i) {
            if (out[i] > bound) continue;
            keepers[q].Offer(out[i], ids != nullptr ? ids[i] : static_cast<uint32_t>(first + i));
            bound = keepers[q].bound();
          }
        }
      });
    }
    hits->resize(queries.count);
    for (size_t q = 0; q < queries.count; ++q) (*hits)[q] = keepers[q].Take();
    return {};
  }

  RowDistance distance_;
  std::string_view type_;
};

class SparseFlat final : public VectorIndex {
 public:
  explicit SparseFlat(const VectorView& vectors) : vectors_(vectors) {}

  Status Search(const Context& context, const Queries& queries, size_t k,
                const SearchParams& params, const RowMask& allowed,
                std::vector<std::vector<Hit>>* hits) const override {
    return Scan(context, queries, k, nullptr, params, allowed, hits);
  }
  Status RangeSearch(const Context& context, const Queries& queries, const Range& range,
                     size_t limit, const SearchParams& params, const RowMask& allowed,
                     std::vector<std::vector<Hit>>* hits) const override {
    return Scan(context, queries, limit, &range, params, allowed, hits);
  }
  std::string_view type() const override { return "FLAT"; }
  size_t memory_bytes() const override { return sizeof *this; }

 private:
  Status Scan(const Context& context, const Queries& queries, size_t k, const Range* range,
              const SearchParams& params, const RowMask& allowed,
              std::vector<std::vector<Hit>>* hits) const {
    hits->assign(queries.count, {});
    for (size_t q = 0; q < queries.count; ++q) {
      const SparseQuery query((*queries.sparse)[q], params);
      Keeper keeper(k, range);
      for (size_t row = 0; row < vectors_.rows; ++row) {
        if (row % 4096 == 0) TRY(context.Check());
        if (!allowed.Test(row) || (vectors_.valid != nullptr && vectors_.valid[row] == 0)) continue;
        const float score = query.Score(vectors_.SparseRow(row));
        if (score != 0) keeper.Offer(-score, static_cast<uint32_t>(row));
      }
      (*hits)[q] = keeper.Take();
    }
    return {};
  }

  VectorView vectors_;
};

}  // namespace

std::unique_ptr<VectorIndex> MakeDenseFlat(const VectorView& vectors, Metric metric,
                                           std::string_view type) {
  return std::make_unique<DenseFlat>(vectors, metric, type);
}

std::unique_ptr<VectorIndex> MakeSparseFlat(const VectorView& vectors) {
  return std::make_unique<SparseFlat>(vectors);
}

std::unique_ptr<VectorIndex> MakeFlat(const VectorView& vectors, Metric metric) {
  if (vectors.type == DataType::kSparseFloatVector) return MakeSparseFlat(vectors);
  return MakeDenseFlat(vectors, metric,
                       vectors.type == DataType::kBinaryVector ? "BIN_FLAT" : "FLAT");
}

}  // namespace elanus::index
