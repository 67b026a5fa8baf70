// Columns of an answer to rows as JSON text, [{"id":1,"vector":[...]}, ...], without anything in
// between. Values look as Milvus's REST shows them: JSON fields as a string with their text, arrays
// as {"Data":{"LongData":{"data":[1]}}}, vectors of bytes in base64, sparse ones as {"3":0.5}; what
// the dynamic field holds stands among the row's own members.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/repeated_field.h>
#include <milvus/schema.pb.h>

#include "base/status.h"

namespace elanus::server {

struct RowSource {
  const google::protobuf::RepeatedPtrField<::milvus::proto::schema::FieldData>& columns;
  const google::protobuf::RepeatedPtrField<std::string>& output_fields;
  std::string_view primary_field;
  // Of a search, else null.
  const ::milvus::proto::schema::IDs* ids = nullptr;
  const google::protobuf::RepeatedField<float>* scores = nullptr;
};

// `int64_numbers`: 64-bit integers are numbers, not strings.
Status AppendRows(const RowSource& source, bool int64_numbers, std::string* out);
// ["1","2"], [1,2] or ["a","b"].
void AppendIds(const ::milvus::proto::schema::IDs& ids, bool int64_numbers, std::string* out);

}  // namespace elanus::server
