// Vectors as JSON writes them, to the bytes that columns and placeholders hold:
//   FloatVector, Float16Vector, BFloat16Vector   [0.1, 0.2]; the halves also base64 of their bytes
//   Int8Vector                                   [1, -2]
//   BinaryVector                                 base64 of the bytes, or [255, 0]
//   SparseFloatVector                            {"3": 0.5}, or {"indices": [3], "values": [0.5]}
// Errors say what was expected; where it stands is the caller's to say.
#pragma once

#include <cstdint>
#include <string>

#include <milvus/schema.pb.h>

#include "base/status.h"
#include "server/rest/json_reader.h"

namespace elanus::server {

namespace pb_schema = ::milvus::proto::schema;

// Exactly `dim` numbers.
Status ReadFloats(JsonReader* reader, int64_t dim, float* out);
// Of any vector type, appended. `dim` is that of the field; sparse vectors have none.
Status ReadVector(JsonReader* reader, pb_schema::DataType type, int64_t dim, std::string* out);

bool IsVectorType(pb_schema::DataType type);
int64_t DimOf(const pb_schema::FieldSchema& field);  // 0: none is declared

// The array of queries against `field`, as a serialized PlaceholderGroup. `as_text`: the field is
// made from text by a function, and so are its queries.
Result<std::string> ReadQueries(JsonReader* reader, const pb_schema::FieldSchema& field,
                                bool as_text);

}  // namespace elanus::server
