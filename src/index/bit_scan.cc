#include "index/bit_scan.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "index/allowed_rows.h"
#include "index/array.h"
#include "index/bit_coder.h"
#include "index/distance.h"

namespace elanus::index {
namespace {

enum : size_t { kCenter, kSigns, kSeconds, kFactors };
constexpr size_t kFactorKinds = 5;

// A scan costs about 6.5 ps a row and dimension and 0.8 ns a row, a graph search at ef = 64 some 40
// us and more (Zen 4; docs/adr/0010).
constexpr size_t kRowCost = 120;  // in dimensions
constexpr size_t kMostCost = 4'000'000;
// An exact comparison costs about as much as scanning so many rows.
constexpr size_t kExactCost = 20;

// How wide the bounds are, of their full width, at an effort of so many times k: more than a graph
// finds at that, and all of it where more is asked for.
float CareFor(const SearchParams& params, size_t k) {
  constexpr double kFullEffort = 8;
  constexpr float kLeast = 0.7f;
  const auto effort = static_cast<double>(params.ef.value_or(0)) / static_cast<double>(k);
  return effort < kFullEffort ? kLeast : 1.0f;
}

size_t BlocksOf(size_t rows) { return (rows + kBitBlockRows - 1) / kBitBlockRows; }

class BitScan final : public VectorIndex {
 public:
  BitScan(const VectorView& vectors, BitCoder coder, const BitPlanes& planes)
      : exact_(vectors, coder.metric()),
        flat_(MakeFlat(exact_.vectors(), coder.metric())),
        coder_(std::move(coder)),
        run_{0, vectors.rows, exact_.vectors(), planes} {}

  Status Search(const Context& context, const Queries& queries, size_t k,
                const SearchParams& params, const RowMask& allowed,
                std::vector<std::vector<Hit>>* hits) const override {
    const size_t rows = run_.vectors.rows;
    const size_t count = CountAllowed(allowed, rows);
    if (k * kExactCost > count || count * kExactCost < rows)
      return flat_->Search(context, queries, k, params, allowed, hits);
    const float care = CareFor(params, k);
    hits->assign(queries.count, {});
    for (size_t q = 0; q < queries.count; ++q) {
      TopK top(k);
      if (TRY(coder_.Search(context, queries.Row(q), {&run_, 1}, allowed, care, &top))) {
        (*hits)[q] = top.Take();
        continue;
      }
      Queries one = queries;
      one.count = 1;
      one.data = queries.Row(q);
      std::vector<std::vector<Hit>> exact;
      TRY(flat_->Search(context, one, k, params, allowed, &exact));
      (*hits)[q] = std::move(exact[0]);
    }
    return {};
  }

  Status RangeSearch(const Context& context, const Queries& queries, const Range& range,
                     size_t limit, const SearchParams& params, const RowMask& allowed,
                     std::vector<std::vector<Hit>>* hits) const override {
    return flat_->RangeSearch(context, queries, range, limit, params, allowed, hits);
  }

  std::string_view type() const override { return "HNSW"; }
  size_t memory_bytes() const override {
    return sizeof *this + coder_.padded() * sizeof(float) + flat_->memory_bytes();
  }

 private:
  RowDistance exact_;  // owns the norms that the view lacks
  std::unique_ptr<VectorIndex> flat_;
  BitCoder coder_;
  BitRun run_;
};

}  // namespace

bool SuitsBitScan(const VectorView& vectors) {
  return BitCoder::Serves(vectors.type, vectors.dim) &&
         vectors.rows * (kRowCost + static_cast<size_t>(vectors.dim)) <= kMostCost;
}

Result<bool> BuildBitScan(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                          const Sink& sink) {
  VectorView view = vectors;
  std::vector<float> norms;
  if (spec.metric == Metric::kCosine && view.inverse_norms == nullptr) {
    norms = InverseNorms(view);
    view.inverse_norms = norms.data();
  }
  const auto dim = static_cast<size_t>(view.dim);
  RowMean mean(view.dim, spec.metric);
  mean.Add(view, view.rows);
  BitCoder coder(view.dim, spec.metric);
  if (!coder.SetCenter(mean.Take().data())) return false;

  const size_t blocks = BlocksOf(view.rows);
  Array<uint8_t> signs(blocks * coder.plane_bytes()), seconds(blocks * coder.plane_bytes());
  std::vector<float> factors(kFactorKinds * blocks * kBitBlockRows);
  BitBlock block;
  for (size_t b = 0; b < blocks; ++b) {
    if (b % 64 == 0) TRY(context.Check());
    const size_t first = b * kBitBlockRows;
    if (!coder.Encode(view, first, std::min(kBitBlockRows, view.rows - first), &block))
      return false;
    std::copy(block.signs.begin(), block.signs.end(), signs.data() + b * coder.plane_bytes());
    std::copy(block.seconds.begin(), block.seconds.end(), seconds.data() + b * coder.plane_bytes());
    const float* kinds[kFactorKinds] = {block.squares, block.sign_scales, block.sign_errors,
                                        block.scales, block.errors};
    for (size_t f = 0; f < kFactorKinds; ++f) {
      std::copy(kinds[f], kinds[f] + kBitBlockRows,
                factors.data() + f * blocks * kBitBlockRows + first);
    }
  }
  BlobWriter blob(
      {BlobKind::kBitScan, view.type, spec.metric, view.rows, static_cast<uint64_t>(dim), {}});
  blob.Add(BytesOf(coder.center()));
  blob.Add(signs.view());
  blob.Add(seconds.view());
  blob.Add(BytesOf(factors));
  TRY(blob.Write(sink));
  return true;
}

Result<std::unique_ptr<VectorIndex>> OpenBitScan(const Blob& blob, const VectorView& vectors) {
  if (!BitCoder::Serves(vectors.type, vectors.dim))
    return Status(Code::kCorruption, "HNSW index file: a scan of a column that has no codes");
  BitCoder coder(vectors.dim, blob.header().metric);
  if (!coder.SetTurnedCenter(TRY(blob.ArrayOf<float>(kCenter, coder.padded()))))
    return Status(Code::kCorruption, "HNSW index file: the centre is not finite");
  const size_t blocks = BlocksOf(vectors.rows);
  const size_t places = blocks * kBitBlockRows;
  BitPlanes planes;
  planes.signs = TRY(blob.ArrayOf<uint8_t>(kSigns, blocks * coder.plane_bytes()));
  planes.seconds = TRY(blob.ArrayOf<uint8_t>(kSeconds, blocks * coder.plane_bytes()));
  planes.squares = TRY(blob.ArrayOf<float>(kFactors, kFactorKinds * places));
  planes.sign_scales = planes.squares + places;
  planes.sign_errors = planes.sign_scales + places;
  planes.scales = planes.sign_errors + places;
  planes.errors = planes.scales + places;
  return std::unique_ptr<VectorIndex>(std::make_unique<BitScan>(vectors, std::move(coder), planes));
}

}  // namespace elanus::index
