#include "gateway/search_aggregation.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "gateway/names.h"
#include "gateway/params.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

constexpr size_t kLevelsMax = 4;

std::string Trimmed(std::string_view text) { return std::string(Trim(text)); }

class Planner {
 public:
  Planner(const Schema& schema, const Limits& limits) : schema_(schema), limits_(limits) {}

  Result<AggregationPlan> Plan(const AggregationSpec& spec, int64_t queries) {
    std::vector<const AggregationSpec*> levels;
    for (const AggregationSpec* level = &spec; level != nullptr; level = level->sub.get()) {
      if (levels.size() == kLevelsMax)
        return Invalid("search_aggregation nesting exceeds max ", kLevelsMax, " levels");
      levels.push_back(level);
    }
    // The places of the keys come first.
    for (const AggregationSpec* level : levels) TRY(AddKeys(*level));
    int64_t groups = 1;
    int64_t hits = 1;
    for (size_t i = 0; i < levels.size(); ++i) {
      TRY(FillLevel(*levels[i], &plan_.levels[i]));
      const int64_t size = std::max<int64_t>(levels[i]->size, 1);
      const int64_t asked = levels[i]->search_size == 0 ? size : levels[i]->search_size;
      if (asked < size) {
        return Invalid("search_aggregation search_size must be greater than or equal to size");
      }
      if (__builtin_mul_overflow(groups, asked, &groups))
        return Invalid("search_aggregation derived topK overflows int64");
      if (levels[i]->top_hits) hits = std::max(hits, levels[i]->top_hits->size);
    }
    int64_t entries = 0;
    if (__builtin_mul_overflow(queries, groups, &entries) ||
        __builtin_mul_overflow(entries, hits, &entries) ||
        entries > limits_.aggregation_entries_max) {
      return Invalid("number of search_aggregation result entries is too large");
    }
    plan_.limit = groups;
    plan_.groups.groups.size = static_cast<size_t>(hits);
    plan_.groups.groups.strict = true;
    return std::move(plan_);
  }

 private:
  Result<const Field*> FieldOf(const std::string& name, std::string_view usage) const {
    const std::string trimmed = Trimmed(name);
    const size_t bracket = trimmed.find('[');
    const Field* field = schema_.Find(trimmed.substr(0, bracket));
    if (field == nullptr || field->name != trimmed.substr(0, bracket)) field = nullptr;
    if (field == nullptr) field = schema_.dynamic_field();
    if (field == nullptr) return Invalid("field \"", trimmed, "\" not found in schema");
    if (field->type == DataType::kJson || field->dynamic) {
      return Invalid(usage, " \"", trimmed,
                     "\": JSON / dynamic fields are not yet supported with search_aggregation");
    }
    if (bracket != std::string::npos) return Invalid("field \"", trimmed, "\" not found in schema");
    return field;
  }

  Status AddKeys(const AggregationSpec& spec) {
    query::BucketLevel& level = plan_.levels.emplace_back();
    if (spec.fields.empty()) return Invalid("group_by level has no fields");
    if (spec.size < 0) return Invalid("search_aggregation size must be non-negative");
    if (spec.search_size < 0) return Invalid("search_aggregation search_size must be non-negative");
    const size_t first = plan_.groups.fields.size();
    for (const std::string& name : spec.fields) {
      auto found = FieldOf(name, "group_by field");
      if (!found.ok()) {
        if (found.status().message().find("not found") == std::string::npos) return found.status();
        return std::move(found).error().Prefixed(Concat("invalid group_by field \"", name, "\""));
      }
      const Field& field = **found;
      if (IsFloating(field.type)) {
        return Invalid("group_by field \"", name,
                       "\": FLOAT / DOUBLE fields are not supported with search_aggregation "
                       "(BucketKeyEntry has no float variant; equality on floats is fragile)");
      }
      for (size_t i = 0; i < plan_.groups.fields.size(); ++i) {
        if (plan_.groups.fields[i].id != field.id) continue;
        return Invalid("duplicated group_by field \"", name,
                       i >= first ? "\" in one level" : "\" across levels");
      }
      level.keys.push_back(plan_.groups.fields.size());
      plan_.groups.fields.push_back(field);
      roles::SearchGroups::Key key;
      key.field = field.id;
      plan_.groups.groups.keys.push_back(std::move(key));
    }
    level.size = static_cast<size_t>(std::max<int64_t>(spec.size, 1));
    return {};
  }

  // The place of a field's column.
  size_t PlaceOf(const Field& field) {
    const auto& keys = plan_.groups.fields;
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const Field& other) { return other.id == field.id; });
    if (key != keys.end()) return static_cast<size_t>(key - keys.begin());
    const auto found = std::find(plan_.extra.begin(), plan_.extra.end(), field.id);
    const auto place = static_cast<size_t>(found - plan_.extra.begin());
    if (found == plan_.extra.end()) plan_.extra.push_back(field.id);
    return keys.size() + place;
  }

  Status FillLevel(const AggregationSpec& spec, query::BucketLevel* level) {
    for (const auto& [alias, metric] : spec.metrics) {
      if (Trimmed(alias).empty())
        return Fail(Code::kParameterMissing, "metric alias cannot be empty");
      auto parsed = Metric(metric);
      if (!parsed.ok())
        return std::move(parsed).error().Prefixed(Concat("invalid metric \"", alias, "\""));
      level->metrics.push_back(*parsed);
    }
    if (spec.top_hits) TRY(FillTopHits(*spec.top_hits, level));
    for (const AggregationSpec::Order& order : spec.order) {
      const std::string key = Trimmed(order.key);
      if (key.empty()) return Invalid("order key is empty");
      query::BucketOrder by;
      const auto metric = std::find_if(spec.metrics.begin(), spec.metrics.end(),
                                       [&](const auto& one) { return one.first == key; });
      if (key == "_key") {
        by.by = query::BucketOrder::By::kKey;
      } else if (key != "_count") {
        if (metric == spec.metrics.end())
          return Invalid("order key \"", key, "\" is neither reserved key nor metric alias");
        by.by = query::BucketOrder::By::kMetric;
        by.metric = static_cast<size_t>(metric - spec.metrics.begin());
      }
      by.descending = TRY(Descending(order.direction, "order", key));
      level->order.push_back(by);
    }
    return {};
  }

  Result<query::BucketMetric> Metric(const AggregationSpec::Metric& metric) {
    constexpr std::pair<std::string_view, query::BucketMetric::Op> kOps[] = {
        {"avg", query::BucketMetric::Op::kAverage},
        {"sum", query::BucketMetric::Op::kSum},
        {"count", query::BucketMetric::Op::kCount},
        {"min", query::BucketMetric::Op::kMin},
        {"max", query::BucketMetric::Op::kMax}};
    const std::string op = Lower(Trimmed(metric.op));
    const auto known = std::find_if(std::begin(kOps), std::end(kOps),
                                    [&](const auto& o) { return o.first == op; });
    if (known == std::end(kOps)) return Invalid("unsupported metric op \"", metric.op, "\"");
    query::BucketMetric out;
    out.op = known->second;
    const std::string name = Trimmed(metric.field);
    if (name.empty()) return Invalid("metric field_name is empty");
    if (name == "_score") {
      out.of = query::BucketMetric::Of::kScore;
      return out;
    }
    const bool counts = out.op == query::BucketMetric::Op::kCount;
    if (name == "*") {
      if (!counts) return Invalid("field_name '*' only supports count op");
      return out;
    }
    const Field& field = *TRY(FieldOf(name, "metric field"));
    const DataType type = field.type;
    const bool ordered = IsNumber(type) || IsString(type) || type == DataType::kTimestamptz;
    const bool picks =
        out.op == query::BucketMetric::Op::kMin || out.op == query::BucketMetric::Op::kMax;
    if (!counts && !(picks ? ordered : IsNumber(type))) {
      return Invalid("aggregation operator ", op, " does not support data type ", NameOf(type));
    }
    out.of = query::BucketMetric::Of::kColumn;
    out.column = PlaceOf(field);
    return out;
  }

  Status FillTopHits(const AggregationSpec::TopHits& top, query::BucketLevel* level) {
    if (top.size < 0) return Invalid("top_hits size must be non-negative");
    query::BucketLevel::TopHits hits;
    hits.size = static_cast<size_t>(std::max<int64_t>(top.size, 1));
    for (const AggregationSpec::Order& order : top.order) {
      const std::string name = Trimmed(order.key);
      if (name.empty()) return Invalid("top_hits.sort field_name is empty");
      query::BucketHitOrder by;
      by.descending = TRY(Descending(order.direction, "top_hits.sort", name));
      by.nulls_first = order.nulls_first;
      if (name != "_score") {
        if (name.find('[') != std::string::npos && name.find(']') != std::string::npos)
          return Invalid("top_hits.sort JSON path is not yet supported: \"", name, "\"");
        const Field& field = *TRY(FieldOf(name, "top_hits.sort field"));
        const DataType type = field.type;
        if (!IsNumber(type) && !IsString(type) && type != DataType::kBool &&
            type != DataType::kTimestamptz) {
          return Invalid("top_hits.sort field \"", name, "\" of type ", NameOf(type),
                         " has no order");
        }
        by.column = PlaceOf(field);
      }
      hits.order.push_back(by);
    }
    level->top_hits = std::move(hits);
    return {};
  }

  static Result<bool> Descending(const std::string& text, std::string_view usage,
                                 const std::string& key) {
    const std::string direction = Lower(Trimmed(text));
    if (direction == "asc") return false;
    if (direction.empty() || direction == "desc") return true;
    return Invalid("invalid ", usage, " direction for \"", key,
                   "\": direction must be asc or desc");
  }

  const Schema& schema_;
  const Limits& limits_;
  AggregationPlan plan_;
};

}  // namespace

std::vector<query::BucketLevel> AggregationPlan::LevelsOver(
    const std::vector<size_t>& columns) const {
  std::vector<query::BucketLevel> over = levels;
  for (query::BucketLevel& level : over) {
    for (size_t& key : level.keys) key = columns[key];
    for (query::BucketMetric& metric : level.metrics) {
      if (metric.of == query::BucketMetric::Of::kColumn) metric.column = columns[metric.column];
    }
    if (!level.top_hits) continue;
    for (query::BucketHitOrder& by : level.top_hits->order) {
      if (by.column) by.column = columns[*by.column];
    }
  }
  return over;
}

Result<AggregationPlan> PlanAggregation(const Schema& schema, const AggregationSpec& spec,
                                        int64_t queries, const Limits& limits) {
  return Planner(schema, limits).Plan(spec, queries);
}

}  // namespace elanus::gateway
