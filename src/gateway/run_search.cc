#include "gateway/run_search.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "expr/isolation.h"
#include "expr/parsed_filters.h"
#include "gateway/analysis.h"
#include "gateway/columns.h"
#include "gateway/function_score.h"
#include "gateway/request.h"
#include "gateway/text.h"
#include "text/field_analyzers.h"

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

// Texts become the terms that the field's function would make of them, by the analyzer that
// `analyzer` names where the field has several.
Status CutQueries(const Schema& schema, const Field& field, const std::string* analyzer,
                  roles::QueryVectors* queries) {
  if (queries->type != DataType::kVarChar) {
    return Invalid("please provide varchar/text for BM25 Function based search, got ",
                   NameOf(queries->type));
  }
  const Field* input = schema.FindInput(field.name);
  if (input == nullptr) return Invalid("the input of field ", field.name, " is gone");
  const auto analyzers = TRY(text::FieldAnalyzers::Of(*input));
  const text::Analyzer& named = analyzers.Named(analyzer != nullptr ? *analyzer : std::string());
  text::TokenList list;
  for (std::string& text : queries->sparse) {
    TRY(CheckUtf8(text));
    text = text::TermFrequencies(text, named, &list);
  }
  queries->type = DataType::kSparseFloatVector;
  return {};
}

// The vectors of rows named by key, in the order of the keys; rows whose vector is null have none.
struct NamedVectors {
  roles::QueryVectors queries;
  std::vector<bool> has_vector;  // of each key
};

Result<NamedVectors> FetchVectors(const Context& context, roles::Shard* shard,
                                  const roles::CollectionPtr& collection, const Field& field,
                                  const Column& ids, const std::vector<PartitionId>& partitions,
                                  Timestamp at) {
  const Field& primary = collection->schema.primary();
  if (ids.type() != primary.type) {
    return primary.type == DataType::kInt64
               ? InvalidExpected("int64 IDs", "got other type",
                                 "primary key is int64, but IDs type mismatch")
               : InvalidExpected("string IDs", "got other type",
                                 "primary key is varchar, but IDs type mismatch");
  }
  roles::QueryRequest query = TRY(QueryByKeys(collection, ids, at, {primary.id, field.id}));
  query.partitions = partitions;
  const roles::QueryResult found = TRY(shard->Query(context, query));

  std::map<std::string, size_t, std::less<>> row_of;  // key bytes -> row
  const Column* found_keys = found.rows.Find(primary.id);
  const Column* vectors = found.rows.Find(field.id);
  for (size_t row = 0; found_keys != nullptr && row < found_keys->rows(); ++row) {
    row_of.emplace(found_keys->String(row), row);
  }
  constexpr size_t kMissingShown = 100;
  size_t missing = 0;
  std::string shown;
  NamedVectors named;
  roles::QueryVectors& out = named.queries;
  out.type = field.type;
  out.dim = field.dim;
  for (size_t row = 0; row < ids.rows(); ++row) {
    const auto at_row = row_of.find(ids.String(row));
    if (at_row == row_of.end() || vectors == nullptr) {
      if (++missing <= kMissingShown) {
        shown += shown.empty() ? "" : " ";
        shown +=
            ids.fixed() ? std::to_string(ids.as<int64_t>()[row]) : std::string(ids.String(row));
      }
      continue;
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
  if (missing > 0) {
    return Invalid("some of the provided primary key IDs do not exist: missing IDs = [", shown,
                   missing > kMissingShown ? " ...]" : "]");
  }
  return named;
}

// What is wrong with a search by keys before anything is read.
Status CheckIds(const Schema& schema, const Search& request) {
  std::set<std::string_view> seen;
  for (size_t row = 0; row < request.ids->rows(); ++row) {
    if (!seen.insert(request.ids->String(row)).second)
      return Invalid("duplicate IDs found in search request");
  }
  const std::string* named = FindProperty(request.params, "anns_field");
  const auto vectors = std::count_if(schema.fields.begin(), schema.fields.end(),
                                     [](const Field& f) { return IsVector(f.type); });
  if ((named != nullptr && !named->empty()) || vectors == 1) return {};
  return InvalidExpected("valid anns_field in search_params", "missing",
                         vectors == 0 ? "no vector field found in schema"
                                      : "multiple vector fields exist, please specify anns_field "
                                        "in search_params");
}

// Searches of a collection whose tenants are isolated name the tenant.
Status CheckKeyIsolation(expr::ParsedFilters* parsed, const CollectionInfo& collection,
                         const std::string& filter) {
  const Field* key = collection.schema.partition_key();
  if (key == nullptr || !IsTrue(collection.properties, "partitionkey.isolation")) return {};
  if (filter.find_first_not_of(" \t\r\n") == std::string::npos) {
    return expr::CheckIsolation(expr::Node(), key->name);
  }
  const auto syntax = TRY(parsed->Parse(filter));
  return expr::CheckIsolation(*syntax->root, key->name);
}

}  // namespace

Result<Prepared> Prepare(expr::ParsedFilters* parsed, const CollectionInfo& collection,
                         const Search& request, const RankPlan* rank, const FunctionScore& score,
                         const std::string& timezone, const Limits& limits) {
  Prepared prepared;
  if (request.ids.has_value()) TRY(CheckIds(collection.schema, request));
  prepared.plan = TRY(PlanSearch(collection, request.params, rank, limits));
  const auto filter = TRY(CompileFilter(parsed, collection.schema, request, timezone));
  if (!filter->always_true()) prepared.filter = filter;
  TRY(CheckKeyIsolation(parsed, collection, request.filter));
  constexpr std::string_view kLead = "failed to create query plan";
  auto boosts = ParseBoosts(collection.schema, score, request.templates);
  if (!boosts.ok()) return std::move(boosts).error().Prefixed(kLead);
  prepared.boosts = std::move(boosts).take();
  const bool alone = !prepared.plan.groups.has_value() && !prepared.plan.page.has_value();
  if (!prepared.boosts.all.empty() && !alone) {
    return Invalid(kLead, ": don't support use segment scorer with group_by or search_iterator");
  }
  return prepared;
}

int64_t QueryCount(const Search& request) {
  if (request.nq != 0) return request.nq;
  return request.ids.has_value() ? static_cast<int64_t>(request.ids->rows())
                                 : static_cast<int64_t>(request.queries.count);
}

query::HitLists NoHits(const CollectionInfo& collection, const Prepared& prepared,
                       const std::vector<FieldId>& output) {
  query::HitLists hits;
  hits.counts = {0};
  const Field& primary = collection.schema.primary();
  hits.keys = Column(primary.id, primary.type);
  for (const FieldId id : output) {
    const Field* field = collection.schema.Find(id);
    hits.output.emplace_back(id, field->type, field->dim);
  }
  if (prepared.plan.groups.has_value()) {
    for (const Field& key : prepared.plan.groups->fields) {
      hits.output.emplace_back(key.id, key.type);
    }
  }
  return hits;
}

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
        TRY(FetchVectors(context, shard, collection, *plan.field, *request.ids, partitions, at));
    search.queries = std::move(named.queries);
    has_vector = std::move(named.has_vector);
  } else {
    search.queries = request.queries;
    if (plan.field->made) {
      TRY(CutQueries(collection->schema, *plan.field, FindProperty(request.params, "analyzer_name"),
                     &search.queries));
    }
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
  if (plan.groups.has_value()) search.groups = plan.groups->groups;
  search.boosts = prepared.boosts;
  search.chain = prepared.chain;
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
  for (Column& keys : result.groups) hits.output.push_back(std::move(keys));
  if (hits.keys.rows() == 0) {
    query::HitLists none = NoHits(*collection, prepared, output);
    none.counts = std::move(hits.counts);
    return none;
  }
  return hits;
}

}  // namespace elanus::gateway
