#include "shard/grouped_search.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/profile.h"
#include "shard/group_keys.h"

namespace elanus::shard {
namespace {

constexpr float kFar = std::numeric_limits<float>::infinity();

// A segment and the rows of it that may be hits.
struct Part {
  uint32_t number;
  const SegmentView* view;
  RowSelection rows;
  std::optional<std::vector<uint32_t>> groups;  // of each row, once they were asked for
};

// Rows that segments gave for one query; all rows up to `sure` are among them.
struct Round {
  std::vector<GroupedHits::Hit> hits;
  float sure = kFar;
};

// The groups met so far by one query and their rows.
class Harvest {
 public:
  Harvest(size_t limit, size_t size) : limit_(limit), size_(size) {}

  // Takes what is sure of a round. `order`: its hits, nearest first; `keys`: of each.
  void Take(const Round& round, const std::vector<uint32_t>& order, const Column& keys) {
    for (const uint32_t i : order) {
      const GroupedHits::Hit& hit = round.hits[i];
      if (hit.distance > round.sure) return;
      if (!seen_.insert(std::string(keys.String(i))).second) continue;
      const auto found = counts_.find(hit.group);
      if (found == counts_.end()) {
        if (counts_.size() == limit_) continue;
        counts_.emplace(hit.group, 1);
      } else if (found->second < size_) {
        ++found->second;
      } else {
        continue;
      }
      hits_.push_back(hit);
    }
  }

  bool HasGroup(uint32_t group) const { return counts_.contains(group); }
  bool HasRoom(uint32_t group) const {
    const auto found = counts_.find(group);
    return found != counts_.end() && found->second < size_;
  }
  bool Full() const {
    return std::all_of(counts_.begin(), counts_.end(),
                       [&](const auto& group) { return group.second == size_; });
  }
  bool Enough() const { return counts_.size() == limit_; }
  const std::vector<GroupedHits::Hit>& hits() const { return hits_; }

 private:
  const size_t limit_;
  const size_t size_;
  std::unordered_map<uint32_t, size_t> counts_;  // rows of each group
  std::unordered_set<std::string> seen_;         // keys
  std::vector<GroupedHits::Hit> hits_;
};

class Search {
 public:
  Search(const Context& context, const Snapshot& snapshot, const roles::SearchRequest& request,
         const segment::VectorSearch& search, GroupKeys groups)
      : context_(context),
        snapshot_(snapshot),
        wanted_(request.limit),
        by_(*request.groups),
        search_(search),
        groups_(std::move(groups)) {}

  Status Select(const RowSelection::Wish& wish, bool ignore_growing) {
    for (uint32_t i = 0; i < snapshot_.segments.size(); ++i) {
      const SegmentView& view = *snapshot_.segments[i];
      if (view.rows == 0 || (ignore_growing && view.sealed == nullptr)) continue;
      RowSelection rows =
          TRY(RowSelection::Make(context_, view, snapshot_.collection->schema, wish));
      if (rows.None()) continue;
      parts_.push_back({i, &view, std::move(rows), std::nullopt});
      rows_searched_ += static_cast<int64_t>(view.rows);
    }
    return {};
  }

  Result<GroupedHits> Run() {
    GroupedHits result;
    const size_t per_query = wanted_ * by_.size;
    const size_t first = std::max(kRowsMin, 2 * per_query);
    std::vector<Round> rounds = TRY(Ask(search_, first, nullptr));
    for (size_t query = 0; query < rounds.size(); ++query) {
      Harvest harvest(wanted_, by_.size);
      TRY(Add(rounds[query], &harvest));
      if (!Done(rounds[query], harvest)) TRY(Widen(query, first, &harvest));
      result.queries.push_back(TRY(Sorted(harvest.hits())));
    }
    result.groups = groups_.Take();
    result.rows_searched = rows_searched_;
    return result;
  }

 private:
  static constexpr size_t kRowsMin = 64;
  static constexpr size_t kWider = 8;

  using Allows = std::function<bool(uint32_t group)>;

  bool Done(const Round& round, const Harvest& harvest) const {
    if (round.sure == kFar) return true;
    return harvest.Enough() && (!by_.strict || harvest.Full());
  }

  // The `count` nearest rows of every part, of groups that `allows` (null: of any).
  Result<std::vector<Round>> Ask(const segment::VectorSearch& which, size_t count,
                                 const Allows& allows) {
    segment::VectorSearch search = which;
    search.limit = count;
    const Profile::Stage stage(context_.profile(), "search");
    std::vector<Round> rounds(search.queries.count);
    std::vector<std::vector<Hit>> hits;
    for (Part& part : parts_) {
      TRY(context_.Check());
      hits.assign(rounds.size(), {});
      std::optional<Bitmap> rows;
      if (allows != nullptr) rows = TRY(Allowed(&part, allows));
      std::optional<BitmapMask> mask;
      if (rows.has_value()) mask.emplace(*rows);
      if (rows.has_value() && rows->None()) continue;
      const SegmentView& view = *part.view;
      TRY(view.segment->Search(context_, search, view.rows,
                               mask.has_value() ? mask->mask() : part.rows.mask(),
                               view.indexes.get(), &hits));
      for (size_t query = 0; query < rounds.size(); ++query) {
        for (const Hit& hit : hits[query]) {
          rounds[query].hits.push_back(
              {WithinMetric(search.metric, hit.distance), {part.number, hit.row}, 0});
        }
        if (hits[query].size() >= count) {
          rounds[query].sure = std::min(rounds[query].sure,
                                        WithinMetric(search.metric, hits[query].back().distance));
        }
      }
    }
    for (Round& round : rounds) {
      std::vector<Place> places;
      for (const GroupedHits::Hit& hit : round.hits) places.push_back(hit.place);
      const std::vector<uint32_t> groups = TRY(groups_.Of(places));
      for (size_t i = 0; i < groups.size(); ++i) round.hits[i].group = groups[i];
    }
    return rounds;
  }

  Result<Bitmap> Allowed(Part* part, const Allows& allows) {
    if (!part->groups.has_value()) {
      part->groups = TRY(groups_.OfSegment(context_, *part->view, part->rows));
    }
    Bitmap rows(part->view->rows);
    for (size_t row = 0; row < part->view->rows; ++row) {
      const uint32_t group = (*part->groups)[row];
      if (group != GroupKeys::kNone && allows(group)) rows.Set(row);
    }
    return rows;
  }

  Status Add(const Round& round, Harvest* harvest) {
    const Column keys = TRY(KeysOf(round.hits));
    harvest->Take(round, Order(round.hits, keys), keys);
    return {};
  }

  Status Widen(size_t query, size_t count, Harvest* harvest) {
    segment::VectorSearch one = search_;
    one.queries.count = 1;
    std::vector<std::string> sparse;
    if (one.queries.data != nullptr) one.queries.data = search_.queries.Row(query);
    if (query < search_.queries.sparse->size()) {
      sparse.push_back((*search_.queries.sparse)[query]);
      one.queries.sparse = &sparse;
    }
    // Once more among all rows; reading the groups of all of them costs more than that.
    std::vector<Round> rounds = TRY(Ask(one, count *= kWider, nullptr));
    TRY(Add(rounds[0], harvest));
    if (Done(rounds[0], *harvest)) return {};

    bool exhausted = false;
    for (size_t more = count; !exhausted && !harvest->Enough(); more *= 2) {
      rounds = TRY(Ask(one, more, [&](uint32_t group) { return !harvest->HasGroup(group); }));
      exhausted = rounds[0].sure == kFar;
      TRY(Add(rounds[0], harvest));
    }
    exhausted = !by_.strict;
    for (size_t more = count; !exhausted && !harvest->Full(); more *= 2) {
      rounds = TRY(Ask(one, more, [&](uint32_t group) { return harvest->HasRoom(group); }));
      exhausted = rounds[0].sure == kFar;
      TRY(Add(rounds[0], harvest));
    }
    return {};
  }

  Result<Column> KeysOf(const std::vector<GroupedHits::Hit>& hits) {
    std::vector<Place> places;
    for (const GroupedHits::Hit& hit : hits) places.push_back(hit.place);
    return FetchColumn(snapshot_, snapshot_.collection->schema.primary(), places);
  }

  // By distance, then by key.
  static std::vector<uint32_t> Order(const std::vector<GroupedHits::Hit>& hits,
                                     const Column& keys) {
    std::vector<uint32_t> order(hits.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      if (hits[a].distance != hits[b].distance) return hits[a].distance < hits[b].distance;
      return CompareKeys(keys, a, b) < 0;
    });
    return order;
  }

  Result<std::vector<GroupedHits::Hit>> Sorted(const std::vector<GroupedHits::Hit>& hits) {
    const Column keys = TRY(KeysOf(hits));
    std::vector<GroupedHits::Hit> sorted;
    for (const uint32_t i : Order(hits, keys)) sorted.push_back(hits[i]);
    return sorted;
  }

  const Context& context_;
  const Snapshot& snapshot_;
  const size_t wanted_;  // groups
  const roles::SearchGroups& by_;
  const segment::VectorSearch& search_;
  GroupKeys groups_;
  std::vector<Part> parts_;
  int64_t rows_searched_ = 0;
};

}  // namespace

Result<GroupedHits> SearchGroups(const Context& context, const Snapshot& snapshot,
                                 const roles::SearchRequest& request,
                                 const RowSelection::Wish& wish,
                                 const segment::VectorSearch& search) {
  Search grouped(context, snapshot, request, search,
                 TRY(GroupKeys::Make(snapshot, *request.groups)));
  TRY(grouped.Select(wish, request.ignore_growing));
  return grouped.Run();
}

}  // namespace elanus::shard
