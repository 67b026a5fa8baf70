// Rows as JSON, both ways: what a script writes becomes the columns a client would send, and
// columns that come back become text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "gateway/gateway.h"
#include "model/json.h"
#include "model/schema.h"

namespace elanus::testing {

// One JSON object a row. A nullable field that a row lacks (or has as null) is null there; a field
// that no row has is not sent. With a dynamic field, keys without a field go there. A value of
// another kind than its field's is sent as what it is, so that the server refuses it.
Result<std::vector<gateway::InputColumn>> ToColumns(const Schema& schema,
                                                    const std::vector<std::string>& rows);

// Vectors to search with: one, or a list of them. Dense: numbers; binary: "0101...", a character a
// dimension; sparse: {"3": 0.5}. A string for any other field is a text.
Result<roles::QueryVectors> ToQueries(const Field& field, std::string_view json);

// {"id":1,"age":null}; only columns that are not hidden. Dynamic keys stand under "$meta".
std::string RowText(const std::vector<gateway::OutputColumn>& columns, size_t row,
                    const std::vector<std::string>& hidden);
// A key or a score, short.
std::string KeyText(const Column& keys, size_t row);
std::string NumberText(double value, int digits);

// A JSON scalar or array as a template value or default.
Result<Value> ToValue(const JsonView& json);

}  // namespace elanus::testing
