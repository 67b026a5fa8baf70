#include <algorithm>

#include "coordinator/rules.h"

namespace elanus::coordinator {
namespace {

Properties Sorted(Properties properties) {
  std::sort(properties.begin(), properties.end());
  return properties;
}

// But for the id, which the request does not have, and the order of parameters.
bool SameField(Field a, Field b) {
  a.id = b.id = FieldId();
  a.type_params = Sorted(std::move(a.type_params));
  b.type_params = Sorted(std::move(b.type_params));
  return a == b;
}

bool SameFunction(const Function& a, Function b) {
  b.id = a.id;
  return a == b;
}

}  // namespace

bool SameDefinition(const CollectionInfo& info, const roles::CreateCollectionRequest& request) {
  const Schema& schema = info.schema;
  if (schema.description != request.schema.description ||
      schema.enable_dynamic_field != request.schema.enable_dynamic_field ||
      schema.auto_id != request.schema.auto_id || info.shards_num != request.shards_num ||
      info.consistency != request.consistency ||
      Sorted(info.properties) != Sorted(request.properties)) {
    return false;
  }
  if (schema.partition_key() != nullptr && info.partitions.size() != request.partitions.size()) {
    return false;
  }
  return std::equal(schema.fields.begin(), schema.fields.end(), request.schema.fields.begin(),
                    request.schema.fields.end(), SameField) &&
         std::equal(schema.functions.begin(), schema.functions.end(),
                    request.schema.functions.begin(), request.schema.functions.end(), SameFunction);
}

}  // namespace elanus::coordinator
