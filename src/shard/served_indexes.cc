#include "shard/served_indexes.h"

namespace elanus::shard {

IndexInfo TermsIndexOf(const Field& field) {
  IndexInfo terms;
  terms.id = IndexId(-field.id.value);
  terms.field = field.id;
  terms.name = "terms of " + field.name;
  terms.type = kTermsIndex;
  return terms;
}

std::vector<IndexInfo> ServedIndexes(const CollectionInfo& collection) {
  std::vector<IndexInfo> indexes = collection.indexes;
  for (const Field& field : collection.schema.fields) {
    if (HasTermsIndex(field)) indexes.push_back(TermsIndexOf(field));
  }
  return indexes;
}

}  // namespace elanus::shard
