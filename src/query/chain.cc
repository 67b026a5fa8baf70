#include "query/chain.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "query/numbers.h"

namespace elanus::query {
namespace {

Status Bad(const std::string& reason) { return Fail(Code::kParameterInvalid, reason); }

std::string Quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

bool IsComparable(DataType type) {
  return IsNumber(type) || IsString(type) || type == DataType::kTimestamptz;
}

// -1, 0, 1; nulls before all.
int CompareRows(const Column& column, size_t a, size_t b) {
  const bool a_null = column.IsNull(a);
  const bool b_null = column.IsNull(b);
  if (a_null || b_null) return static_cast<int>(b_null) - static_cast<int>(a_null);
  if (!column.fixed()) {
    const int order = column.String(a).compare(column.String(b));
    return order < 0 ? -1 : order > 0;
  }
  if (IsInteger(column.type()) || column.type() == DataType::kTimestamptz) {
    const int64_t x = IntegerAt(column, a);
    const int64_t y = IntegerAt(column, b);
    return x < y ? -1 : x > y;
  }
  const double x = NumberAt(column, a);
  const double y = NumberAt(column, b);
  return x < y ? -1 : x > y;
}

double Combined(const ChainExpr& expr, const std::vector<double>& values) {
  switch (expr.combine) {
    case ChainExpr::Combine::kMultiply:
      return std::accumulate(values.begin(), values.end(), 1.0, std::multiplies<>());
    case ChainExpr::Combine::kSum:
      return std::accumulate(values.begin(), values.end(), 0.0);
    case ChainExpr::Combine::kMax:
      return *std::max_element(values.begin(), values.end());
    case ChainExpr::Combine::kMin:
      return *std::min_element(values.begin(), values.end());
    case ChainExpr::Combine::kAverage:
      return std::accumulate(values.begin(), values.end(), 0.0) /
             static_cast<double>(values.size());
    case ChainExpr::Combine::kWeighted:
      return std::inner_product(values.begin(), values.end(), expr.weights.begin(), 0.0);
  }
  return 0;
}

double Rounded(double value, int decimals) {
  const double unit = std::pow(10.0, decimals);
  return std::floor(value * unit + 0.5) / unit;
}

double ValueOf(const ChainExpr& expr, const std::vector<double>& values) {
  switch (expr.kind) {
    case ChainExpr::Kind::kCombine:
      return Combined(expr, values);
    case ChainExpr::Kind::kDecay:
      return expr.decay.FactorOf(values[0]);
    case ChainExpr::Kind::kRound:
      return Rounded(values[0], expr.decimals);
  }
  return 0;
}

// The hits of all queries as named columns. Operators choose and order rows; a column has a value
// for each of the hits that there were, whether they are still chosen or not.
class Rows {
 public:
  explicit Rows(size_t count) : count_(count) {}

  void Set(std::string_view name, Column column) {
    columns_.insert_or_assign(std::string(name), std::move(column));
  }
  Result<const Column*> Find(std::string_view op, std::string_view name) const {
    const auto found = columns_.find(name);
    if (found != columns_.end()) return &found->second;
    return Bad(std::string(op) + ": column " + Quoted(name) + " not found");
  }

  Status Map(const ChainOp& op) {
    std::vector<const Column*> inputs;
    for (const std::string& name : op.inputs) inputs.push_back(TRY(Find("map_op", name)));
    TRY(CheckTypes(op.expr, inputs));
    Column output(FieldId(), DataType::kFloat);
    std::vector<double> values(inputs.size());
    for (size_t row = 0; row < count_; ++row) {
      bool null = false;
      for (size_t i = 0; i < inputs.size() && !null; ++i) {
        null = inputs[i]->IsNull(row);
        if (!null) values[i] = NumberAt(*inputs[i], row);
      }
      if (null) {
        output.AppendNull();
      } else {
        output.Append(static_cast<float>(ValueOf(op.expr, values)));
      }
    }
    Set(op.output, std::move(output));
    return {};
  }

  Status Sort(const ChainOp& op, std::vector<uint32_t>* rows) const {
    const Column* column = TRY(Find("sort_op", op.inputs[0]));
    const Column* tie = nullptr;
    if (op.inputs.size() > 1 && op.inputs[1] != op.inputs[0]) {
      const auto found = columns_.find(op.inputs[1]);
      if (found != columns_.end() && IsComparable(found->second.type())) tie = &found->second;
    }
    if (!IsComparable(column->type())) {
      return Bad("sort_op: column " + op.inputs[0] + " has non-comparable type " +
                 std::string(NameOf(column->type())));
    }
    std::stable_sort(rows->begin(), rows->end(), [&](uint32_t a, uint32_t b) {
      if (column->IsNull(a) != column->IsNull(b)) return column->IsNull(b);
      if (const int order = CompareRows(*column, a, b); order != 0)
        return op.descending ? order > 0 : order < 0;
      return tie != nullptr && CompareRows(*tie, a, b) < 0;
    });
    return {};
  }

  Status Select(const ChainOp& op) {
    for (const std::string& name : op.inputs) TRY(Find("select_op", name));
    std::erase_if(columns_, [&](const auto& column) {
      return !column.first.starts_with('$') &&
             std::find(op.inputs.begin(), op.inputs.end(), column.first) == op.inputs.end();
    });
    return {};
  }

  // Of each group the best hits; groups by what stands for them, then by size, then by key.
  Status GroupBy(const ChainOp& op, std::vector<uint32_t>* rows) const {
    const Column* groups_of = TRY(Find("group_by_op", op.inputs[0]));
    const Column* keys = TRY(Find("group_by_op", kChainId));
    struct Group {
      std::vector<uint32_t> rows;
      float score = 0;
    };
    std::vector<Group> groups;
    std::map<std::optional<std::string_view>, size_t> places;  // nothing: the group of the nulls
    for (const uint32_t row : *rows) {
      std::optional<std::string_view> value;
      if (!groups_of->IsNull(row)) value = groups_of->String(row);
      const auto [place, is_new] = places.emplace(value, groups.size());
      if (is_new) groups.emplace_back();
      groups[place->second].rows.push_back(row);
    }
    for (Group& group : groups) {
      std::stable_sort(group.rows.begin(), group.rows.end(), [&](uint32_t a, uint32_t b) {
        if (ScoreAt(a) != ScoreAt(b)) return ScoreAt(a) > ScoreAt(b);
        return CompareRows(*keys, a, b) < 0;
      });
      if (group.rows.size() > op.group_size) group.rows.resize(op.group_size);
      float sum = 0;
      for (const uint32_t row : group.rows) sum += ScoreAt(row);
      group.score = op.group_score == GroupScore::kMax ? ScoreAt(group.rows[0])
                    : op.group_score == GroupScore::kSum
                        ? sum
                        : sum / static_cast<float>(group.rows.size());
    }
    std::stable_sort(groups.begin(), groups.end(), [&](const Group& a, const Group& b) {
      if (a.score != b.score) return a.score > b.score;
      if (a.rows.size() != b.rows.size()) return a.rows.size() > b.rows.size();
      return CompareRows(*keys, a.rows[0], b.rows[0]) < 0;
    });
    rows->clear();
    const size_t begin = std::min(op.offset, groups.size());
    const size_t end = begin + std::min(op.limit, groups.size() - begin);
    for (size_t i = begin; i < end; ++i)
      rows->insert(rows->end(), groups[i].rows.begin(), groups[i].rows.end());
    return {};
  }

  float ScoreAt(size_t row) const {
    const Column& scores = columns_.find(kChainScore)->second;
    return scores.IsNull(row) ? 0.0F : scores.as<float>()[row];
  }

 private:
  static Status CheckTypes(const ChainExpr& expr, const std::vector<const Column*>& inputs) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const DataType type = inputs[i]->type();
      const std::string name(NameOf(type));
      if (expr.kind == ChainExpr::Kind::kRound && type != DataType::kFloat)
        return Bad("round_decimal: input chunk 0 must be Float32, got " + name);
      if (IsNumber(type) || type == DataType::kTimestamptz) continue;
      const std::string where = expr.kind == ChainExpr::Kind::kDecay
                                    ? "decay"
                                    : "num_combine: column " + std::to_string(i);
      return Bad(where + ": unsupported input column type " + name + ", expected numeric type");
    }
    return {};
  }

  size_t count_;
  std::map<std::string, Column, std::less<>> columns_;
};

void Cut(const ChainOp& op, std::vector<uint32_t>* rows) {
  const size_t begin = std::min(op.offset, rows->size());
  rows->erase(rows->begin(), rows->begin() + static_cast<std::ptrdiff_t>(begin));
  if (rows->size() > op.limit) rows->resize(op.limit);
}

Column ScoresColumn(const std::vector<float>& scores) {
  Column column(FieldId(), DataType::kFloat);
  column.AppendFixed(scores.data(), scores.size());
  return column;
}

}  // namespace

Result<HitLists> RunChain(const Chain& chain, const HitLists& hits,
                          const std::vector<size_t>& columns) {
  Rows table(hits.scores.size());
  table.Set(kChainId, hits.keys);
  table.Set(kChainScore, ScoresColumn(hits.scores));
  for (size_t i = 0; i < columns.size(); ++i)
    table.Set(chain.inputs[i].first, hits.output[columns[i]]);
  std::vector<std::vector<uint32_t>> queries;  // the rows that are left
  uint32_t first = 0;
  for (const uint32_t count : hits.counts) {
    queries.emplace_back(count);
    std::iota(queries.back().begin(), queries.back().end(), first);
    first += count;
  }
  for (const ChainOp& op : chain.ops) {
    if (op.kind == ChainOp::Kind::kMap) TRY(table.Map(op));
    if (op.kind == ChainOp::Kind::kSelect) TRY(table.Select(op));
    for (std::vector<uint32_t>& rows : queries) {
      if (op.kind == ChainOp::Kind::kSort) TRY(table.Sort(op, &rows));
      if (op.kind == ChainOp::Kind::kLimit) Cut(op, &rows);
      if (op.kind == ChainOp::Kind::kGroupBy) TRY(table.GroupBy(op, &rows));
    }
  }
  HitCollector collector({&hits});
  for (const std::vector<uint32_t>& rows : queries) {
    for (const uint32_t row : rows) collector.Add(0, row, table.ScoreAt(row));
    collector.EndQuery();
  }
  return collector.Take();
}

Result<std::vector<float>> ChainScores(const Chain& chain, const std::vector<float>& scores,
                                       const Column& keys, std::vector<Column> columns) {
  Rows table(scores.size());
  table.Set(kChainId, keys);
  table.Set(kChainScore, ScoresColumn(scores));
  for (size_t i = 0; i < columns.size(); ++i)
    table.Set(chain.inputs[i].first, std::move(columns[i]));
  for (const ChainOp& op : chain.ops) {
    CHECK(op.kind == ChainOp::Kind::kMap);
    TRY(table.Map(op));
  }
  std::vector<float> changed(scores.size());
  for (size_t row = 0; row < scores.size(); ++row) changed[row] = table.ScoreAt(row);
  return changed;
}

}  // namespace elanus::query
