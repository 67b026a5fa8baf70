// Functions of a schema: fields made of others while rows are written.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "model/column.h"
#include "model/schema.h"
#include "text/analyzer.h"

namespace elanus::gateway {

// In Milvus's order and words; marks the fields that they make. `schema` has its fields.
Status CheckFunctions(const std::vector<Function>& functions, Schema* schema);

// Adds the columns that the schema's functions make of the others. `rows` has all but those.
Status MakeOutputs(const Schema& schema, Batch* rows);

// Term frequencies as a sparse row (index/sparse_row.h), ascending by the terms' hashes.
std::string TermFrequencies(std::string_view text, const text::Analyzer& analyzer,
                            text::TokenList* list);

}  // namespace elanus::gateway
