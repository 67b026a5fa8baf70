#include "index/hnsw_build.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/hash.h"
#include "index/qg_build.h"

namespace elanus::index {
namespace {

// A batch is at most this part of the nodes already linked, so that what its nodes do not see of
// each other stays small.
constexpr size_t kBatchPart = 32;
constexpr size_t kBatchMax = 8192;

struct Candidate {
  float distance;
  uint32_t node;
  bool operator<(const Candidate& o) const {
    return distance != o.distance ? distance < o.distance : node < o.node;
  }
};

struct BackLink {
  uint32_t target;
  uint32_t source;
  float distance;
  bool operator<(const BackLink& o) const {
    if (target != o.target) return target < o.target;
    return distance != o.distance ? distance < o.distance : source < o.source;
  }
};

size_t LevelOf(uint32_t row, size_t m) {
  const double u = (static_cast<double>(HashInt(row) >> 11) + 1) * 0x1p-53;  // (0, 1]
  return static_cast<size_t>(-std::log(u) / std::log(static_cast<double>(std::max<size_t>(m, 2))));
}

// One worker's tools.
struct Hand {
  GraphScratch scratch;
  Space::Probe probe;
  Space::Probe other;
  std::vector<Candidate> candidates;
  std::vector<uint32_t> chosen;
  std::vector<uint32_t> chosen_rows;
  std::vector<uint32_t> rows;
  std::vector<float> distances;
  std::vector<BackLink> back;
};

class Builder {
 public:
  Builder(const Context& context, const Space& space, const GraphParams& params, Workers* workers,
          const Progress& progress, BuiltGraph* out)
      : context_(context),
        space_(space),
        params_(params),
        workers_(workers),
        progress_(progress),
        out_(out),
        hands_(static_cast<size_t>(workers->count())) {}

  Status Build(size_t rows, const uint8_t* valid) {
    std::vector<uint32_t> nodes = Arrange(rows, valid);
    out_->links.resize(out_->counts.size());
    out_->degrees.resize(out_->counts.size());
    if (nodes.empty()) return {};
    out_->entry_row = nodes[0];
    order_ = nodes.data();
    for (size_t l = out_->counts.size(); l-- > 0;) {
      out_->degrees[l] = l == 0 ? 2 * params_.m : params_.m;
      const size_t count = l == 0 ? rows : out_->counts[l];
      out_->links[l] = Array<uint32_t>(count * out_->degrees[l]);
      workers_->For(out_->links[l].size(), 1u << 20, [&](size_t begin, size_t end, int) {
        std::fill(out_->links[l].data() + begin, out_->links[l].data() + end, Graph::kNone);
      });
      Status built = BuildLayer(l, l == 0 ? nodes.size() : count);
      if (!built.ok()) return built;
    }
    const size_t upper = out_->counts.size() > 1 ? out_->counts[1] : 0;
    out_->order.assign(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(upper));
    out_->first.assign(nodes.begin(),
                       nodes.begin() + static_cast<std::ptrdiff_t>(SeedCount(nodes.size())));
    out_->counts[0] = rows;
    Connect(nodes, rows);
    return {};
  }

 private:
  // Nodes by level, the highest first: each layer is a prefix. Fills counts (counts[0] = valid
  // rows).
  std::vector<uint32_t> Arrange(size_t rows, const uint8_t* valid) {
    std::vector<std::vector<uint32_t>> by_level(1);
    for (uint32_t row = 0; row < rows; ++row) {
      if (valid != nullptr && valid[row] == 0) continue;
      const size_t level = std::min<size_t>(LevelOf(row, params_.m), 15);
      if (by_level.size() <= level) by_level.resize(level + 1);
      by_level[level].push_back(row);
    }
    // Rows of a segment lie near rows like them (sorted by key), and a batch of such rows would not
    // see each other: each level is dealt out in a fixed random order.
    for (std::vector<uint32_t>& level : by_level) {
      std::sort(level.begin(), level.end(), [](uint32_t a, uint32_t b) {
        return HashInt(~uint64_t{a}) < HashInt(~uint64_t{b});
      });
    }
    std::vector<uint32_t> nodes;
    out_->counts.assign(by_level.size(), 0);
    for (size_t l = by_level.size(); l-- > 0;) {
      nodes.insert(nodes.end(), by_level[l].begin(), by_level[l].end());
      out_->counts[l] = nodes.size();
    }
    return nodes;
  }

  // The name of the i-th node inserted into the layer, and its row.
  uint32_t NodeAt(size_t layer, size_t i) const {
    return layer == 0 ? order_[i] : static_cast<uint32_t>(i);
  }
  uint32_t RowOf(size_t layer, uint32_t node) const { return layer == 0 ? node : order_[node]; }
  uint32_t* LinksOf(size_t layer, uint32_t node) {
    return out_->links[layer].data() + node * out_->degrees[layer];
  }

  GraphLayer LayerView(size_t l) const {
    return {l == 0 ? out_->links[0].size() / out_->degrees[0] : out_->counts[l], out_->degrees[l],
            out_->links[l].data()};
  }

  Status BuildLayer(size_t l, size_t count) {
    Graph above;  // the finished layers, for the descent
    above.order = order_;
    above.layers.resize(out_->counts.size());
    for (size_t i = l + 1; i < above.layers.size(); ++i) above.layers[i] = LayerView(i);
    above.entry_row = out_->entry_row;

    size_t done = 1;
    while (done < count) {
      TRY(context_.Check());
      const size_t batch =
          std::min({count - done, std::max<size_t>(1, done / kBatchPart), kBatchMax});
      // The lowest layer all of whose nodes are linked in this one already: where a descent may
      // end.
      size_t lowest = l + 1;
      while (lowest < above.layers.size() && out_->counts[lowest] > done) ++lowest;
      workers_->For(batch, 16, [&](size_t begin, size_t end, int worker) {
        for (size_t i = begin; i < end; ++i) {
          Insert(l, NodeAt(l, done + i), above, lowest, &hands_[static_cast<size_t>(worker)]);
        }
      });
      LinkBack(l);
      done += batch;
      if (l == 0 && progress_ != nullptr)
        progress_(static_cast<double>(done) / static_cast<double>(count));
    }
    return {};
  }

  void Insert(size_t l, uint32_t node, const Graph& above, size_t lowest, Hand* hand) {
    const uint32_t* order = l == 0 ? nullptr : order_;
    space_.BindRow(RowOf(l, node), &hand->probe);
    const bool top = lowest == above.layers.size();
    const uint32_t entry =
        NodeAt(l, top ? 0 : Descend(above, space_, hand->probe, lowest, &hand->scratch));
    SearchLayer(LayerView(l), order, space_, hand->probe, entry, params_.ef_construction,
                &hand->scratch);
    hand->candidates.clear();
    const Beam& beam = hand->scratch.beam;
    for (size_t i = 0; i < beam.size(); ++i)
      hand->candidates.push_back({beam.distance(i), beam.node(i)});
    Choose(l, params_.m, space_.Same(hand->probe), hand);
    uint32_t* links = LinksOf(l, node);
    for (size_t i = 0, c = 0; i < hand->chosen.size(); ++i) {
      while (hand->candidates[c].node != hand->chosen[i]) ++c;
      links[i] = hand->chosen[i];
      hand->back.push_back({hand->chosen[i], node, hand->candidates[c].distance});
    }
  }

  // The neighbours to keep of hand->candidates (nearest first): one is dropped when it is nearer to
  // one already kept than to the node, because the way there leads through that one. Copies of the
  // node itself get a quarter of the places, or a heap of equal rows would link to nothing else.
  void Choose(size_t l, size_t limit, float same, Hand* hand) {
    hand->chosen.clear();
    hand->chosen_rows.clear();
    hand->distances.resize(limit);
    size_t copies = 0;
    for (const Candidate& c : hand->candidates) {
      if (hand->chosen.size() == limit) break;
      if (c.distance <= same && ++copies > limit / 4 + 1) continue;
      const uint32_t row = RowOf(l, c.node);
      if (!hand->chosen.empty() && Dominated(row, c.distance, hand)) continue;
      hand->chosen.push_back(c.node);
      hand->chosen_rows.push_back(row);
    }
  }

  bool Dominated(uint32_t row, float distance, Hand* hand) const {
    constexpr size_t kPiece = 8;
    space_.BindRow(row, &hand->other);
    for (size_t at = 0; at < hand->chosen_rows.size(); at += kPiece) {
      const size_t n = std::min(kPiece, hand->chosen_rows.size() - at);
      space_.Distances(hand->other, hand->chosen_rows.data() + at, n, hand->distances.data());
      for (size_t i = 0; i < n; ++i) {
        if (hand->distances[i] < distance) return true;
      }
    }
    return false;
  }

  // Gives the targets of the batch's links their way back.
  void LinkBack(size_t l) {
    back_.clear();
    for (Hand& hand : hands_) {
      back_.insert(back_.end(), hand.back.begin(), hand.back.end());
      hand.back.clear();
    }
    std::sort(back_.begin(), back_.end());
    groups_.clear();
    for (size_t i = 0; i < back_.size(); ++i) {
      if (i == 0 || back_[i].target != back_[i - 1].target) groups_.push_back(i);
    }
    workers_->For(groups_.size(), 64, [&](size_t begin, size_t end, int worker) {
      for (size_t g = begin; g < end; ++g) {
        const size_t last = g + 1 < groups_.size() ? groups_[g + 1] : back_.size();
        AddLinks(l, std::span(back_).subspan(groups_[g], last - groups_[g]),
                 &hands_[static_cast<size_t>(worker)]);
      }
    });
  }

  // All of `back` have one target.
  void AddLinks(size_t l, std::span<const BackLink> back, Hand* hand) {
    const uint32_t target = back[0].target;
    const size_t degree = out_->degrees[l];
    uint32_t* links = LinksOf(l, target);
    size_t count = 0;
    while (count < degree && links[count] != Graph::kNone) ++count;
    if (count + back.size() <= degree) {
      for (const BackLink& b : back) links[count++] = b.source;
      return;
    }
    hand->rows.resize(count);
    hand->distances.resize(std::max(count, degree));
    for (size_t i = 0; i < count; ++i) hand->rows[i] = RowOf(l, links[i]);
    space_.BindRow(RowOf(l, target), &hand->probe);
    space_.Distances(hand->probe, hand->rows.data(), count, hand->distances.data());
    hand->candidates.clear();
    for (size_t i = 0; i < count; ++i) hand->candidates.push_back({hand->distances[i], links[i]});
    for (const BackLink& b : back) hand->candidates.push_back({b.distance, b.source});
    std::sort(hand->candidates.begin(), hand->candidates.end());
    Choose(l, degree, space_.Same(hand->probe), hand);
    for (size_t i = 0; i < degree; ++i)
      links[i] = i < hand->chosen.size() ? hand->chosen[i] : Graph::kNone;
  }

  // Makes every node reachable from the entry along layer 0. A tree of links that is never broken
  // grows from the entry; a node outside it takes a place at the nearest node inside that has one
  // to spare.
  void Connect(const std::vector<uint32_t>& nodes, size_t rows) {
    std::vector<uint32_t> parent(rows, Graph::kNone);
    std::vector<uint32_t> queue;
    const size_t degree = out_->degrees[0];
    const auto grow = [&](uint32_t root) {
      queue.assign(1, root);
      for (size_t at = 0; at < queue.size(); ++at) {
        const uint32_t node = queue[at];
        const uint32_t* links = LinksOf(0, node);
        for (size_t i = 0; i < degree && links[i] != Graph::kNone; ++i) {
          if (parent[links[i]] != Graph::kNone) continue;
          parent[links[i]] = node;
          queue.push_back(links[i]);
        }
      }
    };
    // The last place of `node` that is free or holds a link outside the tree; null when there is
    // none.
    const auto place = [&](uint32_t node) -> uint32_t* {
      uint32_t* links = LinksOf(0, node);
      for (size_t i = 0; i < degree; ++i) {
        if (links[i] == Graph::kNone) return links + i;
      }
      for (size_t i = degree; i-- > 0;) {
        if (parent[links[i]] != node) return links + i;
      }
      return nullptr;
    };
    parent[nodes[0]] = nodes[0];
    grow(nodes[0]);
    size_t spare = 0;  // all of nodes[0, spare) are known to have no place
    for (const uint32_t node : nodes) {
      if (parent[node] != Graph::kNone) continue;
      Hand& hand = hands_[0];
      space_.BindRow(node, &hand.probe);
      SearchLayer(LayerView(0), nullptr, space_, hand.probe, nodes[0], params_.ef_construction,
                  &hand.scratch);
      uint32_t* found = nullptr;
      uint32_t from = Graph::kNone;
      for (size_t i = 0; i < hand.scratch.beam.size() && found == nullptr; ++i) {
        from = hand.scratch.beam.node(i);
        found = place(from);
      }
      for (; found == nullptr;
           ++spare) {  // a tree with n - 1 links over n nodes leaves a place somewhere
        CHECK(spare < nodes.size());
        from = nodes[spare];
        if (parent[from] != Graph::kNone) found = place(from);
        if (found != nullptr) break;
      }
      *found = node;
      parent[node] = from;
      grow(node);
    }
  }

  const Context& context_;
  const Space& space_;
  const GraphParams& params_;
  Workers* workers_;
  const Progress& progress_;
  BuiltGraph* out_;
  std::vector<Hand> hands_;
  const uint32_t* order_ = nullptr;
  std::vector<BackLink> back_;
  std::vector<size_t> groups_;
};

}  // namespace

Graph BuiltGraph::View() const {
  Graph graph;
  graph.order = order.data();
  graph.entry_row = entry_row;
  for (size_t l = 0; l < links.size(); ++l)
    graph.layers.push_back({counts[l], degrees[l], links[l].data()});
  return graph;
}

Status BuildGraph(const Context& context, const Space& space, size_t rows, const uint8_t* valid,
                  const GraphParams& params, Workers* workers, const Progress& progress,
                  BuiltGraph* out) {
  return Builder(context, space, params, workers, progress, out).Build(rows, valid);
}

}  // namespace elanus::index
