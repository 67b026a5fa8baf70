// Columns of what lies inside JSON documents.
#pragma once

#include <span>
#include <string>

#include "base/status.h"
#include "model/column.h"

namespace elanus::query {

// The value at `path` in each document, as a JSON column; null where there is none, or it is null.
Column JsonValues(const Column& documents, std::span<const std::string> path);

// What rows are grouped by. Without a type: the text of the value at `path`, VarChar. With one
// (Bool, Int8 to Int64, VarChar): the value where it is of that type, cut to its width. Null where
// there is nothing; also where it is of another type, unless `strict`, which fails then.
struct JsonCast {
  DataType type = DataType::kNone;
  bool strict = false;
};
Result<Column> JsonGroupKeys(const Column& documents, std::span<const std::string> path,
                             const JsonCast& cast);

}  // namespace elanus::query
