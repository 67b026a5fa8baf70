#include "shard/served_indexes.h"

#include <algorithm>

namespace elanus::shard {

std::vector<IndexInfo> ServedIndexes(const CollectionInfo& collection) {
  std::vector<IndexInfo> indexes = collection.indexes;
  for (const Field& field : collection.schema.fields) {
    if (!IsString(field.type) || !IsTrue(field.type_params, "enable_match")) continue;
    IndexInfo terms;
    terms.id = IndexId(-field.id.value);
    terms.field = field.id;
    terms.name = "terms of " + field.name;
    terms.type = kTermsIndex;
    indexes.push_back(std::move(terms));
  }
  return indexes;
}

bool Serves(const CollectionInfo& collection, IndexId index) {
  const std::vector<IndexInfo> indexes = ServedIndexes(collection);
  return std::any_of(indexes.begin(), indexes.end(),
                     [index](const IndexInfo& one) { return one.id == index; });
}

}  // namespace elanus::shard
