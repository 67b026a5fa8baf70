#include "gateway/groups.h"

#include <algorithm>
#include <utility>

#include "gateway/names.h"
#include "gateway/output_fields.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

bool CanGroup(DataType type) {
  return IsInteger(type) || type == DataType::kVarChar || type == DataType::kTimestamptz;
}

std::string Names(const std::vector<const Field*>& fields) {
  std::string text = "[";
  for (const Field* field : fields) text += (text.size() > 1 ? " " : "") + field->name;
  return text + "]";
}

query::AggregateOp OpOf(const std::string& name) {
  if (name == "count") return query::AggregateOp::kCount;
  if (name == "min") return query::AggregateOp::kMin;
  if (name == "max") return query::AggregateOp::kMax;
  return query::AggregateOp::kSum;  // avg too
}

// The number of the aggregate's column, which is added where it is not there yet.
size_t ColumnOf(query::AggregateOp op, const Field* field, roles::QueryRequest::Groups* groups) {
  query::Aggregate wanted{op, FieldId(), DataType::kNone};
  if (field != nullptr) wanted = {op, field->id, field->type};
  auto& all = groups->aggregates;
  const auto found = std::find_if(all.begin(), all.end(), [&](const query::Aggregate& one) {
    return one.op == wanted.op && one.field == wanted.field && one.type == wanted.type;
  });
  const size_t number = static_cast<size_t>(found - all.begin());
  if (found == all.end()) all.push_back(wanted);
  return groups->keys.size() + number;
}

Column Average(const Column& sums, const Column& counts) {
  Column out(FieldId(), DataType::kDouble);
  out.MakeNullable();
  for (size_t row = 0; row < sums.rows(); ++row) {
    if (sums.IsNull(row)) {
      out.AppendNull();
      continue;
    }
    const double sum = sums.type() == DataType::kDouble
                           ? sums.as<double>()[row]
                           : static_cast<double>(sums.as<int64_t>()[row]);
    out.Append(sum / static_cast<double>(counts.as<int64_t>()[row]));
  }
  return out;
}

}  // namespace

Result<std::vector<const Field*>> GroupFields(const Schema& schema,
                                              const std::vector<std::string>& names) {
  std::vector<const Field*> fields;
  for (const std::string& name : names) {
    const Field* field = schema.Find(name);
    if (field == nullptr) return Invalid("field ", name, " not exist");
    if (!CanGroup(field->type)) {
      return Invalid("group by field ", name, " has unsupported data type ", NameOf(field->type));
    }
    fields.push_back(field);
  }
  return fields;
}

Result<GroupPlan> PlanGroups(const Schema& schema, const std::vector<const Field*>& group_by,
                             const std::vector<std::string>& requested, const Limits& limits) {
  GroupPlan plan;
  plan.groups.max = static_cast<size_t>(limits.query_groups_max);
  for (const Field* field : group_by) plan.groups.keys.push_back({field->id, field->type});
  for (const std::string& text : requested) {
    const std::string name(Trim(text));
    const auto key = std::find_if(group_by.begin(), group_by.end(),
                                  [&](const Field* field) { return field->name == name; });
    if (key != group_by.end()) {
      plan.outputs.push_back({name, static_cast<size_t>(key - group_by.begin()), std::nullopt});
      continue;
    }
    const std::optional<AggregateCall> call = ParseAggregate(name);
    if (!call.has_value()) {
      if (group_by.empty()) {
        return Invalid("output field '", name,
                       "' is not allowed: when using aggregation functions (e.g., count(*)), "
                       "output_fields can only contain aggregation expressions");
      }
      return Invalid("output field '", name,
                     "' is not allowed: when using GROUP BY, output_fields can only contain "
                     "group_by fields (",
                     Names(group_by), ") or aggregation expressions");
    }
    const Field* field = call->field == "*" ? nullptr : schema.Find(call->field);
    GroupPlan::Output output{name, ColumnOf(OpOf(call->name), field, &plan.groups), {}};
    if (call->name == "avg") {
      output.count = ColumnOf(query::AggregateOp::kCount, field, &plan.groups);
    }
    plan.outputs.push_back(std::move(output));
  }
  if (requested.empty()) {
    for (size_t i = 0; i < group_by.size(); ++i) {
      plan.outputs.push_back({group_by[i]->name, i, std::nullopt});
    }
  }
  return plan;
}

Status CheckOrderOfGroups(const std::vector<std::string>& order_by,
                          const std::vector<const Field*>& group_by) {
  for (const std::string& item : order_by) {
    const std::string name(Trim(std::string_view(item).substr(0, item.find(':'))));
    if (ParseAggregate(name).has_value()) {
      return Invalid("ORDER BY on aggregate expression '", name, "' is not yet supported");
    }
    const bool grouped = std::any_of(group_by.begin(), group_by.end(),
                                     [&](const Field* field) { return field->name == name; });
    if (!grouped) {
      return Invalid("ORDER BY field '", name,
                     "' is not valid: when using GROUP BY or aggregates, ORDER BY can only "
                     "reference GROUP BY columns. Valid targets are: ",
                     Names(group_by));
    }
  }
  return {};
}

std::vector<OutputColumn> GroupColumns(const Schema& schema, const GroupPlan& plan,
                                       std::vector<query::OrderKey> order, size_t offset,
                                       size_t limit, const Batch& groups) {
  std::vector<uint32_t> rows(groups.rows);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<uint32_t>(i);
  if (!plan.groups.keys.empty()) {
    for (const query::GroupKey& key : plan.groups.keys) order.push_back({key.field});
    std::vector<Column> columns;
    for (const query::OrderKey& key : order) columns.push_back(*groups.Find(key.field));
    rows = query::FirstInOrder(order, columns, limit > groups.rows ? groups.rows : limit + offset);
  }
  rows.erase(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(std::min(offset, rows.size())));
  rows.resize(std::min(rows.size(), limit));

  std::vector<OutputColumn> out;
  for (const GroupPlan::Output& output : plan.outputs) {
    const Column& values = groups.columns[output.column];
    const Column all =
        output.count.has_value() ? Average(values, groups.columns[*output.count]) : values;
    Field field;
    if (output.column < plan.groups.keys.size()) {
      field = *schema.Find(plan.groups.keys[output.column].field);
    }
    field.name = output.name;
    field.type = all.type();
    Column picked(field.id, all.type());
    if (all.nullable()) picked.MakeNullable();
    for (const uint32_t row : rows) picked.AppendFrom(all, row);
    out.push_back({std::move(field), std::move(picked)});
  }
  return out;
}

}  // namespace elanus::gateway
