// The indexes that segments of a collection get: those that are declared, and one of terms for each
// field whose texts may be matched (`enable_match`).
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "model/schema.h"

namespace elanus::shard {

inline constexpr std::string_view kTermsIndex = "TERMS";

inline bool HasTermsIndex(const Field& field) {
  return IsString(field.type) && IsTrue(field.type_params, "enable_match");
}
// Its id is that of the field, negative.
IndexInfo TermsIndexOf(const Field& field);

// Whether fn(index) holds for one of them.
template <typename Fn>
bool AnyServed(const CollectionInfo& collection, Fn fn) {
  const std::vector<Field>& fields = collection.schema.fields;
  return std::any_of(collection.indexes.begin(), collection.indexes.end(), fn) ||
         std::any_of(fields.begin(), fields.end(), [&fn](const Field& field) {
           return HasTermsIndex(field) && fn(TermsIndexOf(field));
         });
}
inline bool Serves(const CollectionInfo& collection, IndexId index) {
  return AnyServed(collection, [index](const IndexInfo& one) { return one.id == index; });
}
std::vector<IndexInfo> ServedIndexes(const CollectionInfo& collection);

}  // namespace elanus::shard
