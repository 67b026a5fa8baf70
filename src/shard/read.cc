// LocalShard, search: pin a snapshot, select rows, search each segment, merge, fetch the winners'
// fields. And what the shard tells of itself.
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <unordered_set>

#include "base/profile.h"
#include "shard/boosts.h"
#include "shard/fetch.h"
#include "shard/grouped_search.h"
#include "shard/local_shard.h"
#include "shard/request_memory.h"
#include "shard/selection.h"
#include "shard/served_indexes.h"
#include "shard/term_statistics.h"

namespace elanus::shard {
namespace {

struct Candidate {
  float distance;
  Place place;
};

// The `limit` nearest of one query's candidates, ties by key, one a key; indexes into `candidates`.
// `keys` are the candidates' keys.
std::vector<uint32_t> PickNearest(const std::vector<Candidate>& candidates, const Column& keys,
                                  size_t first, size_t limit) {
  std::vector<uint32_t> order(candidates.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<uint32_t>(i);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    if (candidates[a].distance != candidates[b].distance)
      return candidates[a].distance < candidates[b].distance;
    return CompareKeys(keys, first + a, first + b) < 0;
  });
  std::vector<uint32_t> picked;
  std::unordered_set<std::string_view> seen;
  for (const uint32_t i : order) {
    if (picked.size() == limit) break;
    if (!seen.insert(keys.String(first + i)).second) continue;
    picked.push_back(i);
  }
  return picked;
}

// What a search of `limit` hits a query may gather from all segments, and answer, at most.
uint64_t BytesOf(const Snapshot& snapshot, const roles::SearchRequest& request, size_t limit) {
  // A hit of a segment; a candidate with its key; the winner's place.
  constexpr uint64_t kHitBytes = sizeof(Hit) + sizeof(Candidate) + 16 + sizeof(uint32_t);
  // Of values whose width is not fixed: as it is for most.
  constexpr uint64_t kTextBytes = 64;
  uint64_t hits = 0, rows = 0;
  for (const SegmentViewPtr& view : snapshot.segments) {
    hits += std::min(limit, view->rows);
    rows += view->rows;
  }
  uint64_t width = 16;
  for (const FieldId id : request.output) {
    const Field* field = snapshot.collection->schema.Find(id);
    if (field == nullptr) continue;
    const uint64_t fixed = WidthOf(field->type, field->dim);
    width += fixed != 0 ? fixed : kTextBytes;
  }
  // As columns here, and once more as a message.
  const uint64_t answered = std::min<uint64_t>(request.limit, rows) * width * 2;
  const uint64_t sizes = request.groups.has_value() ? std::max<size_t>(1, request.groups->size) : 1;
  return request.queries.count * sizes * (hits * kHitBytes + answered);
}

// What the segments answer, not yet one row a key.
struct Gathered {
  std::vector<std::vector<Candidate>> candidates;  // of each query
  std::vector<bool> more;  // of each query: some segment may have had more than it was asked for
  int64_t rows_searched = 0;
};

Result<Gathered> Gather(const Context& context, const Snapshot& snapshot,
                        const roles::SearchRequest& request, const RowSelection::Wish& wish,
                        const segment::VectorSearch& search) {
  const size_t count = request.queries.count;
  Gathered gathered{std::vector<std::vector<Candidate>>(count), std::vector<bool>(count), 0};
  std::vector<std::vector<Hit>> hits;
  for (uint32_t i = 0; i < snapshot.segments.size(); ++i) {
    TRY(context.Check());
    const SegmentView& view = *snapshot.segments[i];
    if (view.rows == 0 || (request.ignore_growing && view.sealed == nullptr)) continue;
    const RowSelection rows =
        TRY(RowSelection::Make(context, view, snapshot.collection->schema, wish));
    if (rows.None()) continue;
    hits.assign(count, {});
    const Profile::Stage stage(context.profile(), "search");
    TRY(view.segment->Search(context, search, view.rows, rows.mask(), view.indexes.get(), &hits));
    for (size_t q = 0; q < count; ++q) {
      for (const Hit& hit : hits[q]) {
        gathered.candidates[q].push_back({WithinMetric(search.metric, hit.distance), {i, hit.row}});
      }
      if (hits[q].size() >= search.limit) gathered.more[q] = true;
    }
    gathered.rows_searched += static_cast<int64_t>(view.rows);
  }
  return gathered;
}

// Only what can still win needs its key: everything up to the distance of the last winner.
void KeepNearest(size_t limit, std::vector<Candidate>* candidates) {
  if (candidates->size() <= limit || limit == 0) return;
  const auto nth = candidates->begin() + static_cast<ptrdiff_t>(limit) - 1;
  std::nth_element(candidates->begin(), nth, candidates->end(),
                   [](const Candidate& a, const Candidate& b) { return a.distance < b.distance; });
  const float last = nth->distance;
  std::erase_if(*candidates, [last](const Candidate& c) { return c.distance > last; });
}

// Changes the candidates' distances as the boosts change their scores.
Status ApplyBoosts(const Context& context, const Snapshot& snapshot,
                   const roles::SearchRequest& request,
                   std::vector<std::vector<Candidate>>* queries) {
  std::vector<Place> places;
  for (const auto& query : *queries) {
    for (const Candidate& candidate : query) places.push_back(candidate.place);
  }
  const std::vector<std::optional<float>> boosts =
      TRY(BoostsOf(context, snapshot, request.boosts, places));
  size_t next = 0;
  for (auto& query : *queries) {
    for (Candidate& candidate : query) {
      const std::optional<float>& boost = boosts[next++];
      if (!boost.has_value()) continue;
      const float score = -candidate.distance;
      candidate.distance = -(request.boosts.add ? score + *boost : score * *boost);
    }
  }
  return {};
}

// The candidates' distances as the chain changes their scores.
Status ApplyChain(const Snapshot& snapshot, const query::Chain& chain,
                  std::vector<std::vector<Candidate>>* queries) {
  std::vector<Place> places;
  std::vector<float> scores;
  for (const auto& query : *queries) {
    for (const Candidate& candidate : query) {
      places.push_back(candidate.place);
      scores.push_back(-candidate.distance);
    }
  }
  const Schema& schema = snapshot.collection->schema;
  const Column keys = TRY(FetchColumn(snapshot, schema.primary(), places));
  std::vector<Column> columns;
  for (const auto& [name, id] : chain.inputs) {
    const Field* field = TRY(FieldOf(schema, id));
    columns.push_back(TRY(FetchColumn(snapshot, *field, places)));
  }
  scores = TRY(query::ChainScores(chain, scores, keys, std::move(columns)));
  size_t next = 0;
  for (auto& query : *queries) {
    for (Candidate& candidate : query) candidate.distance = -scores[next++];
  }
  return {};
}

Status FetchOutput(const Snapshot& snapshot, const roles::SearchRequest& request,
                   const std::vector<Place>& winners, roles::SearchResult* result) {
  for (const FieldId id : request.output) {
    const Field* field = TRY(FieldOf(snapshot.collection->schema, id));
    result->output.push_back(TRY(FetchColumn(snapshot, *field, winners)));
  }
  return {};
}

// A search by groups: each hit with its group's keys.
Result<roles::SearchResult> ByGroups(const Context& context, const Snapshot& snapshot,
                                     const roles::SearchRequest& request,
                                     const RowSelection::Wish& wish,
                                     const segment::VectorSearch& search) {
  const GroupedHits found = TRY(SearchGroups(context, snapshot, request, wish, search));
  roles::SearchResult result;
  result.rows_searched = found.rows_searched;
  for (const Column& keys : found.groups) result.groups.emplace_back(keys.field(), keys.type());
  std::vector<Place> winners;
  for (const auto& query : found.queries) {
    for (const GroupedHits::Hit& hit : query) {
      result.scores.push_back(ScoreOf(request.metric, hit.distance));
      winners.push_back(hit.place);
      for (size_t i = 0; i < found.groups.size(); ++i) {
        result.groups[i].AppendFrom(found.groups[i], hit.group);
      }
    }
    result.counts.push_back(static_cast<uint32_t>(query.size()));
  }
  result.keys = TRY(FetchColumn(snapshot, snapshot.collection->schema.primary(), winners));
  TRY(FetchOutput(snapshot, request, winners, &result));
  return result;
}

}  // namespace

Result<std::pair<SnapshotPtr, Timestamp>> LocalShard::Pin(Timestamp at) {
  // The newest snapshot holds every write answered so far, so "now" never waits.
  if (at == 0) {
    SnapshotPtr snapshot = slot_.Get();
    const Timestamp ts = snapshot->ts;
    return std::pair(std::move(snapshot), ts);
  }
  env_->lane->WaitPublished(at);
  SnapshotPtr snapshot = slot_.Get();
  if (at < snapshot->floor) {
    return Fail(Code::kParameterInvalid,
                "iterator snapshot expired: timestamp " + std::to_string(at) +
                    " is before the oldest readable moment " + std::to_string(snapshot->floor));
  }
  return std::pair(std::move(snapshot), at);
}

Result<roles::SearchResult> LocalShard::Search(const Context& context,
                                               const roles::SearchRequest& request) {
  TRY(context.Check());
  Learn(request.collection);
  auto found = SearchRows(context, request);
  if (found.ok()) return found;
  return NoteDamage(found.status(), *slot_.Get()->collection);
}

Result<roles::SearchResult> LocalShard::SearchRows(const Context& context,
                                                   const roles::SearchRequest& request) {
  const auto [snapshot, at] = TRY(Pin(request.at));
  const Schema& schema = snapshot->collection->schema;
  const RowSelection::Wish wish{at, ExpiryAt(*snapshot->collection, env_->oracle->Now()),
                                Ascending(request.partitions), request.filter.get()};

  segment::VectorSearch search;
  search.field = request.field;
  search.queries = {request.queries.type, request.queries.dim, request.queries.count,
                    reinterpret_cast<const std::byte*>(request.queries.dense.data()),
                    &request.queries.sparse};
  search.metric = request.metric;
  search.limit = request.limit;
  search.params = request.params;
  search.range = request.range;
  if (search.range && request.metric == Metric::kCosine && search.range->lower <= -1) {
    // Rounding puts a row that looks the same beyond the nearest that a cosine can be.
    search.range->lower = -std::numeric_limits<float>::infinity();
  }
  search.exact = request.index_type.empty() || IsExact(request.index_type);

  roles::QueryVectors weighed;
  if (request.metric == Metric::kBm25) {
    weighed = request.queries;
    index::Bm25 bm25 = request.params.bm25.value_or(index::Bm25());
    bm25.avgdl =
        TRY(WeighTerms(context, *snapshot, request.field, request.ignore_growing, &weighed));
    // No row has a term: each is as good as the other, and none is a hit.
    if (bm25.avgdl <= 0) {
      for (std::string& query : weighed.sparse) query.clear();
      bm25.avgdl = 1;
    }
    search.params.bm25 = bm25;
    search.queries.sparse = &weighed.sparse;
  }
  RequestMemory memory(env_->budget, "search");
  if (request.groups.has_value()) {
    TRY(memory.Set(BytesOf(*snapshot, request, search.limit)));
    return ByGroups(context, *snapshot, request, wish, search);
  }

  // A key may be in several partitions, and only its nearest row is a hit: where that leaves a
  // query short, the segments are asked for more.
  const bool may_repeat = snapshot->collection->partitions.size() > 1;
  roles::SearchResult result;
  std::vector<Place> winners;
  for (bool short_of_hits = true; short_of_hits; search.limit *= 2) {
    TRY(memory.Set(BytesOf(*snapshot, request, search.limit)));
    Gathered gathered = TRY(Gather(context, *snapshot, request, wish, search));
    if (!request.boosts.all.empty()) {
      TRY(ApplyBoosts(context, *snapshot, request, &gathered.candidates));
    }
    if (request.chain != nullptr) TRY(ApplyChain(*snapshot, *request.chain, &gathered.candidates));
    std::vector<Place> places;
    for (auto& query : gathered.candidates) {
      if (!may_repeat) KeepNearest(request.limit, &query);
      for (const Candidate& candidate : query) places.push_back(candidate.place);
    }
    const Column keys = TRY(FetchColumn(*snapshot, schema.primary(), places));

    result = roles::SearchResult();
    result.rows_searched = gathered.rows_searched;
    result.keys = Column(keys.field(), keys.type());
    winners.clear();
    short_of_hits = false;
    size_t first = 0;
    for (size_t q = 0; q < gathered.candidates.size(); ++q) {
      const std::vector<Candidate>& query = gathered.candidates[q];
      const std::vector<uint32_t> picked = PickNearest(query, keys, first, request.limit);
      for (const uint32_t i : picked) {
        result.keys.AppendFrom(keys, first + i);
        result.scores.push_back(ScoreOf(request.metric, query[i].distance));
        winners.push_back(query[i].place);
      }
      short_of_hits |= may_repeat && picked.size() < request.limit &&
                       picked.size() < query.size() && gathered.more[q];
      result.counts.push_back(static_cast<uint32_t>(picked.size()));
      first += query.size();
    }
  }
  const Profile::Stage stage(context.profile(), "fetch");
  TRY(FetchOutput(*snapshot, request, winners, &result));
  return result;
}

uint64_t LocalShard::GrowingBytes() const {
  const SnapshotPtr snapshot = slot_.Get();
  if (snapshot->segments.empty() || snapshot->segments.back()->growing == nullptr) return 0;
  return snapshot->segments.back()->segment->memory_bytes();
}

uint64_t LocalShard::ResidentBytes() const {
  const SnapshotPtr snapshot = slot_.Get();
  uint64_t bytes = sizeof *this;
  for (const SegmentViewPtr& view : snapshot->segments) {
    bytes += sizeof(SegmentView) + view->live->memory_bytes();
    if (view->sealed == nullptr) continue;
    bytes += view->segment->memory_bytes();
    for (const auto& [field, index] : view->indexes->vectors) bytes += index->memory_bytes();
  }
  return bytes;
}

void LocalShard::DropCaches() {
  const SnapshotPtr snapshot = slot_.Get();
  for (const SegmentViewPtr& view : snapshot->segments) {
    if (view->sealed != nullptr) view->sealed->DropCaches();
  }
}

roles::ShardStats LocalShard::Stats() {
  const SnapshotPtr snapshot = slot_.Get();
  roles::ShardStats stats;
  std::map<PartitionId, int64_t> partitions;
  for (const SegmentViewPtr& view : snapshot->segments) {
    roles::SegmentInfo info;
    info.id = view->id;
    info.rows = static_cast<int64_t>(view->rows);
    info.state = view->sealed != nullptr    ? roles::SegmentState::kFlushed
                 : view->growing != nullptr ? roles::SegmentState::kGrowing
                                            : roles::SegmentState::kSealed;
    info.bytes =
        view->sealed != nullptr ? view->sealed->file_bytes() : view->segment->memory_bytes();
    if (view->rows > 0) info.partition = view->segment->PartitionOf(0);
    for (const auto& [index, field] : view->index_ids) {
      const IndexInfo* declared = snapshot->collection->FindIndex(index);
      if (declared != nullptr) info.indexes.push_back(declared->name);
    }
    int64_t counted = 0;  // rows of partitions that are there
    for (const Partition& partition : snapshot->collection->partitions) {
      Bitmap rows(view->rows, true);
      const PartitionId one[] = {partition.id};
      view->segment->MaskPartitions(one, view->rows, &rows);
      const auto count = static_cast<int64_t>(rows.Count());
      if (count > 0) partitions[partition.id] += count;
      counted += count;
    }
    stats.physical_rows += counted;
    stats.live_rows += static_cast<int64_t>(view->live_rows());
    if (view->sealed != nullptr) {
      uint64_t indexes = 0;
      for (const auto& [index, file] : view->index_files) indexes += file->size();
      stats.disk_bytes += info.bytes + indexes;
      stats.index_bytes += indexes;
    } else {
      stats.growing_bytes += view->segment->memory_bytes();
    }
    // What is left of dropped partitions goes with the next merge, and is nobody's meanwhile.
    if (counted > 0 || view->rows == 0) stats.segments.push_back(std::move(info));
  }
  stats.memory_bytes = stats.growing_bytes + ResidentBytes();
  std::set<std::string> damages;
  for (const SegmentViewPtr& view : snapshot->segments) {
    if (const Status damage = view->segment->damage(); !damage.ok())
      damages.insert(Named(damage, snapshot->collection->name).message());
  }
  {
    const std::lock_guard lock(failures_mutex_);
    damages.insert(damages_met_.begin(), damages_met_.end());
  }
  stats.damages.assign(damages.begin(), damages.end());
  stats.partition_rows.assign(partitions.begin(), partitions.end());
  return stats;
}

roles::IndexProgress LocalShard::ProgressOf(IndexId index) {
  const SnapshotPtr snapshot = slot_.Get();
  roles::IndexProgress progress;
  const std::vector<IndexInfo> served = ServedIndexes(*snapshot->collection);
  const auto declared = std::find_if(served.begin(), served.end(),
                                     [index](const IndexInfo& one) { return one.id == index; });
  if (declared == served.end()) return progress;
  const Field* field = snapshot->collection->schema.Find(declared->field);
  for (const SegmentViewPtr& view : snapshot->segments) {
    if (view->sealed == nullptr) continue;
    progress.total_rows += static_cast<int64_t>(view->rows);
    const bool ready = view->index_ids.contains(index) ||
                       (field != nullptr && !LacksMade(*view->segment, *field) &&
                        !NeedsIndexFile(*declared, *field, *view));
    if (ready) progress.indexed_rows += static_cast<int64_t>(view->rows);
  }
  const std::lock_guard lock(failures_mutex_);
  if (const auto failure = index_failures_.find(index); failure != index_failures_.end()) {
    progress.failure = failure->second.message;
  }
  return progress;
}

}  // namespace elanus::shard
