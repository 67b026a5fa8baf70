#include <algorithm>
#include <set>
#include <utility>

#include "coordinator/rules.h"

namespace elanus::coordinator {
namespace {

constexpr std::string_view kAutoIndex = "AUTOINDEX";

std::string JsonPathOf(const IndexInfo& index) {
  const std::string* path = index.Param("json_path");
  return path == nullptr ? std::string() : *path;
}

// What can be altered later does not make another index; an AUTOINDEX's metric only where it is
// given.
std::set<std::pair<std::string, std::string>> IdentityOf(const IndexInfo& index) {
  std::set<std::pair<std::string, std::string>> params;
  for (const auto& param : index.params) {
    if (param.first == "mmap.enabled" || param.first == "warmup" ||
        param.first == "indexoffsetcache.enabled" || param.first == "metric_type") {
      continue;
    }
    params.insert(param);
  }
  return params;
}

bool SameIndex(const IndexInfo& existing, const IndexInfo& index) {
  const bool metric_open = existing.type == kAutoIndex && index.Param("metric_type") == nullptr;
  return existing.field == index.field && existing.type == index.type &&
         (metric_open || existing.metric == index.metric) &&
         IdentityOf(existing) == IdentityOf(index);
}

// Milvus's default: the name of the index that is there already, else of the field and JSON path.
std::string DefaultName(const CollectionInfo& info, const Field& field, const IndexInfo& index) {
  for (const IndexInfo& other : info.indexes) {
    if (other.field == field.id && JsonPathOf(other) == JsonPathOf(index)) return other.name;
  }
  return field.name + JsonPathOf(index);
}

}  // namespace

Result<Edit> AddIndex(CollectionInfo* info, IndexInfo index) {
  const Field* field = info->schema.Find(index.field);
  if (field == nullptr) {
    return FailWith(Code::kFieldNotFound, {{"field", std::to_string(index.field.value)}});
  }
  if (index.name.empty()) index.name = DefaultName(*info, *field, index);
  for (const IndexInfo& other : info->indexes) {
    if (other.name == index.name) {
      if (SameIndex(other, index)) return Edit::kUnchanged;
      return Fail(Code::kParameterInvalid, "at most one distinct index is allowed per field");
    }
    const bool other_path =
        field->type == DataType::kJson && JsonPathOf(other) != JsonPathOf(index);
    if (other.field == index.field && !other_path) {
      return Fail(Code::kParameterInvalid,
                  "CreateIndex failed: creating multiple indexes on same field is not supported");
    }
  }
  info->indexes.push_back(std::move(index));
  return Edit::kChanged;
}

Result<Edit> RemoveIndex(CollectionInfo* info, std::string_view field_name,
                         std::string_view index_name) {
  const Field* field = info->schema.Find(field_name);
  const auto doomed = [&](const IndexInfo& index) {
    if (!index_name.empty()) return index.name == index_name;
    return field_name.empty() || (field != nullptr && index.field == field->id);
  };
  const auto count = std::count_if(info->indexes.begin(), info->indexes.end(), doomed);
  if (count == 0) return Edit::kUnchanged;
  for (const IndexInfo& index : info->indexes) {
    const Field* indexed = info->schema.Find(index.field);
    if (doomed(index) && info->loaded && indexed != nullptr && IsVector(indexed->type)) {
      return Fail(Code::kParameterInvalid, "vector index cannot be dropped on loaded collection: " +
                                               std::to_string(info->id.value));
    }
  }
  if (count > 1) return FailWith(Code::kIndexDuplicate, {{"indexName", index_name}});
  std::erase_if(info->indexes, doomed);
  return Edit::kChanged;
}

}  // namespace elanus::coordinator
