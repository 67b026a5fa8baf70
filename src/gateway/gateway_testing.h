// A coordinator and a shard in a few lines of memory, for the gateway's tests: they do what their
// contracts say for what the tests ask (keys, exact search), and keep the last request for a look.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "query/hits.h"

namespace elanus::gateway {

class FakeOracle : public roles::Oracle {
 public:
  Timestamp Next() override { return ++now_; }
  Timestamp Now() override { return now_; }

 private:
  Timestamp now_ = 1000;
};

class FakeCoordinator : public roles::Coordinator {
 public:
  roles::Oracle& oracle() override { return oracle_; }
  Result<int64_t> AllocateIds(int64_t count) override {
    next_id_ += count;
    return next_id_ - count;
  }
  std::vector<std::string> Databases() override { return {"default"}; }
  bool HasDatabase(std::string_view database) override { return database == "default"; }
  Result<DatabaseInfo> FindDatabase(std::string_view database) override {
    if (HasDatabase(database)) return DatabaseInfo{kDefaultDatabaseId, "default", 0, {}};
    return FailWith(Code::kDatabaseNotFound, {{"database", database}});
  }
  Status CreateDatabase(std::string_view, const Properties&) override { return {}; }
  Status DropDatabase(std::string_view) override { return {}; }
  Status AlterDatabase(std::string_view, const roles::PropertyChange&) override { return {}; }

  Result<roles::CollectionPtr> Find(std::string_view database, std::string_view name) override {
    if (!HasDatabase(database)) return FailWith(Code::kDatabaseNotFound, {{"database", database}});
    const auto alias = aliases_.find(name);
    const auto found =
        collections_.find(alias == aliases_.end() ? std::string(name) : alias->second);
    if (found == collections_.end()) {
      return FailWith(Code::kCollectionNotFound, {{"database", database}, {"collection", name}});
    }
    return roles::CollectionPtr(found->second);
  }
  Result<roles::CollectionPtr> FindById(CollectionId id) override {
    for (const auto& [name, info] : collections_) {
      if (info->id == id) return roles::CollectionPtr(info);
    }
    return FailWith(Code::kCollectionNotFound, {{"collection", std::to_string(id.value)}});
  }
  Result<std::vector<roles::CollectionPtr>> List(std::string_view) override {
    std::vector<roles::CollectionPtr> out;
    for (const auto& [name, info] : collections_) out.push_back(info);
    return out;
  }

  Result<roles::CollectionPtr> CreateCollection(
      const roles::CreateCollectionRequest& request) override {
    auto info = std::make_shared<CollectionInfo>();
    info->id = CollectionId(++next_id_);
    info->shard = ShardId(++next_id_);
    info->database = request.database;
    info->name = request.name;
    info->schema = request.schema;
    for (Field& field : info->schema.fields) field.id = FieldId(info->next_field_id++);
    info->shards_num = request.shards_num;
    info->consistency = request.consistency;
    info->properties = request.properties;
    if (request.partitions.empty()) AddPartition("_default", info.get());
    for (const std::string& name : request.partitions) AddPartition(name, info.get());
    info->created = info->updated = oracle_.Next();
    collections_[request.name] = info;
    return roles::CollectionPtr(info);
  }
  Status DropCollection(std::string_view, std::string_view name) override {
    collections_.erase(std::string(name));
    return {};
  }
  Status AddField(std::string_view, std::string_view name, Field field) override {
    return Change(name, [&](CollectionInfo* info) {
      field.id = FieldId(info->next_field_id++);
      info->schema.enable_dynamic_field |= field.dynamic;
      auto& fields = info->schema.fields;
      fields.insert(fields.end() - (fields.back().dynamic ? 1 : 0), std::move(field));
      info->updated = oracle_.Next();
    });
  }
  std::vector<ResourceGroup> ResourceGroups() override { return {}; }
  Status CreateResourceGroup(const ResourceGroup&) override { return {}; }
  Status UpdateResourceGroups(const std::vector<ResourceGroup>&) override { return {}; }
  Status DropResourceGroup(std::string_view) override { return {}; }
  Status TransferNodes(std::string_view, std::string_view, int32_t) override { return {}; }
  Status TransferReplicas(std::string_view, std::string_view, std::string_view, std::string_view,
                          int64_t) override {
    return {};
  }
  Status AddFunction(std::string_view, std::string_view, Function, Field, IndexInfo) override {
    return Fail(Code::kUnimplemented, "functions come and go in the coordinator's own tests");
  }
  Status DropFunction(std::string_view, std::string_view, std::string_view) override {
    return Fail(Code::kUnimplemented, "functions come and go in the coordinator's own tests");
  }
  Status DropField(std::string_view, std::string_view name, FieldId id) override {
    return Change(name, [&](CollectionInfo* info) {
      if (info->schema.Find(id)->dynamic) info->schema.enable_dynamic_field = false;
      std::erase_if(info->schema.fields, [id](const Field& field) { return field.id == id; });
    });
  }
  Status AlterCollection(std::string_view, std::string_view name,
                         const roles::PropertyChange& change) override {
    return Change(name, [&](CollectionInfo* info) {
      for (const auto& property : change.set) info->properties.push_back(property);
    });
  }
  Status AlterField(std::string_view, std::string_view, std::string_view,
                    const roles::PropertyChange&) override {
    return {};
  }
  Status AlterIndex(std::string_view, std::string_view, std::string_view,
                    const roles::PropertyChange&) override {
    return {};
  }
  Status Rename(std::string_view, std::string_view, std::string_view, std::string_view) override {
    return {};
  }
  Status Truncate(std::string_view, std::string_view) override { return {}; }

  Status CreatePartition(std::string_view, std::string_view name,
                         std::string_view partition) override {
    return Change(name, [&](CollectionInfo* info) { AddPartition(std::string(partition), info); });
  }
  Status DropPartition(std::string_view, std::string_view name,
                       std::string_view partition) override {
    return Change(name, [&](CollectionInfo* info) {
      std::erase_if(info->partitions, [&](const Partition& p) { return p.name == partition; });
    });
  }
  Status CreateIndex(std::string_view, std::string_view name, IndexInfo index) override {
    return Change(name, [&](CollectionInfo* info) {
      index.id = IndexId(++next_id_);
      if (index.name.empty()) index.name = info->schema.Find(index.field)->name;
      info->indexes.push_back(std::move(index));
    });
  }
  Status DropIndex(std::string_view, std::string_view name, std::string_view,
                   std::string_view index_name) override {
    return Change(name, [&](CollectionInfo* info) {
      std::erase_if(info->indexes,
                    [&](const IndexInfo& index) { return index.name == index_name; });
    });
  }
  Status Load(std::string_view, std::string_view name, const std::vector<std::string>& partitions,
              int32_t replica_number, const std::vector<std::string>& load_fields,
              const std::vector<std::string>&) override {
    return Change(name, [&](CollectionInfo* info) {
      info->loaded = true;
      info->replica_number = replica_number;
      for (const std::string& field : load_fields) {
        info->load_fields.push_back(info->schema.Find(field)->id);
      }
      for (Partition& partition : info->partitions) {
        partition.loaded |= partitions.empty() ||
                            std::count(partitions.begin(), partitions.end(), partition.name) > 0;
      }
    });
  }
  Status Release(std::string_view, std::string_view name,
                 const std::vector<std::string>& partitions) override {
    return Change(name, [&](CollectionInfo* info) {
      for (Partition& partition : info->partitions) {
        if (partitions.empty() ||
            std::count(partitions.begin(), partitions.end(), partition.name) > 0) {
          partition.loaded = false;
        }
      }
      info->loaded = std::any_of(info->partitions.begin(), info->partitions.end(),
                                 [](const Partition& p) { return p.loaded; });
    });
  }
  Status CreateAlias(std::string_view, std::string_view collection,
                     std::string_view alias) override {
    aliases_[std::string(alias)] = collection;
    return {};
  }
  Status AlterAlias(std::string_view database, std::string_view collection,
                    std::string_view alias) override {
    return CreateAlias(database, collection, alias);
  }
  Status DropAlias(std::string_view, std::string_view alias) override {
    aliases_.erase(std::string(alias));
    return {};
  }
  Result<roles::AliasInfo> DescribeAlias(std::string_view, std::string_view alias) override {
    return roles::AliasInfo{std::string(alias), aliases_[std::string(alias)]};
  }
  Result<std::vector<roles::AliasInfo>> ListAliases(std::string_view, std::string_view) override {
    return std::vector<roles::AliasInfo>();
  }

 private:
  void AddPartition(const std::string& name, CollectionInfo* info) {
    info->partitions.push_back({PartitionId(++next_id_), name, 0, info->loaded});
  }
  template <typename Fn>
  Status Change(std::string_view name, Fn fn) {
    auto changed = std::make_shared<CollectionInfo>(*TRY(Find("default", name)));
    fn(changed.get());
    collections_[changed->name] = changed;
    return {};
  }

  FakeOracle oracle_;
  int64_t next_id_ = 1;
  std::map<std::string, std::shared_ptr<CollectionInfo>, std::less<>> collections_;
  std::map<std::string, std::string, std::less<>> aliases_;
};

// Rows in the order written. Filters are understood when they name keys; others pass every row.
class FakeShard : public roles::Shard {
 public:
  Result<roles::WriteResult> Write(const Context&, roles::WriteRequest request) override {
    roles::WriteResult result;
    result.timestamp = ++clock_;
    result.inserted = static_cast<int64_t>(request.rows.rows);
    collection_ = request.collection;
    if (request.delete_keys.has_value()) {
      for (size_t row = 0; row < request.delete_keys->rows(); ++row) {
        result.ended += Erase(request.delete_keys->String(row));
      }
    }
    const FieldId primary = request.collection->schema.primary().id;
    for (size_t row = 0; row < request.rows.rows; ++row) {
      const Column& keys = *request.rows.Find(primary);
      Erase(keys.String(row));
      Row stored;
      for (const Column& column : request.rows.columns) {
        stored.emplace(column.field(), column.Slice(row, row + 1));
      }
      rows_.emplace(std::string(keys.String(row)), std::move(stored));
    }
    last_write = std::move(request);
    return result;
  }

  Result<roles::SearchResult> Search(const Context&, const roles::SearchRequest& request) override {
    last_search = request;
    roles::SearchResult result;
    const Field& primary = request.collection->schema.primary();
    result.keys = Column(primary.id, primary.type);
    for (const FieldId id : request.output) result.output.push_back(EmptyColumn(id));
    for (size_t query = 0; query < request.queries.count; ++query) {
      std::vector<std::pair<float, const Row*>> hits;
      for (const auto& [key, row] : rows_) hits.emplace_back(Distance(request, query, row), &row);
      std::stable_sort(hits.begin(), hits.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      hits.resize(std::min(hits.size(), request.limit));
      for (const auto& [distance, row] : hits) {
        result.keys.AppendFrom(row->at(primary.id), 0);
        result.scores.push_back(ScoreOf(request.metric, distance));
        for (Column& column : result.output) column.AppendFrom(row->at(column.field()), 0);
      }
      result.counts.push_back(static_cast<uint32_t>(hits.size()));
    }
    result.rows_searched = static_cast<int64_t>(rows_.size());
    return result;
  }

  Result<roles::QueryResult> Query(const Context&, const roles::QueryRequest& request) override {
    last_query = request;
    roles::QueryResult result;
    for (const FieldId id : request.output) result.rows.columns.push_back(EmptyColumn(id));
    for (const auto& [key, row] : rows_) {
      if (!Passes(request.filter.get(), key)) continue;
      ++result.count;
      if (request.count_only) continue;
      ++result.rows.rows;
      for (Column& column : result.rows.columns) column.AppendFrom(row.at(column.field()), 0);
    }
    return result;
  }

  Result<roles::FlushResult> Flush(const Context&) override { return roles::FlushResult{}; }
  roles::ShardStats Stats() override {
    roles::ShardStats stats;
    stats.physical_rows = static_cast<int64_t>(rows_.size());
    return stats;
  }
  roles::IndexProgress ProgressOf(IndexId) override { return {10, 10, ""}; }

  roles::WriteRequest last_write;
  roles::SearchRequest last_search;
  roles::QueryRequest last_query;

 private:
  using Row = std::map<FieldId, Column>;

  int64_t Erase(std::string_view key) {
    return static_cast<int64_t>(rows_.erase(std::string(key)));
  }
  Column EmptyColumn(FieldId id) const {
    const Field* field = collection_ == nullptr ? nullptr : collection_->schema.Find(id);
    return field == nullptr ? Column(id, DataType::kInt64) : Column(id, field->type, field->dim);
  }
  static bool Passes(const expr::Filter* filter, const std::string& key) {
    if (filter == nullptr || filter->primary_keys() == nullptr) return true;
    for (const Value& value : *filter->primary_keys()) {
      if (value.is_string() ? key == value.as_string() : Int(key) == value.as_int()) return true;
    }
    return false;
  }
  static int64_t Int(const std::string& key) {
    int64_t value = 0;
    std::memcpy(&value, key.data(), std::min(sizeof value, key.size()));
    return value;
  }
  static float Distance(const roles::SearchRequest& request, size_t query, const Row& row) {
    const auto dim = static_cast<size_t>(request.queries.dim);
    if (request.queries.type != DataType::kFloatVector) return 0;
    const auto* a = reinterpret_cast<const float*>(request.queries.dense.data()) + query * dim;
    const auto* b = row.at(request.field).as<float>();
    float l2 = 0;
    float ip = 0;
    for (size_t i = 0; i < dim; ++i) {
      l2 += (a[i] - b[i]) * (a[i] - b[i]);
      ip += a[i] * b[i];
    }
    return LargerIsNearer(request.metric) ? -ip : l2;
  }

  roles::CollectionPtr collection_;
  Timestamp clock_ = 5000;
  std::map<std::string, Row> rows_;  // by key bytes; small keys are in order
};

class FakeShards : public roles::ShardDirectory {
 public:
  Result<roles::ShardPtr> Open(const roles::CollectionPtr& collection) override {
    return roles::ShardPtr(At(collection->shard));
  }
  Status Update(const roles::CollectionPtr&) override { return {}; }
  Result<Compaction> Compact(const roles::CompactionRequest&) override { return Compaction(); }
  std::optional<Compaction> FindCompaction(int64_t) override { return std::nullopt; }
  Status Drop(ShardId shard) override {
    shards_.erase(shard);
    return {};
  }
  std::shared_ptr<FakeShard> At(ShardId id) {
    auto& shard = shards_[id];
    if (shard == nullptr) shard = std::make_shared<FakeShard>();
    return shard;
  }

 private:
  std::map<ShardId, std::shared_ptr<FakeShard>> shards_;
};

// A gateway over the fakes, and short ways to say a request.
struct Bench {
  FakeCoordinator coordinator;
  FakeShards shards;
  Context context;
  Gateway gateway{&coordinator, &shards, std::make_shared<Limits>()};

  FakeShard& shard(const std::string& name) {
    return *shards.At((*coordinator.Find("default", name))->shard);
  }
};

inline FieldRequest MakeField(const std::string& name, DataType type, Properties params = {}) {
  FieldRequest field;
  field.name = name;
  field.type = type;
  field.type_params = std::move(params);
  return field;
}

// id Int64 primary, vector FloatVector[4].
inline CreateCollection Simple(const std::string& name = "books") {
  CreateCollection request;
  request.name = name;
  request.schema_name = name;
  request.fields = {MakeField("id", DataType::kInt64),
                    MakeField("vector", DataType::kFloatVector, {{"dim", "4"}})};
  request.fields[0].primary = true;
  return request;
}

inline InputColumn Longs(const std::string& name, const std::vector<int64_t>& values) {
  InputColumn column;
  column.name = name;
  column.type = DataType::kInt64;
  column.payload = Column(FieldId(), DataType::kInt64);
  column.payload.AppendFixed(values.data(), values.size());
  return column;
}

inline InputColumn Ints(const std::string& name, DataType type,
                        const std::vector<int32_t>& values) {
  InputColumn column;
  column.name = name;
  column.type = type;
  column.payload = Column(FieldId(), DataType::kInt32);
  column.payload.AppendFixed(values.data(), values.size());
  return column;
}

inline InputColumn Strings(const std::string& name, const std::vector<std::string>& values,
                           DataType payload = DataType::kVarChar) {
  InputColumn column;
  column.name = name;
  column.type = payload;
  column.payload = Column(FieldId(), payload);
  for (const std::string& value : values) column.payload.AppendString(value);
  return column;
}

inline InputColumn Vectors(const std::string& name, int64_t dim, const std::vector<float>& values) {
  InputColumn column;
  column.name = name;
  column.type = DataType::kFloatVector;
  column.payload = Column(FieldId(), DataType::kFloatVector, dim);
  if (dim > 0) column.payload.AppendFixed(values.data(), values.size() / static_cast<size_t>(dim));
  return column;
}

inline Insert Rows(std::vector<InputColumn> columns, int64_t rows,
                   const std::string& collection = "books") {
  Insert request;
  request.collection = collection;
  request.columns = std::move(columns);
  request.num_rows = rows;
  return request;
}

}  // namespace elanus::gateway
