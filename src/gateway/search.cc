// Search and HybridSearch: check, one call a shard, merge, page, round.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "gateway/columns.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/output_fields.h"
#include "gateway/params.h"
#include "gateway/rank_params.h"
#include "gateway/request.h"
#include "gateway/search_cursors.h"
#include "gateway/search_params.h"
#include "gateway/text.h"
#include "query/hits.h"
#include "query/rerank.h"

namespace elanus::gateway {
namespace {

Status CheckQueries(const Field& field, roles::QueryVectors* queries) {
  const bool narrows =
      queries->type == DataType::kFloatVector &&
      (field.type == DataType::kFloat16Vector || field.type == DataType::kBFloat16Vector);
  if (queries->type != field.type && !narrows) {
    return Invalid("vector type must be the same, field ", field.name, " - type ",
                   NameOf(field.type), ", search info type ", NameOf(queries->type));
  }
  if (field.type == DataType::kSparseFloatVector) {
    for (const std::string& row : queries->sparse) TRY(CheckSparseRow(row));
    return {};
  }
  const size_t width = WidthOf(queries->type, queries->dim);
  if (queries->dim != field.dim || queries->dense.size() != width * queries->count) {
    return Invalid("vector dimension mismatch, expected vector size(byte) ",
                   WidthOf(queries->type, field.dim), ", actual ", width);
  }
  if (queries->type != DataType::kFloatVector) return {};
  const auto* values = reinterpret_cast<const float*>(queries->dense.data());
  const size_t count = queries->count * static_cast<size_t>(field.dim);
  TRY(CheckFinite(values, count));
  if (!narrows) return {};
  std::string narrow(count * 2, '\0');
  NarrowFloats(values, count, field.type, reinterpret_cast<std::byte*>(narrow.data()));
  queries->type = field.type;
  queries->dense = std::move(narrow);
  return {};
}

// The vectors of rows named by key, in the order of the keys; rows whose vector is null have none.
struct NamedVectors {
  roles::QueryVectors queries;
  std::vector<bool> has_vector;  // of each key
};

Result<NamedVectors> FetchVectors(const Context& context, roles::Shard* shard,
                                  const roles::CollectionPtr& collection, const Field& field,
                                  const Column& ids, Timestamp at) {
  const Field& primary = collection->schema.primary();
  if (ids.type() != primary.type) {
    return Invalid("ids type must be the type of the primary field, ", NameOf(primary.type));
  }
  Value::Array keys;
  for (size_t row = 0; row < ids.rows(); ++row) {
    keys.push_back(ids.fixed() ? Value(ids.as<int64_t>()[row])
                               : Value(std::string(ids.String(row))));
  }
  roles::QueryRequest query;
  query.collection = collection;
  query.at = at;
  query.filter = TRY(expr::Compile(Concat(primary.name, " in {ids}"), collection->schema,
                                   {{"ids", Value(std::move(keys))}}));
  query.output = {primary.id, field.id};
  const roles::QueryResult found = TRY(shard->Query(context, query));

  std::map<std::string, size_t, std::less<>> row_of;  // key bytes -> row
  const Column* found_keys = found.rows.Find(primary.id);
  const Column* vectors = found.rows.Find(field.id);
  for (size_t row = 0; found_keys != nullptr && row < found_keys->rows(); ++row) {
    row_of.emplace(found_keys->String(row), row);
  }
  NamedVectors named;
  roles::QueryVectors& out = named.queries;
  out.type = field.type;
  out.dim = field.dim;
  for (size_t row = 0; row < ids.rows(); ++row) {
    const auto at_row = row_of.find(ids.String(row));
    if (at_row == row_of.end() || vectors == nullptr) {
      const std::string key =
          ids.fixed() ? std::to_string(ids.as<int64_t>()[row]) : std::string(ids.String(row));
      return Invalid("some of the provided primary key IDs do not exist: missing IDs = [", key,
                     "]");
    }
    named.has_vector.push_back(!vectors->IsNull(at_row->second));
    if (!named.has_vector.back()) continue;
    if (field.type == DataType::kSparseFloatVector) {
      out.sparse.emplace_back(vectors->String(at_row->second));
    } else {
      out.dense += vectors->String(at_row->second);
    }
    ++out.count;
  }
  return named;
}

// Everything of one search that is settled before rows are read.
struct Prepared {
  SearchPlan plan;
  std::shared_ptr<const expr::Filter> filter;  // null: every row
};

Result<Prepared> Prepare(const CollectionInfo& collection, const Search& request,
                         const RankPlan* rank, const std::string& timezone, const Limits& limits) {
  Prepared prepared;
  prepared.plan = TRY(PlanSearch(collection, request.params, rank, limits));
  const auto filter = TRY(CompileFilter(collection.schema, request, timezone));
  if (!filter->always_true()) prepared.filter = filter;
  return prepared;
}

int64_t QueryCount(const Search& request) {
  if (request.nq != 0) return request.nq;
  return request.ids.has_value() ? static_cast<int64_t>(request.ids->rows())
                                 : static_cast<int64_t>(request.queries.count);
}

// No hits of one query; typed all the same.
query::HitLists NoHits(const CollectionInfo& collection, const std::vector<FieldId>& output) {
  query::HitLists hits;
  hits.counts = {0};
  const Field& primary = collection.schema.primary();
  hits.keys = Column(primary.id, primary.type);
  for (const FieldId id : output) {
    const Field* field = collection.schema.Find(id);
    hits.output.emplace_back(id, field->type, field->dim);
  }
  return hits;
}

// Runs one prepared search; hits are at most offset + limit a query.
Result<query::HitLists> RunPrepared(const Context& context, roles::Shard* shard,
                                    const roles::CollectionPtr& collection, const Search& request,
                                    const Prepared& prepared, std::vector<PartitionId> partitions,
                                    const std::vector<FieldId>& output, Timestamp at,
                                    int64_t* rows_searched) {
  const SearchPlan& plan = prepared.plan;
  roles::SearchRequest search;
  search.collection = collection;
  search.at = at;
  search.field = plan.field->id;
  std::vector<bool> has_vector;  // empty: every query
  if (request.ids.has_value()) {
    NamedVectors named =
        TRY(FetchVectors(context, shard, collection, *plan.field, *request.ids, at));
    search.queries = std::move(named.queries);
    has_vector = std::move(named.has_vector);
  } else {
    search.queries = request.queries;
    TRY(CheckQueries(*plan.field, &search.queries));
  }
  const size_t queries = has_vector.empty() ? search.queries.count : has_vector.size();
  if (static_cast<int64_t>(queries) != QueryCount(request)) {
    return Invalid("nq (", QueryCount(request), ") is not the number of query vectors (", queries,
                   ")");
  }
  search.metric = plan.metric;
  search.index_type = plan.index->type;
  search.limit = static_cast<size_t>(plan.limit + plan.offset);
  search.params = plan.params;
  search.range = plan.range;
  search.filter = prepared.filter;
  search.partitions = std::move(partitions);
  search.output = output;
  search.ignore_growing = plan.ignore_growing;
  roles::SearchResult result;
  if (search.queries.count > 0) result = TRY(shard->Search(context, search));

  *rows_searched += result.rows_searched;
  query::HitLists hits;
  hits.counts = std::move(result.counts);
  hits.counts.resize(search.queries.count, 0);
  if (!has_vector.empty()) {  // no vector, no hits
    std::vector<uint32_t> counts(queries, 0);
    for (size_t query = 0, next = 0; query < queries; ++query) {
      if (has_vector[query]) counts[query] = hits.counts[next++];
    }
    hits.counts = std::move(counts);
  }
  hits.keys = std::move(result.keys);
  hits.scores = std::move(result.scores);
  hits.output = std::move(result.output);
  if (hits.keys.rows() == 0) {
    query::HitLists none = NoHits(*collection, output);
    none.counts = std::move(hits.counts);
    return none;
  }
  return hits;
}

// The rows of `range` that lie in [lower, upper) too.
index::Range Narrowed(const std::optional<index::Range>& range, float lower, float upper) {
  index::Range narrow = range.value_or(index::Range());
  narrow.lower = std::max(narrow.lower, lower);
  narrow.upper = std::min(narrow.upper, upper);
  return narrow;
}

query::HitLists Joined(const query::HitLists& first, const query::HitLists& second) {
  query::HitCollector joined({&first, &second});
  for (size_t row = 0; row < first.scores.size(); ++row) joined.Add(0, row, first.scores[row]);
  for (size_t row = 0; row < second.scores.size(); ++row) joined.Add(1, row, second.scores[row]);
  joined.EndQuery();
  return joined.Take();
}

// Where a page ends; one hit more than its size was asked for.
SearchCursor EndOf(const query::HitLists& hits, size_t size) {
  SearchCursor end;
  const size_t count = std::min(hits.scores.size(), size);
  end.exhausted = hits.scores.size() <= size;
  if (count == 0) return end;
  end.bound = hits.scores[count - 1];
  end.last_key = hits.keys.fixed() ? Value(hits.keys.as<int64_t>()[count - 1])
                                   : Value(std::string(hits.keys.String(count - 1)));
  end.ties_left = !end.exhausted && hits.scores[count] == end.bound;
  return end;
}

// The page of an iterator that comes after `from` (nothing: the first), and one hit more: rows as
// far as the last hit with a larger key, then rows beyond it.
Result<query::HitLists> RunPage(const Context& context, roles::Shard* shard,
                                const roles::CollectionPtr& collection, const Search& request,
                                const Prepared& prepared, const std::string& timezone,
                                const std::optional<SearchCursor>& from,
                                const std::vector<PartitionId>& partitions,
                                const std::vector<FieldId>& output, Timestamp at,
                                int64_t* rows_searched) {
  const auto run = [&](const Prepared& part) {
    return RunPrepared(context, shard, collection, request, part, partitions, output, at,
                       rows_searched);
  };
  constexpr float kFar = std::numeric_limits<float>::infinity();
  Prepared part = prepared;
  ++part.plan.limit;
  if (!from.has_value()) return run(part);
  const float bound = DistanceOf(part.plan.metric, from->bound);
  const float beyond = std::nextafter(bound, kFar);
  query::HitLists ties;
  if (from->ties_left) {
    part.plan.range = Narrowed(prepared.plan.range, bound, beyond);
    part.filter = TRY(CompileFilter(collection->schema, request, timezone, from->last_key));
    ties = TRY(run(part));
    part.plan.limit -= static_cast<int64_t>(ties.scores.size());
    if (part.plan.limit == 0) return ties;
    part.filter = prepared.filter;
  }
  part.plan.range = Narrowed(prepared.plan.range, beyond, kFar);
  query::HitLists rest = TRY(run(part));
  return from->ties_left ? Joined(ties, rest) : std::move(rest);
}

int64_t SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

SearchAnswer Answer(const CollectionInfo& collection, const OutputFields& fields,
                    query::HitLists hits, std::string timezone, Timestamp session_ts) {
  SearchAnswer answer;
  answer.collection = collection.name;
  answer.num_queries = static_cast<int64_t>(hits.counts.size());
  answer.counts.assign(hits.counts.begin(), hits.counts.end());
  for (const int64_t count : answer.counts) answer.top_k = std::max(answer.top_k, count);
  answer.ids = std::move(hits.keys);
  answer.scores = std::move(hits.scores);
  answer.columns = Describe(collection.schema, fields.ids, std::move(hits.output));
  answer.output_fields = fields.names;
  answer.primary_field = collection.schema.primary().name;
  answer.session_ts = session_ts;
  answer.timezone = std::move(timezone);
  return answer;
}

Result<OutputFields> SearchOutput(const Schema& schema, const std::vector<std::string>& names) {
  OutputFields fields = TRY(ResolveOutputFields(schema, names, PrimaryKey::kLast));
  if (!fields.aggregates.empty()) {
    return Invalid("aggregates are not supported in search request");
  }
  return fields;
}

// A field that was left out of the load, or came after it and has no index yet, cannot be searched.
Status CheckSearchable(const CollectionInfo& collection, const SearchPlan& plan) {
  const std::vector<FieldId>& loaded = collection.load_fields;
  const bool left_out =
      !loaded.empty() && std::find(loaded.begin(), loaded.end(), plan.field->id) == loaded.end();
  if (plan.index != nullptr && !left_out) return {};
  return Invalid("field index of the field: ", plan.field->name,
                 " is not loaded, please reload the collection");
}

}  // namespace

Result<SearchAnswer> Gateway::RunSearch(const Context& context, const Search& request) {
  const roles::CollectionPtr collection = TRY(Find(request.database, request.collection));
  std::vector<PartitionId> partitions =
      TRY(NamedPartitions(*collection, request.partitions, *limits_));
  const OutputFields output = TRY(SearchOutput(collection->schema, request.output_fields));
  TRY(CheckQueryCount(QueryCount(request), *limits_));
  std::string timezone = TRY(TimeZoneOf(*collection, request.params));
  const Prepared prepared = TRY(Prepare(*collection, request, nullptr, timezone, *limits_));
  partitions = TRY(LoadedPartitions(*collection, std::move(partitions)));
  TRY(CheckSearchable(*collection, prepared.plan));

  const ReadTime time =
      ReadTimeOf(request.guarantee, prepared.plan.iterator, &coordinator_->oracle());
  const roles::ShardPtr shard = TRY(shards_->Open(collection));
  int64_t rows_searched = 0;
  query::HitLists hits;
  std::optional<NextPage> next_page;
  if (const std::optional<IteratorPage>& page = prepared.plan.page; page.has_value()) {
    if (QueryCount(request) != 1) {
      return Invalid("a search iterator takes one query vector, got ", QueryCount(request));
    }
    std::optional<SearchCursor> from;
    if (page->bound.has_value()) {
      from = SearchCursor{*page->bound, Value(), false, false};
      if (!page->token.empty()) {
        from = TRY(cursors_->Find(page->token, *page->bound, SteadyMs()));
      }
    }
    if (from.has_value() && from->exhausted) {
      hits = NoHits(*collection, output.ids);
    } else {
      hits = TRY(RunPage(context, shard.get(), collection, request, prepared, timezone, from,
                         partitions, output.ids, time.at, &rows_searched));
    }
    SearchCursor end = EndOf(hits, static_cast<size_t>(prepared.plan.limit));
    if (hits.scores.empty() && from.has_value()) end.bound = from->bound;
    next_page = {page->token.empty() ? SearchCursors::MakeToken() : page->token, end.bound};
    cursors_->Save(next_page->token, from, end, SteadyMs());
  } else {
    hits = TRY(RunPrepared(context, shard.get(), collection, request, prepared,
                           std::move(partitions), output.ids, time.at, &rows_searched));
  }
  hits = query::Page(std::move(hits), static_cast<size_t>(prepared.plan.offset),
                     static_cast<size_t>(prepared.plan.limit));
  query::RoundScores(prepared.plan.round_decimal, &hits.scores);
  SearchAnswer answer =
      Answer(*collection, output, std::move(hits), std::move(timezone), time.session);
  answer.rows_searched = rows_searched;
  answer.next_page = std::move(next_page);
  return answer;
}

Result<SearchAnswer> Gateway::RunHybridSearch(const Context& context, const HybridSearch& request) {
  const roles::CollectionPtr collection = TRY(Find(request.database, request.collection));
  std::vector<PartitionId> partitions =
      TRY(NamedPartitions(*collection, request.partitions, *limits_));
  const OutputFields output = TRY(SearchOutput(collection->schema, request.output_fields));
  if (static_cast<int64_t>(request.searches.size()) > limits_->hybrid_searches_max) {
    return Invalid("maximum of ann search requests is ", limits_->hybrid_searches_max);
  }
  int64_t queries = 0;
  for (const Search& search : request.searches) {
    const int64_t count = QueryCount(search);
    if (queries == 0) queries = count;
    if (count != queries) {
      return InvalidExpected(std::to_string(queries), std::to_string(count),
                             "sub search request nq should be the same");
    }
  }
  TRY(CheckQueryCount(queries, *limits_));
  if (request.has_function_score) return NotBuilt("function_score of hybrid search");
  const RankPlan rank = TRY(PlanRank(*collection, request.rank_params, *limits_));
  std::string timezone = TRY(TimeZoneOf(*collection, request.rank_params));
  std::vector<Prepared> prepared;
  for (const Search& search : request.searches) {
    prepared.push_back(TRY(Prepare(*collection, search, &rank, timezone, *limits_)));
  }
  const Reranker reranker = TRY(ParseReranker(request.rank_params, request.searches.size()));
  partitions = TRY(LoadedPartitions(*collection, std::move(partitions)));
  for (const Prepared& one : prepared) TRY(CheckSearchable(*collection, one.plan));

  const bool ignore_growing = TRY(IgnoreGrowing(request.rank_params));
  const Timestamp now = coordinator_->oracle().Now();
  const Timestamp at = std::max(now, request.guarantee);  // one instant for all searches
  const roles::ShardPtr shard = TRY(shards_->Open(collection));
  std::vector<query::HitLists> lists;
  query::WeightedOptions weighted{reranker.weights, {}, reranker.normalize};
  int64_t rows_searched = 0;
  for (size_t i = 0; i < prepared.size(); ++i) {
    prepared[i].plan.ignore_growing |= ignore_growing;
    lists.push_back(TRY(RunPrepared(context, shard.get(), collection, request.searches[i],
                                    prepared[i], partitions, output.ids, at, &rows_searched)));
    weighted.metrics.push_back(prepared[i].plan.metric);
  }
  query::HitLists fused = reranker.weights.empty() ? query::FuseByRank(lists, reranker.k)
                                                   : query::FuseByWeight(lists, weighted);
  query::HitLists hits = query::Page(std::move(fused), static_cast<size_t>(rank.offset),
                                     static_cast<size_t>(rank.limit));
  query::RoundScores(rank.round_decimal, &hits.scores);
  SearchAnswer answer = Answer(*collection, output, std::move(hits), std::move(timezone), at);
  answer.rows_searched = rows_searched;
  return answer;
}

}  // namespace elanus::gateway
