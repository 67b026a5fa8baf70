// A field, or something inside a JSON field, named outside of a filter: by what to group or sort.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/schema.h"

namespace elanus::expr {

struct FieldPath {
  const Field* field = nullptr;   // of the schema
  std::vector<std::string> keys;  // inside JSON; empty: all of the field
};

// "price", "meta[\"user\"]['name'][0]"; an unknown name is a key of the dynamic field, where there
// is one. Fails with "cannot parse identifier: <text>", and why where it is no
// expression either, or as filters do.
Result<FieldPath> ParseFieldPath(std::string_view text, const Schema& schema);

}  // namespace elanus::expr
