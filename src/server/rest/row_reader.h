// The rows of an insert or upsert, [{"id": 1, "vector": [...]}, ...], to columns as gRPC clients
// send them. What the schema does not name goes to the dynamic field. Whether values suit their
// fields (lengths, capacities, duplicates) is left to the gateway, which checks columns.
#pragma once

#include <cstdint>

#include <google/protobuf/repeated_field.h>
#include <milvus/schema.pb.h>

#include "base/status.h"
#include "server/rest/json_reader.h"

namespace elanus::server {

struct RowTarget {
  const ::milvus::proto::schema::CollectionSchema& schema;
  bool takes_auto_ids = false;  // keys may be given although the server makes them
  bool partial = false;         // an absent field means "as it is", and is absent in all rows
};

// Reads an array of objects, or one object. The names of fields are matched exactly.
Status ReadRows(JsonReader* reader, const RowTarget& target, uint32_t* rows,
                google::protobuf::RepeatedPtrField<::milvus::proto::schema::FieldData>* columns);

}  // namespace elanus::server
