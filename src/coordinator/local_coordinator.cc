#include "coordinator/local_coordinator.h"

#include <algorithm>
#include <utility>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/metrics.h"

namespace elanus::coordinator {
namespace {

// "[a b]", as Milvus prints lists of names.
std::string Bracketed(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : names) text += (text.size() > 1 ? " " : "") + name;
  return text + "]";
}

MetricFamily<Gauge>& CollectionsGauge() {
  static MetricFamily<Gauge> family("milvus_rootcoord_collection_num", "Collections of a database.",
                                    {"db_name"});
  return family;
}

Gauge& PartitionsGauge() {
  static MetricFamily<Gauge> family("milvus_rootcoord_partition_num",
                                    "Partitions of all collections.");
  static Gauge& gauge = family.With({});
  return gauge;
}

}  // namespace

Result<std::unique_ptr<LocalCoordinator>> LocalCoordinator::Open(
    meta::Catalog* catalog, roles::Oracle* oracle, roles::ShardDirectory* shards,
    const CoordinatorOptions& options) {
  std::unique_ptr<LocalCoordinator> coordinator(
      new LocalCoordinator(catalog, oracle, shards, options));
  TRY(coordinator->LoadAll());
  return coordinator;
}

LocalCoordinator::LocalCoordinator(meta::Catalog* catalog, roles::Oracle* oracle,
                                   roles::ShardDirectory* shards, const CoordinatorOptions& options)
    : catalog_(catalog), oracle_(oracle), shards_(shards), options_(options) {}

Status LocalCoordinator::LoadAll() {
  for (DatabaseInfo& database : TRY(catalog_->LoadDatabases())) {
    view_.PutDatabase(std::move(database));
  }
  for (CollectionInfo& info : TRY(catalog_->LoadCollections())) {
    if (!view_.HasDatabase(info.database)) {
      return Fail(Code::kCorruption, "collection '" + info.name + "' is in database '" +
                                         info.database + "', which does not exist");
    }
    Show({{nullptr, std::make_shared<const CollectionInfo>(std::move(info))}});
  }
  groups_ = std::make_shared<const ResourceGroupTable>(TRY(catalog_->LoadResourceGroups()));
  for (const ShardId shard : TRY(catalog_->LoadTombstones())) CollectShard(shard);
  return Status();
}

void LocalCoordinator::Show(const std::vector<std::pair<CollectionPtr, CollectionPtr>>& changes) {
  view_.Replace(changes);
  for (const auto& [before, after] : changes) {
    for (const CollectionPtr& info : {before, after}) {
      if (info == nullptr) continue;
      const auto count = static_cast<double>(view_.size(info->database));
      CollectionsGauge().With({info->database}).Set(count);
    }
  }
  PartitionsGauge().Set(static_cast<double>(view_.partitions()));
}

void LocalCoordinator::CollectShard(ShardId shard) {
  Status status = shards_->Drop(shard);
  if (status.ok()) status = catalog_->ForgetShard(shard);
  if (!status.ok()) {
    LOG_WARNING("a dropped collection is collected at the next start", {"shard", shard.value},
                {"error", status.message()});
  }
}

Result<CollectionPtr> LocalCoordinator::CreateCollection(
    const roles::CreateCollectionRequest& asked) {
  const std::lock_guard lock(ddl_mutex_);
  const DatabaseInfo database = TRY(view_.FindDatabase(asked.database));
  roles::CreateCollectionRequest request = asked;
  const std::string* zone = FindProperty(database.properties, "timezone");
  if (zone != nullptr && FindProperty(request.properties, "timezone") == nullptr) {
    request.properties.emplace_back("timezone", *zone);
  }
  if (const CollectionPtr existing = view_.FindOrNull(request.database, request.name)) {
    if (existing->name != request.name) {
      return FailWith(Code::kAliasCollectionNameConflict, "please choose a unique name",
                      {{"database", existing->database}, {"alias", request.name}});
    }
    if (SameDefinition(*existing, request)) return existing;
    return Fail(
        Code::kParameterInvalid,
        "create duplicate collection with different parameters, collection: " + request.name);
  }
  TRY(CheckLimits(request));
  auto created = std::make_shared<const CollectionInfo>(TRY(NewCollection(request)));
  TRY(catalog_->PutCollection(*created));
  CrashHere(CrashPoint::kCollectionCreated);
  Show({{nullptr, created}});
  return CollectionPtr(std::move(created));
}

Status LocalCoordinator::CheckLimits(const roles::CreateCollectionRequest& request) const {
  const DatabaseInfo database = TRY(view_.FindDatabase(request.database));
  int64_t database_max = options_.collections_per_database_max;
  ReadNumber(database.properties, "database.max.collections", &database_max);
  const std::pair<size_t, int64_t> limits[] = {
      {view_.size(), options_.collections_max},
      {view_.size(database.name), database_max},
  };
  for (const auto& [count, max] : limits) {
    if (static_cast<int64_t>(count) < max) continue;
    return FailWith(Code::kCollectionCountExceeded,
                    {{"dbName", database.name}, {"limit", std::to_string(max)}});
  }
  const int64_t partitions = std::max<int64_t>(static_cast<int64_t>(request.partitions.size()), 1);
  if (partitions > options_.partitions_max) {
    return Fail(Code::kParameterInvalid, "partition number (" + std::to_string(partitions) +
                                             ") exceeds max configuration (" +
                                             std::to_string(options_.partitions_max) +
                                             "), collection: " + request.name);
  }
  return CheckCapacity(partitions * request.shards_num);
}

Status LocalCoordinator::CheckCapacity(int64_t added) const {
  const int64_t capacity = view_.general_capacity() + added;
  if (capacity <= options_.general_capacity_max) return Status();
  return FailWith(Code::kGeneralCapacityExceeded,
                  "failed checking constraint: sum_collections(parition*shard) exceeding the max "
                  "general capacity:",
                  {{"newGeneralSize", std::to_string(capacity)},
                   {"generalCapacity", std::to_string(options_.general_capacity_max)}});
}

Result<int64_t> LocalCoordinator::AllocateIds(int64_t count) {
  // Seven times as many are left.
  constexpr int64_t kFirstAutoId = int64_t{1} << 60;
  return kFirstAutoId + TRY(catalog_->AllocateIds(count));
}

Result<CollectionInfo> LocalCoordinator::NewCollection(
    const roles::CreateCollectionRequest& request) {
  const auto partitions = static_cast<int64_t>(request.partitions.size());
  int64_t id = TRY(catalog_->AllocateIds(3 + partitions));
  CollectionInfo info;
  info.id = CollectionId(id++);
  info.shard = ShardId(id++);
  info.database = request.database.empty() ? kDefaultDatabaseName : request.database;
  info.name = request.name;
  info.schema = request.schema;
  for (Field& field : info.schema.fields) field.id = FieldId(info.next_field_id++);
  int64_t function_id = kFirstUserFieldId;
  for (Function& function : info.schema.functions) function.id = function_id++;
  info.shards_num = request.shards_num;
  info.consistency = request.consistency;
  info.properties = request.properties;
  info.created = info.updated = oracle_->Next();
  if (request.partitions.empty()) {
    info.partitions.push_back(
        {PartitionId(id++), std::string(kDefaultPartitionName), info.created, false});
  }
  for (const std::string& name : request.partitions) {
    info.partitions.push_back({PartitionId(id++), name, info.created, false});
  }
  return info;
}

Status LocalCoordinator::DropCollection(std::string_view database, std::string_view name) {
  const std::lock_guard lock(ddl_mutex_);
  const CollectionPtr collection = view_.FindOrNull(database, name);
  if (!collection) return Status();
  if (collection->name != name) {
    return Fail(Code::kParameterInvalid,
                "cannot drop the collection via alias = " + std::string(name));
  }
  if (!collection->aliases.empty()) {
    return Fail(Code::kParameterInvalid,
                "unable to drop the collection [" + collection->name +
                    "] because it has associated aliases " + Bracketed(collection->aliases) +
                    ", please remove all aliases before dropping the collection");
  }
  TRY(catalog_->DropCollection(*collection));
  CrashHere(CrashPoint::kCollectionDropped);
  Show({{collection, nullptr}});
  untold_.erase(collection->id);
  CollectShard(collection->shard);
  return Status();
}

Status LocalCoordinator::CreatePartition(std::string_view database, std::string_view collection,
                                         std::string_view partition) {
  return Change(database, collection, [&](CollectionInfo* info) -> Result<Edit> {
    if (info->FindPartition(partition) != nullptr) return Edit::kUnchanged;
    TRY(CheckCapacity(info->shards_num));
    const PartitionId id(TRY(catalog_->AllocateIds(1)));
    return AddPartition(info, {id, std::string(partition), oracle_->Next(), false},
                        options_.partitions_max);
  });
}

Status LocalCoordinator::DropPartition(std::string_view database, std::string_view collection,
                                       std::string_view partition) {
  return Change(database, collection,
                [&](CollectionInfo* info) { return RemovePartition(info, partition); });
}

Status LocalCoordinator::CreateIndex(std::string_view database, std::string_view collection,
                                     IndexInfo index) {
  return Change(database, collection, [&](CollectionInfo* info) -> Result<Edit> {
    index.id = IndexId(TRY(catalog_->AllocateIds(1)));
    index.created = oracle_->Next();
    return AddIndex(info, std::move(index));
  });
}

Status LocalCoordinator::DropIndex(std::string_view database, std::string_view collection,
                                   std::string_view field, std::string_view index_name) {
  return Change(database, collection,
                [&](CollectionInfo* info) { return RemoveIndex(info, field, index_name); });
}

Status LocalCoordinator::Load(std::string_view database, std::string_view collection,
                              const std::vector<std::string>& partitions, int32_t replica_number,
                              const std::vector<std::string>& load_fields,
                              const std::vector<std::string>& resource_groups) {
  return Change(database, collection, [&](CollectionInfo* info) -> Result<Edit> {
    const std::string group =
        TRY(GroupToLoadInto(*Groups(), *info, replica_number, resource_groups));
    const Edit edit = TRY(MarkLoaded(info, partitions, replica_number, load_fields));
    if (info->resource_group == group) return edit;
    info->resource_group = group;
    return Edit::kChanged;
  });
}

Status LocalCoordinator::Release(std::string_view database, std::string_view collection,
                                 const std::vector<std::string>& partitions) {
  return Change(database, collection,
                [&](CollectionInfo* info) { return MarkReleased(info, partitions); });
}

Status LocalCoordinator::Change(std::string_view database, std::string_view name,
                                const std::function<Result<Edit>(CollectionInfo*)>& edit) {
  const std::lock_guard lock(ddl_mutex_);
  const CollectionPtr before = TRY(view_.Find(database, name));
  CollectionInfo after = *before;
  switch (TRY(edit(&after))) {
    case Edit::kUnchanged:
      if (untold_.contains(before->id)) TellShard(before);
      return Status();
    case Edit::kChanged:
      return Publish(before, std::move(after));
  }
  return Status();
}

Status LocalCoordinator::Publish(const CollectionPtr& before, CollectionInfo after) {
  ++after.version;
  TRY(catalog_->PutCollection(after));
  CrashHere(CrashPoint::kCollectionChanged);
  const auto published = std::make_shared<const CollectionInfo>(std::move(after));
  Show({{before, published}});
  TellShard(published);
  return Status();
}

void LocalCoordinator::TellShard(const CollectionPtr& collection) {
  const Status status = shards_->Update(collection);
  if (status.ok()) {
    untold_.erase(collection->id);
    return;
  }
  untold_.insert(collection->id);
  LOG_WARNING("a shard does not know the newest version of its collection yet",
              {"collection", collection->name}, {"version", collection->version},
              {"error", status.message()});
}

}  // namespace elanus::coordinator
