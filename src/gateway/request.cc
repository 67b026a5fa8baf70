#include "gateway/request.h"

#include <algorithm>

#include "gateway/names.h"
#include "gateway/text.h"
#include "model/timestamptz.h"

namespace elanus::gateway {

Status NotLoaded(const CollectionInfo& collection) {
  return FailWith(Code::kCollectionNotLoaded,
                  {{"collection", std::to_string(collection.id.value)}});
}

Result<std::vector<PartitionId>> NamedPartitions(const CollectionInfo& collection,
                                                 const std::vector<std::string>& names,
                                                 const Limits& limits) {
  std::vector<PartitionId> ids;
  if (!names.empty() && collection.schema.partition_key() != nullptr) {
    return Invalid(
        "not support manually specifying the partition names if partition key mode is used");
  }
  for (const std::string& name : names) {
    TRY(CheckPartitionName(name, PartitionNameUse::kLookUp, limits));
  }
  for (const std::string& name : names) {
    const Partition* partition = collection.FindPartition(name);
    if (partition == nullptr) return Invalid("partition name ", name, " not found");
    if (std::find(ids.begin(), ids.end(), partition->id) == ids.end()) ids.push_back(partition->id);
  }
  return ids;
}

Result<std::vector<PartitionId>> LoadedPartitions(const CollectionInfo& collection,
                                                  std::vector<PartitionId> named) {
  if (!collection.loaded) return NotLoaded(collection);
  std::vector<PartitionId> loaded;
  for (const Partition& partition : collection.partitions) {
    if (partition.loaded) loaded.push_back(partition.id);
  }
  if (loaded.empty()) return NotLoaded(collection);
  for (const PartitionId id : named) {
    if (std::find(loaded.begin(), loaded.end(), id) == loaded.end()) {
      return FailWith(Code::kPartitionNotLoaded, {{"partition", std::to_string(id.value)}});
    }
  }
  if (!named.empty()) return named;
  if (loaded.size() == collection.partitions.size()) loaded.clear();
  return loaded;
}

Result<std::string> TimeZoneOf(const CollectionInfo& collection, const Properties& params) {
  if (const std::string* zone = FindProperty(params, "timezone");
      zone != nullptr && !zone->empty()) {
    if (!IsTimeZone(*zone)) return Invalid("unknown or invalid IANA Time Zone ID: ", *zone);
    return *zone;
  }
  const std::string* zone = FindProperty(collection.properties, "timezone");
  return zone != nullptr ? *zone : std::string("UTC");
}

Result<roles::QueryRequest> QueryByKeys(const roles::CollectionPtr& collection, const Column& keys,
                                        Timestamp at, std::vector<FieldId> output) {
  Value::Array values;
  for (size_t row = 0; row < keys.rows(); ++row) {
    values.push_back(keys.fixed() ? Value(keys.as<int64_t>()[row])
                                  : Value(std::string(keys.String(row))));
  }
  roles::QueryRequest query;
  query.collection = collection;
  query.at = at;
  query.filter = TRY(expr::Compile(Concat(collection->schema.primary().name, " in {ids}"),
                                   collection->schema, {{"ids", Value(std::move(values))}}));
  query.output = std::move(output);
  return query;
}

Result<std::shared_ptr<const expr::Filter>> CompileFilter(expr::ParsedFilters* parsed,
                                                          const Schema& schema,
                                                          const ReadOptions& request,
                                                          const std::string& timezone,
                                                          const std::optional<Value>& above) {
  expr::CompileOptions options;
  options.timezone = timezone;
  options.parsed = parsed;
  auto filter = expr::Compile(request.filter, schema, request.templates, options);
  if (!filter.ok()) return std::move(filter).error().Prefixed("failed to create query plan");
  if (!above.has_value()) return filter;
  const std::string larger = Concat(schema.primary().name, " > {elanus_above}");
  expr::TemplateValues templates = request.templates;
  templates.insert_or_assign("elanus_above", *above);
  return expr::Compile(
      (*filter)->always_true() ? larger : Concat("(", request.filter, ") and ", larger), schema,
      templates, options);
}

ReadTime ReadTimeOf(Timestamp guarantee, bool iterator, roles::Oracle* oracle) {
  constexpr Timestamp kBounded = 2;  // 0, 1 and 2 are levels: strong, eventually, bounded
  const Timestamp now = oracle->Now();
  const bool real = guarantee > kBounded;
  if (iterator) {
    const Timestamp at = real ? guarantee : now;
    return {at, at};
  }
  if (real && guarantee > now) return {guarantee, guarantee};
  return {0, now};
}

}  // namespace elanus::gateway
