// Functions of a schema: fields made of others while rows are written.
#pragma once

#include <vector>

#include "base/status.h"
#include "model/column.h"
#include "model/schema.h"

namespace elanus::gateway {

// What is wrong with functions over the fields of `schema`, in Milvus's order and words.
Status CheckFunctions(const std::vector<Function>& functions, const Schema& schema);

// What is wrong with adding `function` together with the field `made` (null: it came without one),
// before its fields are looked at.
Status CheckAddition(const Function& function, const Field* made);

// The schema has these functions, and its fields know which of them they make.
void SetFunctions(std::vector<Function> functions, Schema* schema);

// The error of a client that writes a made field.
Status RefuseMade(const Field& field);

// Adds the columns that the schema's functions make of the others. `rows` has all but those.
Status MakeOutputs(const Schema& schema, Batch* rows);

}  // namespace elanus::gateway
