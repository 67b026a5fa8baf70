#include "index/self_check.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "base/hash.h"

namespace elanus::index {
namespace {

constexpr size_t kRows = 1000;
constexpr size_t kNear = 10;
constexpr size_t kGrain = 125;

std::vector<uint32_t> Sample(const VectorView& vectors) {
  std::vector<uint32_t> rows;
  for (uint32_t r = 0; r < vectors.rows; ++r) {
    if (vectors.valid == nullptr || vectors.valid[r] != 0) rows.push_back(r);
  }
  // Not the rows that clustering samples first.
  const auto by_hash = [](uint32_t a, uint32_t b) { return HashInt(~a) < HashInt(~b); };
  const auto n = static_cast<std::ptrdiff_t>(std::min(kRows, rows.size()));
  std::partial_sort(rows.begin(), rows.begin() + n, rows.end(), by_hash);
  rows.resize(static_cast<size_t>(n));
  return rows;
}

void DropSelf(uint32_t row, std::vector<Hit>* hits) {
  std::erase_if(*hits, [row](const Hit& h) { return h.row == row; });
  if (hits->size() > kNear) hits->resize(kNear);
}

}  // namespace

Result<double> MeasureRecall(const Context& context, const VectorIndex& index,
                             const VectorView& vectors, Metric metric, Workers* workers) {
  const std::vector<uint32_t> sample = Sample(vectors);
  const size_t width = WidthOf(vectors.type, vectors.dim);
  std::vector<std::byte> packed(sample.size() * width);
  for (size_t i = 0; i < sample.size(); ++i)
    std::memcpy(packed.data() + i * width, vectors.Row(sample[i]), width);
  const auto flat = MakeFlat(vectors, metric);
  std::mutex mutex;
  Status failed;
  size_t found = 0;
  size_t all = 0;
  workers->For(sample.size(), kGrain, [&](size_t begin, size_t end, int) {
    const Queries queries{vectors.type, vectors.dim, end - begin, packed.data() + begin * width,
                          nullptr};
    std::vector<std::vector<Hit>> truth;
    std::vector<std::vector<Hit>> got;
    Status searched = flat->Search(context, queries, kNear + 1, {}, {}, &truth);
    if (searched.ok()) searched = index.Search(context, queries, kNear + 1, {}, {}, &got);
    const std::lock_guard lock(mutex);
    if (!searched.ok()) {
      failed = searched;
      return;
    }
    for (size_t i = 0; i < end - begin; ++i) {
      DropSelf(sample[begin + i], &truth[i]);
      DropSelf(sample[begin + i], &got[i]);
      if (truth[i].empty()) continue;
      const float last = truth[i].back().distance;
      const float bound = last + std::abs(last) * 1e-6f;  // ties count
      all += truth[i].size();
      found += static_cast<size_t>(std::count_if(
          got[i].begin(), got[i].end(), [&](const Hit& h) { return h.distance <= bound; }));
    }
  });
  TRY(failed);
  return all == 0 ? 1.0 : std::min(1.0, static_cast<double>(found) / static_cast<double>(all));
}

std::string RecallText(double recall) {
  char text[16];
  std::snprintf(text, sizeof text, "%.4f", recall);
  return text;
}

}  // namespace elanus::index
