#include <algorithm>
#include <bit>
#include <limits>

#include "index/qg.h"

namespace elanus::index {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
// A node that is not allowed waits behind allowed ones that are so much farther away.
constexpr float kGuidePenalty = 1.05f;

// A walk behind a filter. Allowed nodes are stepped on as in any walk. The others guide it: of such
// a node only the links are read, and its allowed neighbours are measured by their own codes (the
// two-hop rule: Patel et al., "ACORN", SIGMOD 2024, section 4). That touches a part of the memory
// of a step, and finds as many allowed nodes. Only until the first allowed node is met are all
// stepped on, which leads to where allowed ones are.
class FilteredWalk {
 public:
  FilteredWalk(const QgView& graph, const CodeProbe& probe, const QgQuery& query,
               const Reach& reach, const RowMask& allowed, QgScratch* scratch)
      : graph_(graph),
        probe_(probe),
        query_(query),
        reach_(reach),
        allowed_(allowed),
        frontier_(scratch->frontier),
        guides_(scratch->guides),
        found_(scratch->found),
        expanded_(scratch->expanded),
        measured_(scratch->measured),
        estimated_(scratch->estimated),
        fresh_(scratch->fresh),
        pending_(scratch->pending),
        distances_(scratch->distances),
        spare_(reach.spare_guides) {
    expanded_.Reset(graph.count);
    measured_.Reset(graph.count);
    estimated_.Reset(4 * reach.beam);
    frontier_.Reset(reach.beam);
    guides_.Reset(reach.guides);
    found_.Reset(reach.found);
    pending_.clear();
  }

  void Run(const Beam& seeds) {
    for (size_t i = 0; i < seeds.size(); ++i) {
      if (seeds.node(i) < graph_.count) Push(seeds.distance(i), seeds.node(i));
    }
    for (;;) {
      const float near = frontier_.Nearest();
      const float guide = guides_.Nearest();
      const bool own = near <= guide;
      const bool hop = !own && found_.size() > 0;
      const float nearest = own ? near : guide;
      const bool end = nearest == kInfinity || nearest > limit_;
      if (!pending_.empty() && (end || !hop)) {
        Measure();
        continue;
      }
      if (end && !Extend()) return;
      if (end) continue;
      float distance;
      const uint32_t node = own ? frontier_.Pop(&distance) : guides_.Pop(&distance);
      if (!expanded_.Add(node)) continue;
      PrefetchNext();
      if (hop) {
        Hop(node);
      } else {
        Step(node, own);
      }
    }
  }

 private:
  // More guides while there are not even k rows.
  bool Extend() {
    if (spare_ == 0 || found_.size() >= reach_.k || guides_.empty()) return false;
    const size_t more = std::min(spare_, std::max<size_t>(reach_.guides, 1));
    guides_.Extend(more);
    spare_ -= more;
    return true;
  }

  [[gnu::always_inline]] void Push(float distance, uint32_t to) {
    const bool own = allowed_.Test(to);
    Frontier& into = own ? frontier_ : guides_;
    const float key = own ? distance : reach_.shift + (distance - reach_.shift) * kGuidePenalty;
    if (!(key < std::min(into.bound(), limit_)) || expanded_.Has(to)) return;
    bool known;
    float* const before = estimated_.At(to, &known);
    if (known && !(distance < *before)) return;
    into.Push(key, to);
    *before = distance;
  }

  void PrefetchNext() {
    if (const uint32_t next = guides_.Peek(); next != asked_guide_ && next != Frontier::kNone) {
      asked_guide_ = next;
      graph_.PrefetchLinks(next);
      if (found_.size() == 0 && guides_.Nearest() < frontier_.Nearest()) graph_.PrefetchRow(next);
    }
    if (const uint32_t next = frontier_.Peek(); next != asked_ && next != Frontier::kNone) {
      asked_ = next;
      graph_.PrefetchRow(next);
    }
  }

  // The allowed neighbours of a node that is not: asked for now, measured a hop later.
  void Hop(uint32_t node) {
    fresh_.clear();
    const uint8_t* links = graph_.Row(node) + graph_.layout.links_at();
    for (size_t i = 0; i < graph_.layout.degree; ++i) {
      const uint32_t to = QgView::LinkAt(links, i);
      if (to >= graph_.count || !allowed_.Test(to) || expanded_.Has(to) || !measured_.Add(to))
        continue;
      fresh_.push_back(to);
      graph_.PrefetchCode(to);
    }
    if (!pending_.empty()) Measure();
    pending_.swap(fresh_);
  }

  [[gnu::always_inline]] void Measure() {
    distances_.resize(pending_.size());
    codes_(probe_.query(), graph_.rows, graph_.layout.stride(), pending_.data(), pending_.size(),
           graph_.layout.width, distances_.data());
    for (size_t i = 0; i < pending_.size(); ++i) {
      const float distance = distances_[i];
      if (!(distance < limit_)) continue;
      found_.Insert(distance, pending_[i]);
      if (distance < frontier_.bound()) frontier_.Push(distance, pending_[i]);
      bool known;
      *estimated_.At(pending_[i], &known) = -kInfinity;  // nothing is nearer than the truth
    }
    pending_.clear();
    Tighten();
  }

  [[gnu::always_inline]] void Step(uint32_t node, bool own) {
    const QgLayout& layout = graph_.layout;
    const size_t m = layout.width / 4;
    const uint8_t* row = graph_.Row(node);
    const uint8_t* links = row + layout.links_at();
    float distance;
    codes_(probe_.query(), row, layout.stride(), nullptr, 1, layout.width, &distance);
    if (own && measured_.Add(node)) {
      found_.Insert(distance, node);
      Tighten();
    }
    const simd::FastEdgeTerms terms{distance, query_.weight, query_.slope, query_.shift};
    float estimates[simd::kFastRows];
    for (size_t b = 0; b < layout.blocks(); ++b) {
      const float bound = std::min(std::max(frontier_.bound(), guides_.bound()), limit_);
      uint32_t mask =
          fast_.edges(terms, query_.lut.data(), row + layout.edges_at() + b * layout.edges_bytes(),
                      m, bound, estimates);
      for (; mask != 0; mask &= mask - 1) {
        const auto r = static_cast<size_t>(std::countr_zero(mask));
        // Ids past the graph are never followed, so a damaged file cannot lead outside of it.
        const uint32_t to = QgView::LinkAt(links, b * simd::kFastRows + r);
        if (to < graph_.count) Push(estimates[r], to);
      }
    }
  }

  void Tighten() {
    if (found_.size() >= reach_.k) limit_ = reach_.Limit(found_.distance(reach_.k - 1));
  }

  const QgView& graph_;
  const CodeProbe& probe_;
  const QgQuery& query_;
  const Reach& reach_;
  const RowMask allowed_;
  const simd::FastScan& fast_ = simd::GetFastScan();
  const simd::CodesKernel codes_ = simd::Get().codes;
  Frontier& frontier_;  // allowed
  Frontier& guides_;    // not allowed, by penalised distance
  Beam& found_;
  Visited& expanded_;
  Visited& measured_;  // allowed nodes whose own distance is known
  Estimated& estimated_;
  std::vector<uint32_t>& fresh_;
  std::vector<uint32_t>& pending_;  // to be measured
  std::vector<float>& distances_;
  size_t spare_;
  uint32_t asked_ = Frontier::kNone;  // of this and that frontier, asked for last
  uint32_t asked_guide_ = Frontier::kNone;
  float limit_ = kInfinity;
};

}  // namespace

void WalkFiltered(const QgView& graph, const Beam& seeds, const CodeProbe& probe,
                  const QgQuery& query, const Reach& reach, const RowMask& allowed,
                  QgScratch* scratch) {
  FilteredWalk(graph, probe, query, reach, allowed, scratch).Run(seeds);
}

}  // namespace elanus::index
