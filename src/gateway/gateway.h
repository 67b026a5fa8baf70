// Gateway: the stateless front. Takes requests as clients mean them, already decoded from the wire,
// validates (Milvus's order and texts), routes to coordinator and shards, merges. No sockets, no
// protobuf: server/grpc and server/rest translate. Thread-safe; calls block up to the context's
// deadline.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "expr/filter.h"
#include "gateway/aggregation.h"
#include "gateway/analysis.h"
#include "gateway/function_chain.h"
#include "model/column.h"
#include "model/schema.h"
#include "roles/coordinator.h"
#include "roles/shard.h"

namespace elanus::gateway {

struct Limits;  // gateway/limits.h: section 4.2 of the compatibility spec, settings

// ---- DDL ----------------------------------------------------------------------------------------

// A field as sent: nothing is checked yet.
struct FieldRequest {
  std::string name;
  std::string description;
  DataType type = DataType::kNone;
  DataType element_type = DataType::kNone;
  bool primary = false, auto_id = false, partition_key = false, clustering_key = false,
       nullable = false;
  bool is_function_output = false;
  std::optional<Value> default_value;
  // What it travels in (kInt32 for Int8..Int32, kInt64, kFloat, kDouble); kNone: not known.
  DataType default_type = DataType::kNone;
  Properties type_params;
  Properties index_params;
};

struct CreateCollection {
  std::string database;
  std::string name;
  std::string schema_name;
  std::string description;
  bool enable_dynamic_field = false;
  bool auto_id = false;
  std::vector<FieldRequest> fields;
  size_t struct_fields = 0;  // how many; not built: refused
  std::vector<Function> functions;
  int32_t shards_num = 0;  // 0: default 1
  ConsistencyLevel consistency = ConsistencyLevel::kBounded;
  int64_t num_partitions = 0;
  Properties properties;
};

// ---- DML ----------------------------------------------------------------------------------------

// One column as the wire carries it. Nullable columns hold only the valid values, with `valid`
// telling which rows.
struct InputColumn {
  std::string name;
  DataType type = DataType::kNone;  // as the client declared it
  bool dynamic = false;
  std::vector<uint8_t> valid;  // empty, or a byte a row
  // The payload in the type it travels in: kBool, kInt32 (Int8..Int32), kInt64, kFloat, kDouble,
  // kVarChar (also Timestamptz text, JSON text with payload type kJson), kGeometry (WKT), kArray
  // (model/array.h rows of `array_element`), dense vectors as bytes of their own type with `dim`,
  // sparse rows.
  Column payload;
  DataType array_element =
      DataType::kNone;  // as it travels (Int8..Int32: kInt32); kNone: no row had an element
};

// What a partial upsert does with an array: the default replaces it.
enum class ArrayOp { kReplace, kAppend, kRemove };
struct FieldOp {
  std::string field;
  ArrayOp op = ArrayOp::kReplace;
};

struct Insert {
  std::string database, collection, partition;
  std::vector<InputColumn> columns;
  int64_t num_rows = 0;
  Timestamp schema_timestamp = 0;
  bool partial_update = false;  // upsert: fields left out keep what the row has
  std::vector<FieldOp> field_ops;
};

struct Delete {
  std::string database, collection, partition, filter;
  expr::TemplateValues templates;
};

struct Mutation {
  Column ids;  // of each inserted row; kInt64 or kVarChar
  int64_t inserted = 0, deleted = 0, upserted = 0;
  Timestamp timestamp = 0;
};

// ---- Reads --------------------------------------------------------------------------------------

// Key-value parameters as sent (search_params, query_params, rank_params).
struct ReadOptions {
  std::string database, collection;
  std::vector<std::string> partitions;
  std::vector<std::string> output_fields;
  std::string filter;
  expr::TemplateValues templates;
  ConsistencyLevel consistency = ConsistencyLevel::kBounded;
  bool use_default_consistency = false;
  Timestamp guarantee = 0;
};

// One function of function_score: what it is lies in its parameter `reranker`.
struct RankFunction {
  std::vector<std::string> inputs;  // names of fields
  Properties params;
};

struct FunctionScore {
  std::vector<RankFunction> functions;
  Properties params;
};

struct HighlightRequest {
  bool semantic = false;  // else lexical
  Properties params;
};

struct Search : ReadOptions {
  Properties params;  // anns_field, topk, metric_type, params (JSON), offset, round_decimal, ...
  roles::QueryVectors queries;  // of the placeholder's type
  std::optional<Column> ids;    // search by primary key instead
  int64_t nq = 0;               // as sent; 0: queries.count
  FunctionScore function_score;
  std::vector<FunctionChain> chains;
  std::optional<AggregationSpec> aggregation;
  std::optional<HighlightRequest> highlight;
};

struct HybridSearch {
  std::string database, collection;
  std::vector<std::string> partitions;
  std::vector<std::string> output_fields;
  std::vector<Search> searches;
  Properties rank_params;
  FunctionScore function_score;  // that of its searches does not count
  std::vector<FunctionChain> chains;
  ConsistencyLevel consistency = ConsistencyLevel::kBounded;
  bool use_default_consistency = false;
  Timestamp guarantee = 0;
};

struct Query : ReadOptions {
  Properties params;  // limit, offset, ...
};

// A column of an answer. `field` is the schema's; `dynamic` marks $meta.
struct OutputColumn {
  Field field;
  Column column;  // JSON and $meta: still in the binary form of model/json.h
};

// What the next page of a search iterator (version 2) begins from.
struct NextPage {
  std::string token;
  float last_bound = 0;  // the score of the last hit, unrounded
};

// A field's pieces with tagged words, of each hit.
struct HighlightedField {
  std::string name;
  std::vector<std::vector<std::string>> rows;
};

struct SearchAnswer {
  std::string collection;  // real name
  int64_t num_queries = 0, top_k = 0;
  std::vector<int64_t> counts;  // per query
  Column ids;                   // flattened
  std::vector<float> scores;
  std::vector<OutputColumn> columns;
  std::vector<std::string> output_fields;
  std::string primary_field;
  Timestamp session_ts = 0;
  std::string timezone = "UTC";  // for Timestamptz
  int64_t rows_searched = 0;
  std::optional<NextPage> next_page;  // iterators only
  std::vector<OutputColumn> groups;   // of grouped searches: the values that made the groups
  bool groups_singular = false;       // clients look for the one column in its old place
  std::optional<AggregationAnswer> aggregation;  // instead of the hits themselves
  std::vector<HighlightedField> highlights;
};

struct QueryAnswer {
  std::string collection;
  std::vector<OutputColumn> columns;
  std::vector<std::string> output_fields;
  std::string primary_field;
  Timestamp session_ts = 0;
  std::string timezone = "UTC";
  std::optional<int64_t> count;  // count(*)
};

// ---- Descriptions -------------------------------------------------------------------------------

struct IndexDescription {
  IndexInfo info;
  std::string field_name;
  roles::IndexProgress progress;
  bool finished = false;
};

enum class LoadState { kNotExist, kNotLoad, kLoading, kLoaded };

class SearchCursors;

class Gateway {
 public:
  Gateway(roles::Coordinator* coordinator, roles::ShardDirectory* shards,
          std::shared_ptr<const Limits> limits);
  ~Gateway();

  roles::Coordinator& coordinator() { return *coordinator_; }
  const Limits& limits() const { return *limits_; }

  Status CreateDatabase(const std::string& name, const Properties& properties);
  Status DropDatabase(const std::string& name);
  Status AlterDatabase(const std::string& name, const roles::PropertyChange& change);

  // Collections (gateway/ddl.cc). Find resolves aliases; its errors are those of every RPC but
  // DescribeCollection.
  Status Create(const Context& context, const CreateCollection& request);
  Status DropCollection(const Context& context, const std::string& database,
                        const std::string& name);
  // Adds a field to a collection that has rows: they read its default or null.
  Status AddField(const std::string& database, const std::string& collection,
                  const FieldRequest& field);
  // Takes a field out of the schema, with its indexes. By id where the name is empty.
  // `field`: the one that it makes, with its index; null: it is there already.
  Status AddFunction(const std::string& database, const std::string& collection,
                     const Function& function, const FieldRequest* field,
                     const std::string& index_name, const Properties& index_params);
  // Functions apart from their fields, which none that is built allows.
  Status AddFunctionAlone(const std::string& database, const std::string& collection,
                          const Function& function);
  Status AlterFunction(const std::string& database, const std::string& collection,
                       const std::string& name, const Function& function);
  // Without its outputs it is only taken off them, which few functions allow.
  Status DropFunction(const std::string& database, const std::string& collection,
                      const std::string& name, bool with_outputs);
  Status DropField(const std::string& database, const std::string& collection,
                   const std::string& name, FieldId id);
  Status AlterCollection(const std::string& database, const std::string& collection,
                         const roles::PropertyChange& change);
  Status AlterField(const std::string& database, const std::string& collection,
                    const std::string& field, const roles::PropertyChange& change);
  Status AlterIndex(const std::string& database, const std::string& collection,
                    const std::string& index_name, const roles::PropertyChange& change);
  Status Rename(const std::string& database, const std::string& name,
                const std::string& new_database, const std::string& new_name);
  Status Truncate(const std::string& database, const std::string& collection);
  Result<roles::CollectionPtr> Find(const std::string& database, const std::string& name);
  Result<roles::ShardStats> Stats(const std::string& database, const std::string& name);

  Result<bool> HasPartition(const std::string& database, const std::string& collection,
                            const std::string& partition);
  Status CreatePartition(const std::string& database, const std::string& collection,
                         const std::string& partition);
  Status DropPartition(const std::string& database, const std::string& collection,
                       const std::string& partition);

  Status CreateIndex(const std::string& database, const std::string& collection,
                     const std::string& field, const std::string& index_name,
                     const Properties& params);
  Status DropIndex(const std::string& database, const std::string& collection,
                   const std::string& field, const std::string& index_name);
  // Empty index_name: all. kIndexNotFound when there is none.
  Result<std::vector<IndexDescription>> DescribeIndex(const std::string& database,
                                                      const std::string& collection,
                                                      const std::string& field,
                                                      const std::string& index_name);

  Status Load(const std::string& database, const std::string& collection,
              const std::vector<std::string>& partitions, int32_t replica_number,
              const std::vector<std::string>& resource_groups,
              const std::vector<std::string>& load_fields, bool is_partition_call);
  Status Release(const std::string& database, const std::string& collection,
                 const std::vector<std::string>& partitions, bool is_partition_call);
  Result<LoadState> GetLoadState(const std::string& database, const std::string& collection,
                                 const std::vector<std::string>& partitions);
  Result<int64_t> LoadingProgress(const std::string& database, const std::string& collection,
                                  const std::vector<std::string>& partitions);

  Status CreateResourceGroup(const ResourceGroup& group);
  Status UpdateResourceGroups(const std::vector<ResourceGroup>& groups);
  Status TransferNodes(const std::string& source, const std::string& target, int32_t nodes);
  Status TransferReplicas(const std::string& database, const std::string& collection,
                          const std::string& source, const std::string& target, int64_t replicas);

  Status CreateAlias(const std::string& database, const std::string& collection,
                     const std::string& alias);
  Status AlterAlias(const std::string& database, const std::string& collection,
                    const std::string& alias);
  Status DropAlias(const std::string& database, const std::string& alias);

  // Rows (gateway/write.cc).
  Result<Mutation> RunInsert(const Context& context, Insert request);
  Result<Mutation> RunUpsert(const Context& context, Insert request);
  Result<Mutation> RunDelete(const Context& context, const Delete& request);
  // What Describe and Has look up: the name is checked first.
  Result<roles::CollectionPtr> FindNamed(const std::string& database, const std::string& name);
  // Every collection of the database, of all databases where it is empty; a timestamp after all
  // that was flushed.
  Result<Timestamp> FlushAll(const Context& context, const std::string& database);
  Result<roles::FlushResult> Flush(const Context& context, const std::string& database,
                                   const std::string& collection);
  // Of the collection with this name; an empty name: with this id.
  Result<Compaction> Compact(const std::string& database, const std::string& collection,
                             CollectionId id, roles::CompactionRequest request);
  std::optional<Compaction> FindCompaction(int64_t id) { return shards_->FindCompaction(id); }

  // Reads (gateway/search.cc, gateway/query.cc).
  Result<SearchAnswer> RunSearch(const Context& context, const Search& request);
  Result<SearchAnswer> RunHybridSearch(const Context& context, const HybridSearch& request);
  Result<QueryAnswer> RunQuery(const Context& context, const Query& request);

  // gateway/analysis.cc
  Result<std::vector<std::vector<AnalyzedToken>>> RunAnalyzer(const AnalysisRequest& request);

 private:
  roles::Coordinator* coordinator_;
  roles::ShardDirectory* shards_;
  std::shared_ptr<const Limits> limits_;
  std::unique_ptr<SearchCursors> cursors_;
  std::unique_ptr<expr::ParsedFilters> parsed_;
};

}  // namespace elanus::gateway
