// Search and HybridSearch: check, one call a shard, merge, page, round.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "gateway/function_score.h"
#include "gateway/gateway.h"
#include "gateway/highlight.h"
#include "gateway/limits.h"
#include "gateway/output_fields.h"
#include "gateway/params.h"
#include "gateway/rank_params.h"
#include "gateway/request.h"
#include "gateway/run_search.h"
#include "gateway/search_aggregation.h"
#include "gateway/search_cursors.h"
#include "gateway/search_params.h"
#include "gateway/text.h"
#include "query/hit_groups.h"
#include "query/hits.h"
#include "query/json_values.h"

namespace elanus::gateway {
namespace {

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
    part.filter =
        TRY(CompileFilter(nullptr, collection->schema, request, timezone, from->last_key));
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

// The columns of a search: those of the answer, then what else it needs, then its groups.
class ReadColumns {
 public:
  explicit ReadColumns(const OutputFields& fields) : ids_(fields.ids) {}

  // The column of a field, which is read where it was not yet.
  size_t Of(FieldId id) {
    const auto found = std::find(ids_.begin(), ids_.end(), id);
    const auto at = static_cast<size_t>(found - ids_.begin());
    if (found == ids_.end()) ids_.push_back(id);
    return at;
  }
  const std::vector<FieldId>& ids() const { return ids_; }

 private:
  std::vector<FieldId> ids_;
};

query::HitGrouping GroupingOf(const GroupingPlan& plan, const ReadColumns& columns) {
  query::HitGrouping grouping;
  grouping.first_key = columns.ids().size();
  grouping.size = plan.groups.size;
  return grouping;
}

// The nearest hits in the order asked for.
query::HitLists InOrder(const query::HitLists& hits, const SearchOrder& order, ReadColumns* columns,
                        const std::optional<query::HitGrouping>& grouping) {
  std::vector<Column> values;
  for (const SearchOrder::Source& source : order.sources) {
    const Column& column = hits.output[columns->Of(source.field)];
    values.push_back(source.json ? query::JsonValues(column, source.path) : column);
  }
  return query::Reorder(hits, order.keys, values, grouping);
}

// The groups' columns, taken off the hits.
std::vector<OutputColumn> TakeGroups(const GroupingPlan& plan, const ReadColumns& columns,
                                     query::HitLists* hits) {
  std::vector<OutputColumn> groups;
  for (size_t i = 0; i < plan.fields.size(); ++i) {
    groups.push_back({plan.fields[i], std::move(hits->output[columns.ids().size() + i])});
  }
  return groups;
}

// What does not go with buckets.
Status CheckAggregated(const SearchPlan& plan, bool reranks, const Schema& schema,
                       const OutputFields& output) {
  if (plan.groups.has_value()) {
    return Invalid(plan.groups->singular ? "group_by_field" : "group_by_fields",
                   " and search_aggregation cannot be used simultaneously");
  }
  if (plan.iterator || plan.page.has_value())
    return Invalid("search iterator is not supported with search_aggregation");
  if (plan.offset > 0) return Invalid("offset is not supported with search_aggregation");
  if (!plan.order.empty() || reranks) {
    return Invalid(
        "order_by, function_score and function_chains are not supported with search_aggregation");
  }
  for (const FieldId id : output.ids) {
    const Field& field = *schema.Find(id);
    if (IsVector(field.type)) return NotBuilt("vector field ", field.name, " in top_hits");
  }
  return {};
}

AggregationAnswer Buckets(const AggregationPlan& plan, const AggregationSpec& spec,
                          ReadColumns* columns, const query::HitLists& hits) {
  std::vector<size_t> places;
  for (size_t i = 0; i < plan.groups.fields.size(); ++i)
    places.push_back(columns->ids().size() + i);
  for (const FieldId field : plan.extra) places.push_back(columns->Of(field));
  AggregationAnswer answer;
  const AggregationSpec* level = &spec;
  for (const query::BucketLevel& one : plan.levels) {
    AggregationAnswer::Level& names = answer.levels.emplace_back();
    for (const size_t key : one.keys) {
      names.keys.emplace_back(plan.groups.fields[key].id.value, plan.groups.fields[key].name);
    }
    for (const auto& metric : level->metrics) names.aliases.push_back(metric.first);
    level = level->sub.get();
  }
  answer.queries = query::BucketsOf(hits, plan.LevelsOver(places));
  return answer;
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

Result<Reranker> HybridReranker(const Schema& schema, const HybridSearch& request) {
  if (request.function_score.functions.empty()) {
    return ParseReranker(request.rank_params, request.searches.size());
  }
  const std::optional<Reranker> reranker =
      TRY(ParseRankFunction(schema, request.function_score, request.searches.size()));
  if (reranker.has_value()) return *reranker;
  return Invalid("rerank operator: rerankMeta is nil, cannot build rerank chain");
}

}  // namespace

Result<SearchAnswer> Gateway::RunSearch(const Context& context, const Search& request) {
  const roles::CollectionPtr collection = TRY(Find(request.database, request.collection));
  std::vector<PartitionId> partitions =
      TRY(NamedPartitions(*collection, request.partitions, *limits_));
  const OutputFields output = TRY(SearchOutput(collection->schema, request.output_fields));
  TRY(CheckQueryCount(QueryCount(request), *limits_));
  std::string timezone = TRY(TimeZoneOf(*collection, request.params));
  if (!request.function_score.functions.empty() && !request.chains.empty())
    return Invalid("function_score and function_chains cannot be used together");
  std::optional<Highlighting> highlighting;
  if (request.highlight.has_value())
    highlighting = TRY(Highlighting::Plan(collection->schema, request));
  Prepared prepared = TRY(Prepare(parsed_.get(), *collection, request, nullptr,
                                  request.function_score, timezone, *limits_));
  const SearchPlan& plan = prepared.plan;
  const std::optional<Reranker> reranker =
      TRY(ParseRankFunction(collection->schema, request.function_score, 1));
  const ParsedChains chains = TRY(ParseChains(collection->schema, request.chains));
  if (chains.l0.has_value()) {
    if (plan.groups.has_value() || plan.page.has_value())
      return Invalid("L0 rerank function chains do not go with group_by or search_iterator");
    prepared.chain = std::make_shared<query::Chain>(*chains.l0);
  }
  if ((reranker.has_value() || !request.chains.empty()) && !plan.order.empty()) {
    return Invalid(
        "order_by and function rerank cannot be used together: they specify conflicting sort "
        "criteria");
  }
  std::optional<AggregationPlan> aggregation;
  if (request.aggregation.has_value()) {
    aggregation = TRY(
        PlanAggregation(collection->schema, *request.aggregation, QueryCount(request), *limits_));
    const bool reranks = !request.function_score.functions.empty() || !request.chains.empty();
    TRY(CheckAggregated(plan, reranks, collection->schema, output));
    prepared.plan.groups = aggregation->groups;
    prepared.plan.limit = aggregation->limit;
  }
  partitions = TRY(LoadedPartitions(*collection, std::move(partitions)));
  TRY(CheckSearchable(*collection, plan));
  ReadColumns columns(output);
  if (aggregation.has_value()) {
    for (const FieldId field : aggregation->extra) columns.Of(field);
  }
  for (const SearchOrder::Source& source : plan.order.sources) columns.Of(source.field);
  const bool decays = reranker.has_value() && reranker->decay.has_value();
  const size_t decay_input = decays ? columns.Of(reranker->decay->input) : 0;
  std::vector<size_t> chain_inputs;
  if (chains.l2.has_value()) {
    for (const auto& [name, field] : chains.l2->inputs) chain_inputs.push_back(columns.Of(field));
  }

  std::vector<size_t> highlight_inputs;
  if (highlighting.has_value()) {
    for (const FieldId field : highlighting->inputs())
      highlight_inputs.push_back(columns.Of(field));
  }

  const ReadTime time =
      ReadTimeOf(request.guarantee, prepared.plan.iterator, &coordinator_->oracle());
  const roles::ShardPtr shard = TRY(shards_->Open(collection));
  int64_t rows_searched = 0;
  query::HitLists hits;
  std::optional<NextPage> next_page;
  if (const std::optional<IteratorPage>& page = plan.page; page.has_value()) {
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
      hits = NoHits(*collection, prepared, columns.ids());
    } else {
      hits = TRY(RunPage(context, shard.get(), collection, request, prepared, timezone, from,
                         partitions, columns.ids(), time.at, &rows_searched));
    }
    SearchCursor end = EndOf(hits, static_cast<size_t>(plan.limit));
    if (hits.scores.empty() && from.has_value()) end.bound = from->bound;
    next_page = {page->token.empty() ? SearchCursors::MakeToken() : page->token, end.bound};
    cursors_->Save(next_page->token, from, end, SteadyMs());
  } else {
    hits = TRY(RunPrepared(context, shard.get(), collection, request, prepared,
                           std::move(partitions), columns.ids(), time.at, &rows_searched));
  }
  if (aggregation.has_value()) {
    query::RoundScores(plan.round_decimal, &hits.scores);
    AggregationAnswer buckets = Buckets(*aggregation, *request.aggregation, &columns, hits);
    SearchAnswer answer =
        Answer(*collection, output, std::move(hits), std::move(timezone), time.session);
    answer.rows_searched = rows_searched;
    answer.aggregation = std::move(buckets);
    return answer;
  }
  const auto offset = static_cast<size_t>(plan.offset);
  const auto limit = static_cast<size_t>(plan.limit);
  std::optional<query::HitGrouping> grouping;
  if (plan.groups.has_value()) {
    grouping = GroupingOf(*plan.groups, columns);
    grouping->descending = LargerIsNearer(plan.metric);
  }
  if (!plan.order.empty()) {
    if (grouping.has_value()) hits = query::PageGroups(hits, *grouping, 0, offset + limit);
    hits = InOrder(hits, plan.order, &columns, grouping);
  }
  hits = grouping.has_value() ? query::PageGroups(hits, *grouping, offset, limit)
                              : query::Page(std::move(hits), offset, limit);
  if (reranker.has_value()) {
    hits = Rerank(*reranker, {hits}, {plan.metric}, decay_input);
    if (grouping.has_value()) {
      grouping->score = query::GroupScore::kMax;
      grouping->descending = Descends(*reranker, {plan.metric});
      hits = query::PageGroups(hits, *grouping, 0, limit);
    }
  }
  if (chains.l2.has_value()) hits = TRY(query::RunChain(*chains.l2, hits, chain_inputs));
  query::RoundScores(plan.round_decimal, &hits.scores);
  std::vector<HighlightedField> highlights;
  if (highlighting.has_value()) highlights = TRY(highlighting->Of(hits, highlight_inputs));
  std::vector<OutputColumn> groups;
  if (plan.groups.has_value()) groups = TakeGroups(*plan.groups, columns, &hits);
  SearchAnswer answer =
      Answer(*collection, output, std::move(hits), std::move(timezone), time.session);
  answer.rows_searched = rows_searched;
  answer.groups = std::move(groups);
  answer.groups_singular = plan.groups.has_value() && plan.groups->singular;
  answer.next_page = std::move(next_page);
  answer.highlights = std::move(highlights);
  return answer;
}

Result<SearchAnswer> Gateway::RunHybridSearch(const Context& context, const HybridSearch& request) {
  const roles::CollectionPtr collection = TRY(Find(request.database, request.collection));
  if (!request.chains.empty())
    return Invalid("function_chains is not supported for hybrid search yet");
  std::vector<PartitionId> partitions =
      TRY(NamedPartitions(*collection, request.partitions, *limits_));
  const OutputFields output = TRY(SearchOutput(collection->schema, request.output_fields));
  if (static_cast<int64_t>(request.searches.size()) > limits_->hybrid_searches_max) {
    return Invalid("maximum of ann search requests is ", limits_->hybrid_searches_max);
  }
  int64_t queries = 0;
  for (const Search& search : request.searches) {
    if (search.aggregation.has_value())
      return Invalid("search aggregation is not supported for hybrid search");
    if (search.highlight.has_value())
      return Invalid("highlighter is not supported for hybrid search");
    const int64_t count = QueryCount(search);
    if (queries == 0) queries = count;
    if (count != queries) {
      return InvalidExpected(std::to_string(queries), std::to_string(count),
                             "sub search request nq should be the same");
    }
  }
  TRY(CheckQueryCount(queries, *limits_));
  const RankPlan rank = TRY(PlanRank(*collection, request.rank_params, *limits_));
  std::string timezone = TRY(TimeZoneOf(*collection, request.rank_params));
  std::vector<Prepared> prepared;
  for (const Search& search : request.searches) {
    prepared.push_back(TRY(Prepare(parsed_.get(), *collection, search, &rank,
                                   request.function_score, timezone, *limits_)));
  }
  const Reranker reranker = TRY(HybridReranker(collection->schema, request));
  partitions = TRY(LoadedPartitions(*collection, std::move(partitions)));
  for (const Prepared& one : prepared) TRY(CheckSearchable(*collection, one.plan));

  const bool ignore_growing = TRY(IgnoreGrowing(request.rank_params));
  const Timestamp now = coordinator_->oracle().Now();
  const Timestamp at = std::max(now, request.guarantee);  // one instant for all searches
  const roles::ShardPtr shard = TRY(shards_->Open(collection));
  ReadColumns columns(output);
  const size_t decay_input = reranker.decay.has_value() ? columns.Of(reranker.decay->input) : 0;
  std::vector<query::HitLists> lists;
  std::vector<Metric> metrics;
  int64_t rows_searched = 0;
  for (size_t i = 0; i < prepared.size(); ++i) {
    prepared[i].plan.ignore_growing |= ignore_growing;
    lists.push_back(TRY(RunPrepared(context, shard.get(), collection, request.searches[i],
                                    prepared[i], partitions, columns.ids(), at, &rows_searched)));
    metrics.push_back(prepared[i].plan.metric);
  }
  query::HitLists hits = Rerank(reranker, lists, metrics, decay_input);
  const auto offset = static_cast<size_t>(rank.offset);
  const auto limit = static_cast<size_t>(rank.limit);
  std::vector<OutputColumn> groups;
  if (rank.groups.has_value()) {
    query::HitGrouping grouping = GroupingOf(*rank.groups, columns);
    grouping.descending = Descends(reranker, metrics);
    grouping.score = rank.group_score;
    hits = query::PageGroups(hits, grouping, offset, limit);
    groups = TakeGroups(*rank.groups, columns, &hits);
  } else {
    hits = query::Page(std::move(hits), offset, limit);
  }
  query::RoundScores(rank.round_decimal, &hits.scores);
  SearchAnswer answer = Answer(*collection, output, std::move(hits), std::move(timezone), at);
  answer.groups = std::move(groups);
  answer.groups_singular = rank.groups.has_value() && rank.groups->singular;
  answer.rows_searched = rows_searched;
  return answer;
}

}  // namespace elanus::gateway
