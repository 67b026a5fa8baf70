// Columns between the wire (schema.FieldData) and the gateway, in both directions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "gateway/gateway.h"

namespace milvus::proto::schema {
class FieldData;
class IDs;
class TemplateValue;
class ValueField;
}  // namespace milvus::proto::schema

namespace elanus::server {

namespace pb_schema = ::milvus::proto::schema;

// Decodes what the message holds, whatever the declared type says; the gateway compares the two.
Result<gateway::InputColumn> DecodeColumn(const pb_schema::FieldData& data);

// Rows as clients read them: scalars dense with placeholders at nulls, vectors without their nulls.
// Timestamptz is text in `timezone`.
Status EncodeColumn(const gateway::OutputColumn& column, std::string_view timezone,
                    pb_schema::FieldData* out);

void EncodeIds(const Column& ids, pb_schema::IDs* out);
Column DecodeIds(const pb_schema::IDs& ids);

// `placeholder_group` bytes (common.PlaceholderGroup). Text queries come as kVarChar in `sparse`.
Result<roles::QueryVectors> DecodePlaceholders(std::string_view bytes);

Result<Value> DecodeTemplate(const pb_schema::TemplateValue& value);
// Null when no variant is set.
Value DecodeValue(const pb_schema::ValueField& value);
void EncodeValue(DataType type, const Value& value, pb_schema::ValueField* out);

}  // namespace elanus::server
