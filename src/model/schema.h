// The schema of a collection, and what the catalog knows of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/types.h"
#include "model/value.h"

namespace elanus {

// In the order given; keys may repeat on the wire, the last wins.
using Properties = std::vector<std::pair<std::string, std::string>>;
const std::string* FindProperty(const Properties& properties, std::string_view key);
// "true", "True", "TRUE", "1" -> true, as the clients spell booleans; nothing else is one.
std::optional<bool> ParseBool(std::string_view text);
// A property that is there and spells true.
bool IsTrue(const std::string* value);
bool IsTrue(const Properties& properties, std::string_view key);

inline constexpr std::string_view kDynamicFieldName = "$meta";
inline constexpr std::string_view kDefaultPartitionName = "_default";
inline constexpr std::string_view kDefaultDatabaseName = "default";

struct Field {
  FieldId id;
  std::string name;
  std::string description;
  DataType type = DataType::kNone;
  DataType element_type = DataType::kNone;  // Array
  int64_t dim = 0;                          // dense vectors
  int64_t max_length = 0;                   // VarChar (bytes), and VarChar elements of an Array
  int64_t max_capacity = 0;                 // Array
  bool primary = false;
  bool auto_id = false;
  bool partition_key = false;
  bool clustering_key = false;
  bool nullable = false;
  bool dynamic = false;  // the hidden $meta field
  bool made = false;     // the output of a function: no client may send it
  std::optional<Value> default_value;
  Properties type_params;  // as sent, echoed by describe

  bool operator==(const Field&) const = default;
};

// What makes a field of others while rows are written. Numbers as on the wire.
enum class FunctionType : uint8_t {
  kUnknown = 0,
  kBm25 = 1,
  kTextEmbedding = 2,
  kRerank = 3,
  kMinHash = 4
};
std::string_view NameOf(FunctionType type);

struct Function {
  int64_t id = 0;
  std::string name;
  std::string description;
  FunctionType type = FunctionType::kUnknown;
  std::vector<std::string> inputs, outputs;  // names of fields
  Properties params;

  bool operator==(const Function&) const = default;
};

struct Schema {
  std::string description;
  bool enable_dynamic_field = false;
  bool auto_id = false;
  std::vector<Field> fields;  // user fields in order; $meta, when there is one, is last
  std::vector<Function> functions;
  int64_t version = 0;  // how often fields and functions came and went

  const Field* Find(std::string_view name) const;
  const Field* Find(FieldId id) const;
  const Field& primary() const;        // CHECKs that there is one
  const Field* dynamic_field() const;  // $meta or null
  const Field* partition_key() const;
  const Function* FindMaker(std::string_view output) const;  // the function that makes the field
  const Field* FindInput(std::string_view output) const;     // and what it makes it of, at first

  bool operator==(const Schema&) const = default;
};

enum class ConsistencyLevel : uint8_t {
  kStrong = 0,
  kSession = 1,
  kBounded = 2,
  kEventually = 3,
  kCustomized = 4
};

struct Partition {
  PartitionId id;
  std::string name;
  Timestamp created = 0;
  bool loaded = false;
};

// One index as the user declared it.
struct IndexInfo {
  IndexId id;
  FieldId field;
  std::string name;
  std::string
      type;  // as given: "HNSW", "AUTOINDEX"; "" for a scalar default is stored as AUTOINDEX
  Metric metric = Metric::kNone;  // vectors only
  Properties params;              // as given, flat
  std::string params_text;        // those of them that were given as one JSON object, as `params`
  Timestamp created = 0;

  // The value of a build parameter; looks into `params`.
  const std::string* Param(std::string_view key) const { return FindProperty(params, key); }
};

// A collection as the catalog holds it. Immutable once published (shared_ptr<const>); every change
// makes a new one with a higher version.
struct CollectionInfo {
  CollectionId id;
  std::string database;
  std::string name;
  Schema schema;
  int32_t shards_num = 1;  // what the user asked for and describe echoes
  ShardId shard;           // where the rows are
  ConsistencyLevel consistency = ConsistencyLevel::kBounded;
  Properties properties;
  std::vector<Partition>
      partitions;  // _default first; under a partition key _default_0, _default_1, ... alone
  std::vector<IndexInfo> indexes;
  std::vector<std::string> aliases;
  Timestamp created = 0;
  Timestamp updated = 0;  // the schema's timestamp clients cache
  uint64_t version = 1;
  bool loaded = false;  // the whole collection or some partitions (Partition::loaded)
  int32_t replica_number = 0;
  std::vector<FieldId> load_fields;  // empty: all
  std::string resource_group;        // where it is loaded; empty: the default one
  int64_t next_field_id = kFirstUserFieldId;

  const Partition* FindPartition(std::string_view partition_name) const;
  const Partition* FindPartition(PartitionId partition_id) const;
  const IndexInfo* FindIndex(FieldId field) const;  // the first on that field
  const IndexInfo* FindIndex(IndexId index_id) const;
};

// Stable bytes for the catalog (docs/formats/catalog.md): tagged fields, unknown tags skipped.
std::string EncodeCollection(const CollectionInfo& info);
Result<CollectionInfo> DecodeCollection(std::string_view bytes);

}  // namespace elanus
