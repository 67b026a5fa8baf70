#include "index/qg_build.h"

#include <algorithm>
#include <bit>

namespace elanus::index {
namespace {

struct Near {
  float distance;
  uint32_t row;
  bool operator<(const Near& o) const {
    return distance != o.distance ? distance < o.distance : row < o.row;
  }
};

struct Hand {
  Space::Probe probe;
  Visited seen;
  std::vector<uint32_t> rows;
  std::vector<float> distances;
  std::vector<Near> near;
};

}  // namespace

Array<uint32_t> FillLinks(const Space& space, const uint32_t* links, size_t rows, size_t degree,
                          size_t to_degree, Workers* workers) {
  Array<uint32_t> out(rows * to_degree);
  std::vector<Hand> hands(static_cast<size_t>(workers->count()));
  workers->For(rows, 256, [&](size_t begin, size_t end, int worker) {
    Hand& hand = hands[static_cast<size_t>(worker)];
    for (size_t row = begin; row < end; ++row) {
      const uint32_t* own = links + row * degree;
      uint32_t* to = out.data() + row * to_degree;
      size_t count = 0;
      while (count < degree && own[count] != Graph::kNone) ++count;
      std::copy(own, own + count, to);
      std::fill(to + count, to + to_degree, Graph::kNone);
      if (count == 0 || count == to_degree) continue;
      hand.seen.Reset(rows);
      hand.seen.Add(static_cast<uint32_t>(row));
      for (size_t i = 0; i < count; ++i) hand.seen.Add(own[i]);
      hand.rows.clear();
      for (size_t i = 0; i < count; ++i) {
        const uint32_t* theirs = links + own[i] * degree;
        for (size_t j = 0; j < degree && theirs[j] != Graph::kNone; ++j) {
          if (hand.seen.Add(theirs[j])) hand.rows.push_back(theirs[j]);
        }
      }
      hand.distances.resize(hand.rows.size());
      space.BindRow(static_cast<uint32_t>(row), &hand.probe);
      space.Distances(hand.probe, hand.rows.data(), hand.rows.size(), hand.distances.data());
      hand.near.clear();
      for (size_t i = 0; i < hand.rows.size(); ++i)
        hand.near.push_back({hand.distances[i], hand.rows[i]});
      const size_t more = std::min(to_degree - count, hand.near.size());
      std::partial_sort(hand.near.begin(), hand.near.begin() + static_cast<std::ptrdiff_t>(more),
                        hand.near.end());
      for (size_t i = 0; i < more; ++i) to[count + i] = hand.near[i].row;
    }
  });
  return out;
}

size_t SeedCount(size_t rows) {
  // About the square root, in whole blocks.
  const size_t root = std::bit_ceil(std::max<size_t>(1, rows) / 128 + 1);
  return std::min(rows, std::clamp<size_t>(root, 32, 1024));
}

}  // namespace elanus::index
