#include "model/schema.h"

#include <algorithm>

#include "base/coding.h"

namespace elanus {

const std::string* FindProperty(const Properties& properties, std::string_view key) {
  for (auto it = properties.rbegin(); it != properties.rend(); ++it) {
    if (it->first == key) return &it->second;
  }
  return nullptr;
}

std::optional<bool> ParseBool(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE" || text == "t" || text == "1") return true;
  if (text == "false" || text == "False" || text == "FALSE" || text == "f" || text == "0")
    return false;
  return std::nullopt;
}

bool IsTrue(const std::string* value) {
  return value != nullptr && ParseBool(*value).value_or(false);
}

bool IsTrue(const Properties& properties, std::string_view key) {
  return IsTrue(FindProperty(properties, key));
}

const Field* Schema::Find(std::string_view name) const {
  for (const Field& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

const Field* Schema::Find(FieldId id) const {
  for (const Field& field : fields) {
    if (field.id == id) return &field;
  }
  return nullptr;
}

const Field& Schema::primary() const {
  for (const Field& field : fields) {
    if (field.primary) return field;
  }
  CheckFailed(__FILE__, __LINE__, "schema has a primary key");
}

const Field* Schema::dynamic_field() const {
  for (const Field& field : fields) {
    if (field.dynamic) return &field;
  }
  return nullptr;
}

const Field* Schema::partition_key() const {
  for (const Field& field : fields) {
    if (field.partition_key) return &field;
  }
  return nullptr;
}

const Function* Schema::FindMaker(std::string_view output) const {
  for (const Function& function : functions) {
    if (std::find(function.outputs.begin(), function.outputs.end(), output) !=
        function.outputs.end())
      return &function;
  }
  return nullptr;
}

const Field* Schema::FindInput(std::string_view output) const {
  const Function* function = FindMaker(output);
  return function == nullptr ? nullptr : Find(function->inputs.front());
}

std::string_view NameOf(FunctionType type) {
  switch (type) {
    case FunctionType::kUnknown:
      return "Unknown";
    case FunctionType::kBm25:
      return "BM25";
    case FunctionType::kTextEmbedding:
      return "TextEmbedding";
    case FunctionType::kRerank:
      return "Rerank";
    case FunctionType::kMinHash:
      return "MinHash";
  }
  return "Unknown";
}

const Partition* CollectionInfo::FindPartition(std::string_view partition_name) const {
  for (const Partition& partition : partitions) {
    if (partition.name == partition_name) return &partition;
  }
  return nullptr;
}

const Partition* CollectionInfo::FindPartition(PartitionId partition_id) const {
  for (const Partition& partition : partitions) {
    if (partition.id == partition_id) return &partition;
  }
  return nullptr;
}

const IndexInfo* CollectionInfo::FindIndex(IndexId index_id) const {
  for (const IndexInfo& index : indexes) {
    if (index.id == index_id) return &index;
  }
  return nullptr;
}

const IndexInfo* CollectionInfo::FindIndex(FieldId field) const {
  for (const IndexInfo& index : indexes) {
    if (index.field == field) return &index;
  }
  return nullptr;
}

}  // namespace elanus
