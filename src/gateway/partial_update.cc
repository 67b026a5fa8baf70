#include "gateway/partial_update.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "gateway/functions.h"
#include "gateway/text.h"
#include "model/array.h"
#include "model/json.h"

namespace elanus::gateway {
namespace {

std::string_view NameOf(ArrayOp op) {
  switch (op) {
    case ArrayOp::kReplace:
      return "REPLACE";
    case ArrayOp::kAppend:
      return "ARRAY_APPEND";
    case ArrayOp::kRemove:
      return "ARRAY_REMOVE";
  }
  return "";
}

ArrayOp OpOf(const std::vector<FieldOp>& ops, const Field& field) {
  for (const FieldOp& op : ops) {
    if (op.field == field.name) return op.op;
  }
  return ArrayOp::kReplace;
}

// What is sent does not simply take the place of what is there.
bool Combines(const Field& field, const std::vector<FieldOp>& ops) {
  return field.dynamic || OpOf(ops, field) != ArrayOp::kReplace;
}

// Elements of fixed width lie packed: appending is joining, removing is leaving out.
std::string CombineFixed(const Field& field, std::string_view old, std::string_view sent,
                         ArrayOp op) {
  if (op == ArrayOp::kAppend) return std::string(old).append(sent);
  const size_t width = WidthOf(field.element_type, 0);
  std::set<std::string_view> removed;
  for (size_t at = 0; at < sent.size(); at += width) removed.insert(sent.substr(at, width));
  std::string kept;
  for (size_t at = 0; at < old.size(); at += width) {
    if (!removed.contains(old.substr(at, width))) kept.append(old.substr(at, width));
  }
  return kept;
}

std::string CombineStrings(const ArrayView& old, const ArrayView& sent, ArrayOp op) {
  std::vector<std::string_view> elements;
  std::set<std::string_view> removed;
  for (size_t i = 0; op == ArrayOp::kRemove && i < sent.size(); ++i) removed.insert(sent.String(i));
  for (size_t i = 0; i < old.size(); ++i) {
    if (!removed.contains(old.String(i))) elements.push_back(old.String(i));
  }
  for (size_t i = 0; op == ArrayOp::kAppend && i < sent.size(); ++i) {
    elements.push_back(sent.String(i));
  }
  return EncodeStringArray(elements);
}

Result<std::string> CombineArrays(const Field& field, std::string_view old, std::string_view sent,
                                  ArrayOp op) {
  std::string combined = field.element_type == DataType::kVarChar
                             ? CombineStrings(ArrayView(field.element_type, old),
                                              ArrayView(field.element_type, sent), op)
                             : CombineFixed(field, old, sent, op);
  const auto length = static_cast<int64_t>(ArrayView(field.element_type, combined).size());
  if (length > field.max_capacity) {
    return Invalid("array length ", length, " exceeds max_capacity ", field.max_capacity);
  }
  return combined;
}

// Row `row` of what was sent, over row `old_row` of what is there.
Status AppendCombined(const Field& field, const Column& old, size_t old_row, const Column& sent,
                      size_t row, ArrayOp op, Column* out) {
  if (sent.IsNull(row)) {
    out->AppendFrom(old, old_row);
  } else if (old.IsNull(old_row)) {
    if (op == ArrayOp::kRemove) {
      out->AppendNull();
    } else {
      out->AppendFrom(sent, row);
    }
  } else if (field.dynamic) {
    out->AppendString(TRY(MergeJsonObjects(old.String(old_row), sent.String(row))));
  } else {
    out->AppendString(TRY(CombineArrays(field, old.String(old_row), sent.String(row), op)));
  }
  return {};
}

}  // namespace

Result<bool> CheckFieldOps(const Schema& schema, const std::vector<InputColumn>& columns,
                           const std::vector<FieldOp>& ops) {
  std::set<std::string_view> seen;
  bool partial = false;
  for (const FieldOp& op : ops) {
    const auto quoted = Concat('"', op.field, '"');
    if (op.field.empty()) {
      return Fail(Code::kParameterMissing, "FieldPartialUpdateOp.field_name is required");
    }
    if (!seen.insert(op.field).second) {
      return Invalid("duplicate partial-update op for field ", quoted);
    }
    if (op.op == ArrayOp::kReplace) continue;
    partial = true;
    const Field* field = schema.Find(op.field);
    if (field == nullptr) return Invalid("field ", quoted, " not found in collection schema");
    if (field->primary) {
      return Invalid("field ", quoted, " is the primary key and cannot carry a partial-update op");
    }
    if (field->type != DataType::kArray) {
      return Invalid("op ", NameOf(op.op), " requires Array field, but field ", quoted, " is ",
                     elanus::NameOf(field->type));
    }
    const bool sent = std::any_of(columns.begin(), columns.end(), [&op](const InputColumn& column) {
      return column.name == op.field;
    });
    if (!sent) {
      return Invalid("partial-update op targets field ", quoted, " not present in fields_data");
    }
  }
  return partial;
}

Status CheckPartialColumns(const Schema& schema, const std::vector<InputColumn>& columns) {
  std::set<std::string_view> names;
  for (const InputColumn& column : columns) {
    if (!names.insert(column.name).second) {
      return Invalid("duplicated field ", column.name, " found");
    }
    const Field* field = schema.Find(column.name);
    if (field != nullptr && field->made) return RefuseMade(*field);
    if (field == nullptr) {
      return Invalid("failed to get field schema by name: fieldName(", column.name, ") not found");
    }
  }
  return {};
}

std::vector<FieldId> OldFields(const Schema& schema, const Batch& sent,
                               const std::vector<FieldOp>& ops) {
  std::vector<FieldId> fields;
  for (const Field& field : schema.fields) {
    if (field.made) continue;
    if (field.primary || sent.Find(field.id) == nullptr || Combines(field, ops)) {
      fields.push_back(field.id);
    }
  }
  return fields;
}

Result<Batch> MergeRows(const Schema& schema, const ColumnRules& rules, const Batch& sent,
                        const Batch& old, const std::vector<FieldOp>& ops) {
  const Field& primary = schema.primary();
  std::unordered_map<std::string_view, size_t> old_rows;  // by key
  if (const Column* keys = old.Find(primary.id)) {
    for (size_t row = 0; row < keys->rows(); ++row) old_rows.emplace(keys->String(row), row);
  }
  const Column& keys = *sent.Find(primary.id);
  std::vector<std::optional<size_t>> place(rules.rows);
  bool inserts = false;
  for (size_t row = 0; row < rules.rows; ++row) {
    const auto found = old_rows.find(keys.String(row));
    if (found != old_rows.end()) place[row] = found->second;
    inserts |= found == old_rows.end();
  }

  Batch merged;
  merged.rows = rules.rows;
  const ColumnRules one{1, rules.limits, rules.zone};
  for (const Field& field : schema.fields) {
    if (field.made) continue;
    const Column* given = sent.Find(field.id);
    if (given != nullptr && (field.primary || !Combines(field, ops))) {
      merged.columns.push_back(*given);
      continue;
    }
    const bool optional = field.dynamic || field.nullable || field.default_value.has_value();
    if (given == nullptr && inserts && !optional) {
      return Invalid("fieldSchema(", field.name, ") has no corresponding fieldData pass in");
    }
    const Column* before = old.Find(field.id);
    Column blank;
    if (given == nullptr && inserts) blank = TRY(AbsentColumn(field, one));
    Column column(field.id, field.type, field.dim);
    column.Reserve(rules.rows);
    for (size_t row = 0; row < rules.rows; ++row) {
      if (!place[row].has_value()) {
        column.AppendFrom(given != nullptr ? *given : blank, given != nullptr ? row : 0);
      } else if (given == nullptr) {
        column.AppendFrom(*before, *place[row]);
      } else {
        TRY(AppendCombined(field, *before, *place[row], *given, row, OpOf(ops, field), &column));
      }
    }
    merged.columns.push_back(std::move(column));
  }
  TRY(MakeOutputs(schema, &merged));
  return merged;
}

}  // namespace elanus::gateway
