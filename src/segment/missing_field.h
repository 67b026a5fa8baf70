// What a field reads as in rows written before it was added to the schema: its default, else null.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "expr/source.h"
#include "model/column.h"
#include "model/schema.h"
#include "segment/segment.h"

namespace elanus::segment {

struct MissingValue {
  bool null = true;
  std::string bytes;  // one row, as in a Column; zeros for a null of fixed width
};
MissingValue ValueWhenMissing(const Field& field);

// Blocks of such fields, ready for a Source. Immutable after construction.
class MissingFields {
 public:
  void Add(const Field& field);
  // False: not one of these.
  bool Read(FieldId field, size_t first, size_t count, expr::Block* block) const;

 private:
  struct Constant {
    MissingValue value;
    std::string fixed;  // kBlockRows rows
    std::vector<std::string_view> strings;
    std::vector<uint8_t> valid;  // zeros, if null
  };
  std::map<FieldId, Constant> constants_;
};

// Every row holds what the field reads as where it is missing.
std::unique_ptr<ValueReader> MakeMissingValues(const Field& field);

// Appends `count` rows of it.
void AppendMissing(const MissingValue& value, size_t count, Column* out);

}  // namespace elanus::segment
