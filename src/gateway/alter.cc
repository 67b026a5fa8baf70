// Changes to a collection that exists: fields, properties, its name, all its rows. Request checks
// in Milvus's order and words, then the coordinator.
#include <algorithm>
#include <array>
#include <string>

#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/names.h"
#include "gateway/request.h"
#include "gateway/schema_check.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

constexpr std::string_view kDynamicEnabled = "dynamicfield.enabled";
constexpr std::string_view kIsolation = "partitionkey.isolation";
constexpr std::string_view kQueryMode = "query_mode";

Status AlreadyLoaded(const std::string& collection, std::string_view message) {
  return FailWith(Code::kCollectionLoaded, message, {{"collection", collection}});
}

bool IsWarmup(std::string_view key) { return key == "warmup" || key.starts_with("warmup."); }

template <size_t N>
bool IsOneOf(std::string_view key, const std::array<std::string_view, N>& keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// ---- Collection properties ------------------------------------------------------------------

Status CheckKeysNow(const CollectionInfo& info, const roles::PropertyChange& change) {
  if (change.set.empty() && change.removed.empty()) {
    return Invalid("no properties or delete keys provided");
  }
  const auto sets = [&change](auto matches) {
    return std::any_of(change.set.begin(), change.set.end(),
                       [&](const auto& property) { return matches(property.first); });
  };
  if (info.loaded) {
    if (sets([](const std::string& key) { return key == "mmap.enabled"; })) {
      return AlreadyLoaded(info.name, "can not alter mmap properties if collection loaded");
    }
    if (sets([](const std::string& key) { return IsWarmup(key); })) {
      return AlreadyLoaded(info.name, "can not alter warmup properties if collection loaded");
    }
    for (const std::string& key : change.removed) {
      if (key == "mmap.enabled") {
        return AlreadyLoaded(info.name, "can not delete mmap properties if collection loaded");
      }
      if (IsWarmup(key)) {
        return AlreadyLoaded(info.name,
                             Concat("can not delete ", key, " properties if collection loaded"));
      }
    }
  }
  return {};
}

Status CheckTtlBeside(const CollectionInfo& info, const Properties& set) {
  TRY(CheckTtl(set, info.schema));
  const auto has = [](const Properties& properties, std::string_view key) {
    return FindProperty(properties, key) != nullptr;
  };
  if (has(set, "collection.ttl.seconds") && has(info.properties, "ttl_field")) {
    return Invalid("ttl field is already exists, cannot be set collection TTL");
  }
  if (has(set, "ttl_field") && has(info.properties, "collection.ttl.seconds")) {
    return Invalid("collection TTL is already set, cannot be set ttl field");
  }
  return {};
}

// The value a key has after the change; null: none.
const std::string* ValueAfter(const CollectionInfo& info, const roles::PropertyChange& change,
                              std::string_view key) {
  if (const std::string* set = FindProperty(change.set, key)) return set;
  if (std::find(change.removed.begin(), change.removed.end(), key) != change.removed.end()) {
    return nullptr;
  }
  return FindProperty(info.properties, key);
}

// What the vector indexes were built for cannot change under them.
Status CheckVectorIndexes(const CollectionInfo& info, const roles::PropertyChange& change) {
  const auto text = [](const std::string* value) {
    return value != nullptr ? *value : std::string();
  };
  const bool isolation =
      IsTrue(info.properties, kIsolation) != IsTrue(ValueAfter(info, change, kIsolation));
  const bool mode =
      text(FindProperty(info.properties, kQueryMode)) != text(ValueAfter(info, change, kQueryMode));
  if (!isolation && !mode) return {};
  for (const IndexInfo& index : info.indexes) {
    const Field* field = info.schema.Find(index.field);
    if (field == nullptr || !IsVector(field->type)) continue;
    return FailWith(
        Code::kIndexDuplicate,
        Concat("can not alter ",
               isolation ? std::string_view("partition key isolation mode") : kQueryMode,
               " if the collection already has a vector index. Please drop the index "
               "first"),
        {{"indexName", field->name}});
  }
  return {};
}

Status CheckCollectionChange(const CollectionInfo& info, const roles::PropertyChange& change,
                             const Limits& limits) {
  TRY(CheckKeysNow(info, change));
  const std::string* description = FindProperty(change.set, "collection.description");
  if (description != nullptr && *description != info.schema.description &&
      static_cast<int64_t>(description->size()) > limits.collection_description_max) {
    return Invalid("the length of a collection description must not exceed ",
                   limits.collection_description_max, " bytes");
  }
  if (IsTrue(change.set, "allow_insert_auto_id") && !info.schema.primary().auto_id) {
    return Invalid("the value for allow_insert_auto_id must be false when autoID is false");
  }
  TRY(CheckProperties(change.set, info.name, info.schema.partition_key() != nullptr));
  TRY(CheckTtlBeside(info, change.set));
  return CheckVectorIndexes(info, change);
}

// ---- Field parameters -----------------------------------------------------------------------

constexpr std::array<std::string_view, 9> kFieldKeys = {
    "max_length",         "mmap.enabled",       "max_capacity",       "field.description", "warmup",
    "warmup.scalarField", "warmup.scalarIndex", "warmup.vectorField", "warmup.vectorIndex"};

// pymilvus writes mmap_enabled where a property is called mmap.enabled.
std::string PropertyKey(const std::string& key) {
  return key == "mmap_enabled" ? std::string("mmap.enabled") : key;
}

Status CheckMaxLength(const Field* field, const std::string& text, const Limits& limits) {
  const bool holds_text = field != nullptr && (field->type == DataType::kVarChar ||
                                               field->element_type == DataType::kVarChar);
  if (!holds_text) return Invalid(" can not modify the maxlength for non-string types");
  const Result<int64_t> length = ParseInt64(text);
  if (!length.ok()) return Invalid("max_length should be an integer, but got string");
  if (*length > limits.varchar_length_max) {
    return Invalid(text, " exceeds the maximum allowed value ", limits.varchar_length_max);
  }
  if (*length <= 0) {
    return Invalid("the maximum length specified for the field(", field->name,
                   ") should be in (0, ", limits.varchar_length_max, "], but got ", *length,
                   " instead");
  }
  return {};
}

Status CheckMaxCapacity(const Field* field, const std::string& text, const Limits& limits) {
  if (field == nullptr || field->type != DataType::kArray) {
    return Invalid(" can not modify the maxcapacity for non-array types");
  }
  const Result<int64_t> capacity = ParseInt64(text);
  if (!capacity.ok()) {
    return Invalid("the value for max_capacity of field ", field->name, " must be an integer");
  }
  if (*capacity <= 0 || *capacity > limits.array_capacity_max) {
    return Invalid("the maximum capacity specified for a Array should be in (0, ",
                   limits.array_capacity_max, "]");
  }
  return {};
}

Status CheckFieldChange(const CollectionInfo& info, const Field* field,
                        const roles::PropertyChange& change, const Limits& limits) {
  for (const auto& [key, value] : change.set) {
    if (!IsOneOf(key, kFieldKeys)) {
      return Invalid(key, " does not allow update in collection field param");
    }
    if (key == "mmap.enabled" && info.loaded) {
      return AlreadyLoaded(info.name,
                           "can not alter collection field properties if collection loaded");
    }
    if (key == "warmup") {
      if (info.loaded) {
        return AlreadyLoaded(info.name, "can not alter warmup if collection loaded");
      }
      TRY(CheckWarmupPolicy(value));
    }
    if (key == "max_length") TRY(CheckMaxLength(field, value, limits));
    if (key == "max_capacity") TRY(CheckMaxCapacity(field, value, limits));
  }
  for (const std::string& key : change.removed) {
    if (!IsOneOf(key, kFieldKeys) || key == "max_length" || key == "max_capacity" ||
        key == "field.description") {
      return Invalid(key, " is not allowed to drop in collection field param");
    }
    if (info.loaded && (key == "mmap.enabled" || key == "warmup")) {
      return AlreadyLoaded(info.name,
                           "can not drop collection field properties if collection loaded");
    }
  }
  return {};
}

// ---- Index parameters -----------------------------------------------------------------------

Status CheckIndexChange(const roles::PropertyChange& change) {
  constexpr std::array<std::string_view, 3> kIndexKeys = {"mmap.enabled",
                                                          "indexoffsetcache.enabled", "warmup"};
  if (!change.set.empty() && !change.removed.empty()) {
    return Invalid("cannot provide both DeleteKeys and ExtraParams");
  }
  for (const auto& [key, value] : change.set) {
    if (!IsOneOf(key, kIndexKeys)) return Invalid(key, " is not a configable index property");
    if (key == "warmup") {
      const Status policy = CheckWarmupPolicy(value);
      if (!policy.ok()) return Invalid("invalid warmup params: ", policy.message());
    }
    if (key == "mmap.enabled" && !ParseBool(value).has_value()) {
      return Invalid("invalid mmap.enabled value: ", value, ", expected: true, false");
    }
  }
  for (const std::string& key : change.removed) {
    if (!IsOneOf(key, kIndexKeys)) return Invalid(key, " is not a configable index property");
  }
  return {};
}

// Properties that an index type has no use for.
Status CheckIndexSupports(const std::string& type, const Properties& properties) {
  // Its rows are read from the file as a search asks, past the page cache.
  if (type == "DISKANN" && IsTrue(properties, "mmap.enabled"))
    return Invalid("index type DISKANN does not support mmap");
  if (type != "BITMAP" && IsTrue(properties, "indexoffsetcache.enabled"))
    return Invalid("only bitmap index support indexoffsetcache.enabled now");
  return {};
}

}  // namespace

Status Gateway::AddField(const std::string& database, const std::string& collection,
                         const FieldRequest& field) {
  const roles::CollectionPtr info = TRY(FindNamed(database, collection));
  return coordinator_->AddField(DatabaseOf(database), collection,
                                TRY(CheckAddField(*info, field, *limits_)));
}

Status Gateway::DropField(const std::string& database, const std::string& collection,
                          const std::string& name, FieldId id) {
  const roles::CollectionPtr info = TRY(FindNamed(database, collection));
  const Field* field = name.empty() ? info->schema.Find(id) : info->schema.Find(name);
  // The dynamic field has no name that clients know: a property switches it off.
  if (field == nullptr || field->dynamic) {
    if (!name.empty()) return Invalid("field not found: ", name);
    return Invalid("field not found with id: ", id.value);
  }
  return coordinator_->DropField(DatabaseOf(database), collection, field->id);
}

Status Gateway::AlterCollection(const std::string& database, const std::string& collection,
                                const roles::PropertyChange& change) {
  if (!change.set.empty() && !change.removed.empty()) {
    return Invalid("cannot provide both DeleteKeys and ExtraParams");
  }
  const roles::CollectionPtr info = TRY(Find(database, collection));
  TRY(CheckCollectionChange(*info, change, *limits_));
  for (const std::string& key : change.removed) {
    if (key == kDynamicEnabled) {
      return Invalid("cannot delete key ", key,
                     ", dynamic field schema could support set to true/false");
    }
  }
  if (const std::string* text = FindProperty(change.set, kDynamicEnabled)) {
    const std::optional<bool> enabled = ParseBool(*text);
    if (!enabled.has_value()) return Invalid("invalid dynamic schema property value: ", *text);
    if (change.set.size() > 1) {
      return Invalid("cannot alter dynamic schema with other properties at the same time");
    }
    if (*enabled == info->schema.enable_dynamic_field) return {};
    if (!*enabled) {
      return coordinator_->DropField(DatabaseOf(database), collection,
                                     info->schema.dynamic_field()->id);
    }
    return coordinator_->AddField(DatabaseOf(database), collection, DynamicField());
  }
  return coordinator_->AlterCollection(DatabaseOf(database), collection, change);
}

Status Gateway::AlterField(const std::string& database, const std::string& collection,
                           const std::string& field, const roles::PropertyChange& change) {
  const roles::CollectionPtr info = TRY(Find(database, collection));
  roles::PropertyChange named;
  for (const auto& [key, value] : change.set) named.set.emplace_back(PropertyKey(key), value);
  for (const std::string& key : change.removed) named.removed.push_back(PropertyKey(key));
  TRY(CheckFieldChange(*info, info->schema.Find(field), named, *limits_));
  return coordinator_->AlterField(DatabaseOf(database), collection, field, named);
}

Status Gateway::AlterIndex(const std::string& database, const std::string& collection,
                           const std::string& index_name, const roles::PropertyChange& change) {
  TRY(CheckIndexChange(change));
  const roles::CollectionPtr info = TRY(FindNamed(database, collection));
  if (index_name.empty()) return Invalid("index name is empty");
  for (const IndexInfo& index : info->indexes) {
    if (index.name == index_name) TRY(CheckIndexSupports(index.type, change.set));
  }
  if (info->loaded) {
    return AlreadyLoaded(
        collection, "can't alter index on loaded collection, please release the collection first");
  }
  return coordinator_->AlterIndex(DatabaseOf(database), collection, index_name, change);
}

Status Gateway::Rename(const std::string& database, const std::string& name,
                       const std::string& new_database, const std::string& new_name) {
  TRY(CheckCollectionName(new_name, *limits_));
  const std::string from = DatabaseOf(database);
  const std::string to = new_database.empty() ? from : new_database;
  if (from == to && name == new_name) {
    return Invalid("collection name or database name should be different");
  }
  return coordinator_->Rename(from, name, to, new_name);
}

Status Gateway::CreateDatabase(const std::string& name, const Properties& properties) {
  TRY(CheckDatabaseName(name, *limits_));
  TRY(CheckTimeZone(properties));
  return coordinator_->CreateDatabase(name, properties);
}

Status Gateway::DropDatabase(const std::string& name) {
  TRY(CheckDatabaseName(name, *limits_));
  return coordinator_->DropDatabase(name);
}

Status Gateway::AlterDatabase(const std::string& name, const roles::PropertyChange& change) {
  TRY(coordinator_->FindDatabase(name));
  if (change.set.empty() && change.removed.empty()) {
    return Invalid(
        "alter database with empty properties and delete keys, expected to set either properties "
        "or delete keys");
  }
  if (!change.set.empty() && !change.removed.empty()) {
    return Invalid("alter database cannot modify properties and delete keys at the same time");
  }
  TRY(CheckTimeZone(change.set));
  return coordinator_->AlterDatabase(name, change);
}

Status Gateway::Truncate(const std::string& database, const std::string& collection) {
  TRY(CheckCollectionName(collection, *limits_));
  return coordinator_->Truncate(DatabaseOf(database), collection);
}

}  // namespace elanus::gateway
