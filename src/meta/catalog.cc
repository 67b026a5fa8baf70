#include "meta/catalog.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include "base/crash_point.h"
#include "meta/access_codec.h"
#include "meta/compaction_codec.h"
#include "meta/head_codec.h"
#include "meta/keys.h"
#include "meta/record.h"
#include "meta/resource_group_codec.h"

namespace elanus::meta {
namespace {

constexpr uint64_t kFormat = 1;
// Ids reserved per durable write; what is left of a block at a stop is never used.
constexpr int64_t kIdsReserved = 1 << 20;

// Tags; never reused.
enum CollectionTag : uint64_t { kCollectionVersion = 1, kCollectionInfo = 2 };
enum NumberTag : uint64_t { kNumber = 1 };
enum DatabaseTag : uint64_t {
  kDatabaseName = 1,
  kDatabaseId = 2,
  kDatabaseCreated = 3,
  kDatabaseProperty = 4
};
enum PropertyTag : uint64_t { kPropertyKey = 1, kPropertyValue = 2 };

std::string SealNumber(std::string_view key, uint64_t number) {
  RecordWriter record;
  record.Number(kNumber, number);
  return record.Seal(key);
}

Result<uint64_t> OpenNumber(std::string_view key, std::string_view value) {
  return TRY(RecordReader::Open(key, value)).Number(kNumber);
}

std::string SealCollection(std::string_view key, const CollectionInfo& info) {
  RecordWriter record;
  record.Number(kCollectionVersion, info.version);
  record.Bytes(kCollectionInfo, EncodeCollection(info));
  return record.Seal(key);
}

class StoreCatalog final : public Catalog {
 public:
  explicit StoreCatalog(MetaStore* store) : store_(store) {}

  Status CheckFormat() {
    const std::optional<std::string> stored = TRY(store_->Get(keys::kFormat));
    if (stored) {
      uint64_t format = 0;
      const auto [end, error] =
          std::from_chars(stored->data(), stored->data() + stored->size(), format);
      if (error != std::errc() || end != stored->data() + stored->size()) {
        return CorruptValue(keys::kFormat, "'" + *stored + "' is no format number");
      }
      if (format > kFormat) {
        return Status(Code::kInternal, "data folder has format " + std::to_string(format) +
                                           ", this binary reads up to " + std::to_string(kFormat));
      }
      return Status();
    }
    TRY(store_->Scan("", [](std::string_view, std::string_view) {
      return CorruptValue(keys::kFormat, "is missing though other keys are there");
    }));
    const std::string database = keys::OfDatabase(kDefaultDatabaseName);
    RecordWriter record;
    record.Bytes(kDatabaseName, kDefaultDatabaseName);
    return Write(
        {{{std::string(keys::kFormat), std::nullopt}},
         {{std::string(keys::kFormat), std::to_string(kFormat)}, {database, record.Seal(database)}},
         {}},
        "format");
  }

  Result<std::vector<CollectionInfo>> LoadCollections() override {
    std::vector<CollectionInfo> infos;
    TRY(store_->Scan(keys::kCollections, [&](std::string_view key, std::string_view value) {
      const RecordReader record = TRY(RecordReader::Open(key, value));
      auto info = DecodeCollection(record.Bytes(kCollectionInfo));
      if (!info.ok()) return CorruptValue(key, info.status().message());
      infos.push_back(std::move(*info));
      return Status();
    }));
    return infos;
  }

  Result<std::vector<DatabaseInfo>> LoadDatabases() override {
    std::vector<DatabaseInfo> databases;
    TRY(store_->Scan(keys::kDatabases, [&](std::string_view key, std::string_view value) -> Status {
      const RecordReader record = TRY(RecordReader::Open(key, value));
      DatabaseInfo database;
      database.name = record.Bytes(kDatabaseName);
      const auto id = static_cast<int64_t>(TRY(record.Number(kDatabaseId)));
      if (id != 0) database.id = id;
      database.created = TRY(record.Number(kDatabaseCreated));
      for (const std::string_view fields : record.All(kDatabaseProperty)) {
        const RecordReader property = TRY(RecordReader::OpenNested(key, fields));
        database.properties.emplace_back(property.Bytes(kPropertyKey),
                                         property.Bytes(kPropertyValue));
      }
      databases.push_back(std::move(database));
      return {};
    }));
    return databases;
  }

  Status PutDatabase(const DatabaseInfo& database) override {
    const std::string key = keys::OfDatabase(database.name);
    RecordWriter record;
    record.Bytes(kDatabaseName, database.name);
    record.Number(kDatabaseId, static_cast<uint64_t>(database.id));
    record.Number(kDatabaseCreated, database.created);
    for (const auto& [name, value] : database.properties) {
      RecordWriter property;
      property.Bytes(kPropertyKey, name);
      property.Bytes(kPropertyValue, value);
      record.Bytes(kDatabaseProperty, property.fields());
    }
    return Write({{}, {{key, record.Seal(key)}}, {}}, key);
  }

  Status DropDatabase(const std::string& name) override {
    const std::string key = keys::OfDatabase(name);
    return Write({{}, {}, {key}}, key);
  }

  Result<std::vector<ResourceGroup>> LoadResourceGroups() override {
    std::vector<ResourceGroup> groups;
    TRY(store_->Scan(keys::kResourceGroups, [&](std::string_view key, std::string_view value) {
      groups.push_back(TRY(DecodeResourceGroup(key, value)));
      return Status();
    }));
    return groups;
  }

  Status ChangeResourceGroups(const std::vector<ResourceGroup>& before,
                              const std::vector<ResourceGroup>& after) override {
    Transaction transaction;
    for (const ResourceGroup& group : after) {
      if (std::find(before.begin(), before.end(), group) != before.end()) continue;
      const std::string key = keys::OfResourceGroup(group.name);
      transaction.puts.emplace_back(key, EncodeResourceGroup(key, group));
    }
    for (const ResourceGroup& group : before) {
      const bool stays = std::any_of(after.begin(), after.end(), [&](const ResourceGroup& other) {
        return other.name == group.name;
      });
      if (!stays) transaction.deletes.push_back(keys::OfResourceGroup(group.name));
    }
    return Write(transaction, "resource groups");
  }

  Status PutCollection(const CollectionInfo& info) override { return PutAll({&info, 1}); }
  Status PutCollections(const std::vector<CollectionInfo>& infos) override { return PutAll(infos); }

  Status DropCollection(const CollectionInfo& info) override {
    const std::string key = keys::OfCollection(info.id);
    const std::string tombstone = keys::OfTombstone(info.shard);
    Transaction transaction;
    TRY(ExpectVersion(info, info.version, &transaction));
    transaction.puts.emplace_back(tombstone,
                                  SealNumber(tombstone, static_cast<uint64_t>(info.id.value)));
    transaction.deletes.push_back(key);
    return Write(transaction, key);
  }

  Result<std::vector<ShardId>> LoadTombstones() override {
    std::vector<ShardId> shards;
    TRY(store_->Scan(keys::kTombstones, [&](std::string_view key, std::string_view value) {
      TRY(RecordReader::Open(key, value));
      shards.emplace_back(TRY(keys::IdOf(key)));
      return Status();
    }));
    return shards;
  }

  Status ForgetShard(ShardId shard) override {
    Transaction transaction;
    TRY(store_->Scan(keys::SegmentsOf(shard), [&](std::string_view key, std::string_view) {
      transaction.deletes.emplace_back(key);
      return Status();
    }));
    transaction.deletes.push_back(keys::OfHead(shard));
    transaction.deletes.push_back(keys::OfTombstone(shard));
    return Write(transaction, "shard");
  }

  Result<AccessRules> LoadAccessRules() override {
    AccessRules rules;
    TRY(store_->Scan(keys::kUsers, [&](std::string_view key, std::string_view value) -> Status {
      User user = TRY(DecodeUser(key, value));
      rules.users.emplace(user.name, std::move(user));
      return {};
    }));
    TRY(store_->Scan(keys::kRoles, [&](std::string_view key, std::string_view value) -> Status {
      Role role = TRY(DecodeRole(key, value));
      rules.roles.emplace(role.name, std::move(role));
      return {};
    }));
    TRY(store_->Scan(keys::kPrivilegeGroups,
                     [&](std::string_view key, std::string_view value) -> Status {
                       PrivilegeGroup group = TRY(DecodePrivilegeGroup(key, value));
                       rules.groups.emplace(group.name, std::move(group));
                       return {};
                     }));
    return rules;
  }

  Status ChangeAccessRules(const AccessRules& before, const AccessRules& after) override {
    Transaction transaction;
    AddChanged(before.users, after.users, keys::OfUser, EncodeUser, &transaction);
    AddChanged(before.roles, after.roles, keys::OfRole, EncodeRole, &transaction);
    AddChanged(before.groups, after.groups, keys::OfPrivilegeGroup, EncodePrivilegeGroup,
               &transaction);
    return Write(transaction, "access rules");
  }

  Result<ShardHead> LoadHead(ShardId shard) override {
    const std::string key = keys::OfHead(shard);
    // Another commit between the two reads would mix two heads: read again until it stands still.
    for (;;) {
      const std::optional<std::string> value = TRY(store_->Get(key));
      if (!value) return ShardHead();
      ShardHead head = TRY(DecodeHead(key, *value));
      TRY(store_->Scan(keys::SegmentsOf(shard), [&](std::string_view name, std::string_view bytes) {
        head.segments.push_back(TRY(DecodeSegment(name, bytes)));
        return Status();
      }));
      if (TRY(store_->Get(key)) == value) return head;
    }
  }

  Result<std::vector<std::pair<ShardId, uint64_t>>> LoadAppliedLsns() override {
    std::vector<std::pair<ShardId, uint64_t>> applied;
    TRY(store_->Scan(keys::kHeads, [&](std::string_view key, std::string_view value) {
      const ShardHead head = TRY(DecodeHead(key, value));
      applied.emplace_back(ShardId(TRY(keys::IdOf(key))), head.applied_lsn);
      return Status();
    }));
    return applied;
  }

  Status CommitHead(ShardId shard, const ShardHead& before, const ShardHead& after) override {
    CHECK(after.version == before.version + 1);
    const std::string key = keys::OfHead(shard);
    std::optional<std::string> stored = TRY(store_->Get(key));
    const uint64_t version = stored ? TRY(DecodeHead(key, *stored)).version : 0;
    if (version != before.version) {
      return Fail(Code::kInternal, "head of shard " + std::to_string(shard.value) +
                                       " has version " + std::to_string(version) + ", expected " +
                                       std::to_string(before.version));
    }
    Transaction transaction;
    transaction.compares.emplace_back(key, std::move(stored));
    transaction.compares.emplace_back(keys::OfTombstone(shard), std::nullopt);
    transaction.puts.emplace_back(key, EncodeHead(key, after));
    AddChangedSegments(shard, before, after, &transaction);
    return Write(transaction, key);
  }

  Result<std::vector<Compaction>> LoadCompactions() override {
    std::vector<Compaction> compactions;
    TRY(store_->Scan(keys::kCompactions,
                     [&](std::string_view key, std::string_view value) -> Status {
                       compactions.push_back(TRY(DecodeCompaction(key, value)));
                       return {};
                     }));
    return compactions;
  }

  Status PutCompaction(const Compaction& compaction) override {
    const std::string key = keys::OfCompaction(compaction.id);
    return Write({{}, {{key, EncodeCompaction(key, compaction)}}, {}}, key);
  }

  Status ForgetCompactions(const std::vector<int64_t>& ids) override {
    Transaction transaction;
    for (const int64_t id : ids) transaction.deletes.push_back(keys::OfCompaction(id));
    return Write(transaction, keys::kCompactions);
  }

  Result<int64_t> AllocateIds(int64_t count) override {
    CHECK(count > 0);
    const std::lock_guard lock(ids_mutex_);
    if (next_id_ == 0 || count > ids_end_ - next_id_) TRY(ReserveIds(count));
    const int64_t first = next_id_;
    next_id_ += count;
    return first;
  }

  Result<Timestamp> LoadTimestampLimit() override {
    const std::optional<std::string> value = TRY(store_->Get(keys::kTimestampLimit));
    if (!value) return Timestamp{0};
    return OpenNumber(keys::kTimestampLimit, *value);
  }

  Status SaveTimestampLimit(Timestamp limit) override {
    return Write(
        {{}, {{std::string(keys::kTimestampLimit), SealNumber(keys::kTimestampLimit, limit)}}, {}},
        keys::kTimestampLimit);
  }

 private:
  // A compare that fails here means that another process writes the same catalog.
  Status Write(const Transaction& transaction, std::string_view what) {
    if (TRY(store_->Commit(transaction))) return Status();
    return Fail(Code::kInternal, "catalog: '" + std::string(what) + "' changed meanwhile");
  }

  // Adds the compare that holds only while `info` is stored with `version` (0: not at all).
  Status ExpectVersion(const CollectionInfo& info, uint64_t version, Transaction* transaction) {
    const std::string key = keys::OfCollection(info.id);
    std::optional<std::string> stored = TRY(store_->Get(key));
    const uint64_t found =
        stored ? TRY(TRY(RecordReader::Open(key, *stored)).Number(kCollectionVersion)) : 0;
    if (found != version) {
      return Fail(Code::kInternal, "collection '" + info.name + "' is stored with version " +
                                       std::to_string(found) + ", expected " +
                                       std::to_string(version));
    }
    transaction->compares.emplace_back(key, std::move(stored));
    return Status();
  }

  Status PutAll(std::span<const CollectionInfo> infos) {
    Transaction transaction;
    for (const CollectionInfo& info : infos) {
      TRY(ExpectVersion(info, info.version - 1, &transaction));
      const std::string key = keys::OfCollection(info.id);
      transaction.puts.emplace_back(key, SealCollection(key, info));
    }
    return Write(transaction, keys::kCollections);
  }

  // Of things by name: puts what is new or another, deletes what is gone.
  template <typename T>
  static void AddChanged(const std::map<std::string, T>& before,
                         const std::map<std::string, T>& after,
                         std::string (*key_of)(std::string_view),
                         std::string (*encode)(std::string_view, const T&),
                         Transaction* transaction) {
    for (const auto& [name, thing] : after) {
      const auto old = before.find(name);
      if (old != before.end() && old->second == thing) continue;
      const std::string key = key_of(name);
      transaction->puts.emplace_back(key, encode(key, thing));
    }
    for (const auto& [name, thing] : before) {
      if (!after.contains(name)) transaction->deletes.push_back(key_of(name));
    }
  }

  static void AddChangedSegments(ShardId shard, const ShardHead& before, const ShardHead& after,
                                 Transaction* transaction) {
    std::map<SegmentId, const SegmentMeta*> old;
    for (const SegmentMeta& segment : before.segments) old.emplace(segment.id, &segment);
    for (const SegmentMeta& segment : after.segments) {
      const auto found = old.find(segment.id);
      const bool same = found != old.end() && *found->second == segment;
      if (found != old.end()) old.erase(found);
      if (same) continue;
      const std::string key = keys::OfSegment(shard, segment.id);
      transaction->puts.emplace_back(key, EncodeSegment(key, segment));
    }
    for (const auto& [id, segment] : old) {
      transaction->deletes.push_back(keys::OfSegment(shard, id));
    }
  }

  Status ReserveIds(int64_t count) {
    const std::string key(keys::kNextId);
    std::optional<std::string> stored = TRY(store_->Get(key));
    const int64_t first = stored ? static_cast<int64_t>(TRY(OpenNumber(key, *stored))) : 1;
    const int64_t end = first + std::max(count, kIdsReserved);
    TRY(Write(
        {{{key, std::move(stored)}}, {{key, SealNumber(key, static_cast<uint64_t>(end))}}, {}},
        key));
    CrashHere(CrashPoint::kIdsReserved);
    // A block that follows the last one is joined to it.
    if (next_id_ == 0 || first != ids_end_) next_id_ = first;
    ids_end_ = end;
    return Status();
  }

  MetaStore* const store_;
  std::mutex ids_mutex_;  // guards the two below
  int64_t next_id_ = 0;   // 0: nothing reserved yet
  int64_t ids_end_ = 0;
};

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::Open(MetaStore* store) {
  auto catalog = std::make_unique<StoreCatalog>(store);
  TRY(catalog->CheckFormat());
  return std::unique_ptr<Catalog>(std::move(catalog));
}

}  // namespace elanus::meta
