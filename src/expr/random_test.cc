// Random tables and random filters, held to a row-by-row evaluator that shares no code with the
// engine: each generated filter carries its own meaning as a function of a row.
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "expr/filter.h"
#include "expr/test_source.h"
#include "geo/wkt.h"
#include "model/array.h"
#include "model/json.h"

namespace elanus::expr {
namespace {

// nullopt: null. JSON: an array of [key, value] pairs. Geometry: a point's two integers.
using Cell = std::optional<Value>;
using Row = std::map<std::string, Cell>;
using Answer = std::optional<bool>;  // nullopt: unknown
using Meaning = std::function<Answer(const Row&)>;

struct Case {
  std::string text;
  Meaning meaning;
};

struct ColumnPlan {
  std::string name;
  DataType type;
  DataType element = DataType::kNone;
};

const std::vector<ColumnPlan>& Plans() {
  static const std::vector<ColumnPlan> kPlans = {
      {"i8", DataType::kInt8},
      {"i16", DataType::kInt16},
      {"i32", DataType::kInt32},
      {"i64", DataType::kInt64},
      {"f", DataType::kFloat},
      {"d", DataType::kDouble},
      {"b", DataType::kBool},
      {"s", DataType::kVarChar},
      {"t", DataType::kVarChar},
      {"js", DataType::kJson},
      {"ai", DataType::kArray, DataType::kInt32},
      {"as", DataType::kArray, DataType::kVarChar},
      {"g", DataType::kGeometry},
      {"$meta", DataType::kJson},
  };
  return kPlans;
}

bool NaiveLike(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%')
    return NaiveLike(text, pattern.substr(1)) ||
           (!text.empty() && NaiveLike(text.substr(1), pattern));
  if (text.empty()) return false;
  return (pattern[0] == '_' || pattern[0] == text[0]) &&
         NaiveLike(text.substr(1), pattern.substr(1));
}

// Nullopt for values of different kinds.
std::optional<int> NaiveOrder(const Value& a, const Value& b) {
  if (a.is_string() && b.is_string())
    return a.as_string() < b.as_string() ? -1 : a.as_string() > b.as_string();
  if (a.is_bool() && b.is_bool())
    return static_cast<int>(a.as_bool()) - static_cast<int>(b.as_bool());
  if (!a.is_number() || !b.is_number()) return std::nullopt;
  return a.as_double() < b.as_double() ? -1 : a.as_double() > b.as_double();  // all are small
}
bool Holds(const std::string& op, int order) {
  if (op == "==") return order == 0;
  if (op == "!=") return order != 0;
  if (op == "<") return order < 0;
  if (op == "<=") return order <= 0;
  if (op == ">") return order > 0;
  return order >= 0;
}

std::string Literal(const Value& value) {
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_int()) return std::to_string(value.as_int());
  if (value.is_double()) {
    const std::string text = std::to_string(value.as_double());
    return text.substr(0, text.find('.') + 3);  // multiples of a quarter
  }
  if (value.is_string()) return "'" + value.as_string() + "'";
  std::string text = "[";
  for (const Value& one : value.as_array()) text += (text.size() > 1 ? ", " : "") + Literal(one);
  return text + "]";
}
std::string JsonLiteral(const Value& value) {
  if (value.is_null()) return "null";
  if (value.is_string()) return "\"" + value.as_string() + "\"";
  if (!value.is_array()) return Literal(value);
  std::string text = "[";
  for (const Value& one : value.as_array()) text += (text.size() > 1 ? "," : "") + JsonLiteral(one);
  return text + "]";
}

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  bool Chance(double p) { return std::bernoulli_distribution(p)(random_); }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }

  int64_t Int() { return static_cast<int64_t>(Below(9)) - 4; }
  double Quarter() { return static_cast<double>(Below(17)) / 4 - 2; }
  std::string Word() {
    std::string word;
    for (size_t n = Below(4); n > 0; --n) word.push_back("abc"[Below(3)]);
    return word;
  }
  Value JsonScalar() {
    switch (Below(5)) {
      case 0:
        return Int();
      case 1:
        return Quarter();
      case 2:
        return Word();
      case 3:
        return Chance(0.5);
      default:
        return {};
    }
  }

  Cell MakeCell(const ColumnPlan& plan, double nulls) {
    if (Chance(nulls)) return std::nullopt;
    if (IsInteger(plan.type)) return Value(Int());
    if (IsFloating(plan.type)) return Value(Quarter());
    if (plan.type == DataType::kBool) return Value(Chance(0.5));
    if (plan.type == DataType::kVarChar) return Value(Word());
    if (plan.type == DataType::kGeometry) return Value(Value::Array{Int(), Int()});
    Value::Array values;
    if (plan.type == DataType::kArray) {
      for (size_t n = Below(4); n > 0; --n)
        values.push_back(IsString(plan.element) ? Value(Word()) : Value(Int()));
      return Value(values);
    }
    for (const char* key : {"k", "m"}) {
      if (Chance(0.2)) continue;
      Value value = JsonScalar();
      if (Chance(0.3)) {
        Value::Array elements;
        for (size_t n = Below(4); n > 0; --n) elements.push_back(JsonScalar());
        value = elements;
      }
      values.push_back(Value::Array{key, value});
    }
    return Value(values);
  }

  Case Tree(int depth) {
    const size_t kind = depth == 0 ? 9 : Below(10);
    if (kind < 3) {
      const Case a = Tree(depth - 1);
      const Case b = Tree(depth - 1);
      return {"(" + a.text + ") and (" + b.text + ")", [=](const Row& row) -> Answer {
                const Answer x = a.meaning(row);
                const Answer y = b.meaning(row);
                if ((x && !*x) || (y && !*y)) return false;
                return x && y ? Answer(true) : std::nullopt;
              }};
    }
    if (kind < 6) {
      const Case a = Tree(depth - 1);
      const Case b = Tree(depth - 1);
      return {"(" + a.text + ") || (" + b.text + ")", [=](const Row& row) -> Answer {
                const Answer x = a.meaning(row);
                const Answer y = b.meaning(row);
                if ((x && *x) || (y && *y)) return true;
                return x && y ? Answer(false) : std::nullopt;
              }};
    }
    if (kind < 8) {
      const Case a = Tree(depth - 1);
      return {"not (" + a.text + ")", [=](const Row& row) -> Answer {
                const Answer x = a.meaning(row);
                return x ? Answer(!*x) : std::nullopt;
              }};
    }
    return Leaf();
  }

 private:
  struct Operand {
    std::string text;
    std::function<Cell(const Row&)> read;  // nullopt: unknown
    enum { kInt, kFloat, kBool, kString, kMixed } kind;
  };

  static Cell Under(const Cell& json, const std::string& key) {
    if (!json) return std::nullopt;
    for (const Value& pair : json->as_array()) {
      if (pair.as_array()[0].as_string() == key && !pair.as_array()[1].is_null())
        return pair.as_array()[1];
    }
    return std::nullopt;
  }
  Operand JsonOperand() {
    const std::string key = Chance(0.5) ? "k" : "m";
    if (Chance(0.3))
      return {key, [=](const Row& row) { return Under(row.at("$meta"), key); }, Operand::kMixed};
    return {"js['" + key + "']", [=](const Row& row) { return Under(row.at("js"), key); },
            Operand::kMixed};
  }
  Operand AnyOperand() {
    const ColumnPlan& plan = Pick(Plans());
    if (plan.type == DataType::kGeometry) return AnyOperand();
    if (plan.type == DataType::kJson) return JsonOperand();
    if (plan.type == DataType::kArray) {
      const size_t index = Below(3);
      const std::string name = plan.name;
      return {name + "[" + std::to_string(index) + "]",
              [=](const Row& row) -> Cell {
                const Cell& array = row.at(name);
                if (!array || index >= array->as_array().size()) return std::nullopt;
                return array->as_array()[index];
              },
              IsString(plan.element) ? Operand::kString : Operand::kInt};
    }
    const std::string name = plan.name;
    return {name, [=](const Row& row) { return row.at(name); },
            IsInteger(plan.type)           ? Operand::kInt
            : IsFloating(plan.type)        ? Operand::kFloat
            : plan.type == DataType::kBool ? Operand::kBool
                                           : Operand::kString};
  }
  Value ConstantFor(const Operand& operand) {
    switch (operand.kind) {
      case Operand::kInt:
        return Int();
      case Operand::kFloat:
        return Chance(0.5) ? Value(Int()) : Value(Quarter());
      case Operand::kBool:
        return Chance(0.5);
      case Operand::kString:
        return Word();
      case Operand::kMixed:
        break;
    }
    Value value;
    while (value.is_null()) value = JsonScalar();
    return value;
  }
  std::string Op(bool equality_only) {
    static const std::vector<std::string> kOps = {"==", "!=", "<", "<=", ">", ">="};
    return kOps[Below(equality_only ? 2 : 6)];
  }

  Case Leaf() {
    switch (Below(13)) {
      case 0:
      case 1:
        return CompareLeaf();
      case 2:
        return InLeaf();
      case 3:
        return RangeLeaf();
      case 4:
        return LikeLeaf();
      case 5:
        return ArithLeaf();
      case 6:
        return NullLeaf();
      case 7:
        return ColumnsLeaf();
      case 8:
        return ContainsLeaf();
      case 9:
        return LengthLeaf();
      case 10:
        return ExistsLeaf();
      case 11:
        return SpatialLeaf();
      default:
        return InLeaf();
    }
  }

  Case CompareLeaf() {
    const Operand operand = AnyOperand();
    const Value constant = ConstantFor(operand);
    const std::string op = Op(constant.is_bool());
    const Meaning meaning = [=](const Row& row) -> Answer {
      const Cell cell = operand.read(row);
      if (!cell) return std::nullopt;
      const std::optional<int> order = NaiveOrder(*cell, constant);
      return order ? Answer(Holds(op, *order)) : std::nullopt;
    };
    static const std::map<std::string, std::string> kMirrored = {
        {"==", "=="}, {"!=", "!="}, {"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}};
    if (Chance(0.2))
      return {Literal(constant) + " " + kMirrored.at(op) + " " + operand.text, meaning};
    return {operand.text + " " + op + " " + Literal(constant), meaning};
  }

  Case InLeaf() {
    const Operand operand = AnyOperand();
    Value::Array list;
    for (size_t n = Below(9); n > 0; --n) list.push_back(ConstantFor(operand));
    const bool negated = Chance(0.4);
    return {operand.text + (negated ? " not in " : " in ") + Literal(list),
            [=](const Row& row) -> Answer {
              const Cell cell = operand.read(row);
              if (!cell) return std::nullopt;
              bool found = false;
              bool comparable = list.empty();
              for (const Value& one : list) {
                const std::optional<int> order = NaiveOrder(*cell, one);
                comparable |= order.has_value();
                found |= order == 0;
              }
              return comparable ? Answer(found != negated) : std::nullopt;
            }};
  }

  Case RangeLeaf() {
    Operand operand = AnyOperand();
    while (operand.kind == Operand::kBool) operand = AnyOperand();
    Value low = Word();
    Value high = Word();
    if (operand.kind != Operand::kString) {
      low = Int();
      high = Int();
      if (operand.kind != Operand::kInt && Chance(0.5)) low = Quarter();
    }
    if (*NaiveOrder(low, high) > 0) std::swap(low, high);
    if (*NaiveOrder(low, high) == 0) return CompareLeaf();
    const bool low_in = Chance(0.5);
    const bool high_in = Chance(0.5);
    const Meaning meaning = [=](const Row& row) -> Answer {
      const Cell cell = operand.read(row);
      if (!cell) return std::nullopt;
      const std::optional<int> above = NaiveOrder(*cell, low);
      const std::optional<int> below = NaiveOrder(*cell, high);
      if (!above || !below) return std::nullopt;
      return Holds(low_in ? ">=" : ">", *above) && Holds(high_in ? "<=" : "<", *below);
    };
    if (Chance(0.5)) {
      return {Literal(low) + (low_in ? " <= " : " < ") + operand.text + (high_in ? " <= " : " < ") +
                  Literal(high),
              meaning};
    }
    return {Literal(high) + (high_in ? " >= " : " > ") + operand.text + (low_in ? " >= " : " > ") +
                Literal(low),
            meaning};
  }

  Case LikeLeaf() {
    Operand operand = AnyOperand();
    while (operand.kind != Operand::kString && operand.kind != Operand::kMixed)
      operand = AnyOperand();
    std::string pattern;
    for (size_t n = Below(5); n > 0; --n) pattern.push_back("abc%%_"[Below(6)]);
    return {operand.text + " like '" + pattern + "'", [=](const Row& row) -> Answer {
              const Cell cell = operand.read(row);
              if (!cell || !cell->is_string()) return std::nullopt;
              return NaiveLike(cell->as_string(), pattern);
            }};
  }

  Case ArithLeaf() {
    static const std::vector<std::string> kOps = {"+", "-", "*", "/", "%"};
    Operand operand = AnyOperand();
    while (operand.kind != Operand::kInt && operand.kind != Operand::kFloat) operand = AnyOperand();
    const bool is_int = operand.kind == Operand::kInt;
    const std::string& op = kOps[Below(is_int ? 5 : 4)];
    const Value constant = is_int ? Value(Int() * 2 + 1) : Value(Quarter() * 2 + 0.25);
    const Value value = is_int ? Value(Int()) : Value(Quarter());
    const std::string cmp = Op(false);
    return {operand.text + " " + op + " " + Literal(constant) + " " + cmp + " " + Literal(value),
            [=](const Row& row) -> Answer {
              const Cell cell = operand.read(row);
              if (!cell) return std::nullopt;
              Value result;
              if (is_int) {
                const int64_t a = cell->as_int();
                const int64_t b = constant.as_int();
                result = op == "+"   ? a + b
                         : op == "-" ? a - b
                         : op == "*" ? a * b
                         : op == "/" ? a / b
                                     : a % b;
              } else {
                const double a = cell->as_double();
                const double b = constant.as_double();
                result = op == "+" ? a + b : op == "-" ? a - b : op == "*" ? a * b : a / b;
              }
              return Holds(cmp, *NaiveOrder(result, value));
            }};
  }

  Case NullLeaf() {
    const std::string name = Plans()[Below(Plans().size() - 1)].name;
    const bool negated = Chance(0.5);
    return {name + (negated ? " is not null" : " IS NULL"),
            [=](const Row& row) -> Answer { return row.at(name).has_value() == negated; }};
  }

  Case ColumnsLeaf() {
    Operand a = AnyOperand();
    while (a.kind == Operand::kMixed) a = AnyOperand();
    const auto group = [](const Operand& operand) {
      return operand.kind == Operand::kFloat ? static_cast<int>(Operand::kInt)
                                             : static_cast<int>(operand.kind);
    };
    Operand b = AnyOperand();
    while (b.kind == Operand::kMixed || group(a) != group(b)) b = AnyOperand();
    const std::string op = Op(a.kind == Operand::kBool);
    return {a.text + " " + op + " " + b.text, [=](const Row& row) -> Answer {
              const Cell x = a.read(row);
              const Cell y = b.read(row);
              if (!x || !y) return std::nullopt;
              return Holds(op, *NaiveOrder(*x, *y));
            }};
  }

  Operand ArrayOperand() {
    if (Chance(0.4)) return JsonOperand();
    const std::string name = Chance(0.5) ? "ai" : "as";
    return {name, [=](const Row& row) { return row.at(name); },
            name == "ai" ? Operand::kInt : Operand::kString};
  }
  Case ContainsLeaf() {
    const Operand operand = ArrayOperand();
    const size_t form = Below(3);
    Value::Array list;
    for (size_t n = form == 0 ? 1 : Below(4); n > 0; --n) list.push_back(ConstantFor(operand));
    static const std::vector<std::string> kNames = {"array_contains", "json_contains_all",
                                                    "ARRAY_CONTAINS_ANY"};
    return {kNames[form] + "(" + operand.text + ", " +
                (form == 0 ? Literal(list[0]) : Literal(list)) + ")",
            [=](const Row& row) -> Answer {
              const Cell cell = operand.read(row);
              if (!cell || !cell->is_array()) return std::nullopt;
              size_t found = 0;
              for (const Value& one : list) {
                for (const Value& element : cell->as_array()) {
                  if (!element.is_null() && NaiveOrder(element, one) == 0) {
                    ++found;
                    break;
                  }
                }
              }
              return form == 1 ? found == list.size() : found > 0;
            }};
  }
  Case LengthLeaf() {
    const Operand operand = ArrayOperand();
    const std::string op = Op(false);
    const int64_t length = static_cast<int64_t>(Below(4));
    return {"array_length(" + operand.text + ") " + op + " " + std::to_string(length),
            [=](const Row& row) -> Answer {
              const Cell cell = operand.read(row);
              if (!cell || !cell->is_array()) return std::nullopt;
              const auto size = static_cast<int64_t>(cell->as_array().size());
              return Holds(op, size < length ? -1 : size > length);
            }};
  }
  Case ExistsLeaf() {
    const Operand operand = JsonOperand();
    return {"exists " + operand.text, [=](const Row& row) -> Answer {
              const Cell cell = operand.read(row);
              if (!cell) return false;
              if (!cell->is_array()) return true;
              for (const Value& one : cell->as_array()) {
                if (!one.is_null()) return true;
              }
              return false;
            }};
  }

  // A point against a rectangle: inside, on its border, or a corner of it.
  Case SpatialLeaf() {
    const int64_t left = Int(), bottom = Int();
    const int64_t right = left + 1 + static_cast<int64_t>(Below(5));
    const int64_t top = bottom + 1 + static_cast<int64_t>(Below(5));
    const auto at = [](int64_t x, int64_t y) {
      return std::to_string(x) + " " + std::to_string(y);
    };
    const std::string rectangle = "'POLYGON ((" + at(left, bottom) + ", " + at(right, bottom) +
                                  ", " + at(right, top) + ", " + at(left, top) + ", " +
                                  at(left, bottom) + "))'";
    const std::string corner = "'POINT (" + at(left, bottom) + ")'";
    static const std::vector<std::string> kNames = {"st_within", "ST_TOUCHES", "st_intersects",
                                                    "ST_EQUALS", "st_contains"};
    const size_t form = Below(kNames.size());
    return {kNames[form] + "(g, " + (form < 3 ? rectangle : corner) + ")",
            [=](const Row& row) -> Answer {
              const Cell& cell = row.at("g");
              if (!cell) return std::nullopt;
              const int64_t x = cell->as_array()[0].as_int(), y = cell->as_array()[1].as_int();
              const bool inside = left < x && x < right && bottom < y && y < top;
              const bool covered = left <= x && x <= right && bottom <= y && y <= top;
              if (form == 0) return inside;
              if (form == 1) return covered && !inside;
              if (form == 2) return covered;
              return x == left && y == bottom;
            }};
  }

  std::mt19937 random_;
};

void AppendCell(const ColumnPlan& plan, const Cell& cell, Column* column) {
  if (!cell) return column->AppendNull();
  if (plan.type == DataType::kInt8) return column->Append(static_cast<int8_t>(cell->as_int()));
  if (plan.type == DataType::kInt16) return column->Append(static_cast<int16_t>(cell->as_int()));
  if (plan.type == DataType::kInt32) return column->Append(static_cast<int32_t>(cell->as_int()));
  if (plan.type == DataType::kInt64) return column->Append(cell->as_int());
  if (plan.type == DataType::kFloat) return column->Append(static_cast<float>(cell->as_double()));
  if (plan.type == DataType::kDouble) return column->Append(cell->as_double());
  if (plan.type == DataType::kBool) return column->Append(static_cast<uint8_t>(cell->as_bool()));
  if (plan.type == DataType::kVarChar) return column->AppendString(cell->as_string());
  if (plan.type == DataType::kArray)
    return column->AppendString(*EncodeArray(plan.element, cell->as_array()));
  if (plan.type == DataType::kGeometry) {
    return column->AppendString(*geo::WktToWkb("POINT (" +
                                               std::to_string(cell->as_array()[0].as_int()) + " " +
                                               std::to_string(cell->as_array()[1].as_int()) + ")"));
  }
  std::string text = "{";
  for (const Value& pair : cell->as_array()) {
    text += (text.size() > 1 ? "," : "") + JsonLiteral(pair.as_array()[0]) + ":" +
            JsonLiteral(pair.as_array()[1]);
  }
  column->AppendString(*EncodeJson(text + "}"));
}

struct RandomTable {
  Schema schema;
  std::vector<Row> rows;
  Batch batch;
};

RandomTable MakeTable(Generator* random) {
  RandomTable table;
  table.rows.resize(1 + random->Below(random->Chance(0.3) ? 2600 : 400));
  table.batch.rows = table.rows.size();
  int64_t id = 100;
  for (const ColumnPlan& plan : Plans()) {
    Field field;
    field.id = FieldId(id++);
    field.name = plan.name;
    field.type = plan.type;
    field.element_type = plan.element;
    field.dynamic = plan.name == "$meta";
    table.schema.fields.push_back(field);
    const std::vector<double> null_shares = {0, 0, 0.1, 0.5, 1};
    const double nulls = field.dynamic ? 0 : random->Pick(null_shares);
    Column column(field.id, plan.type);
    for (Row& row : table.rows) {
      row[plan.name] = random->MakeCell(plan, nulls);
      AppendCell(plan, row[plan.name], &column);
    }
    table.batch.columns.push_back(std::move(column));
  }
  return table;
}

TEST(RandomFilter, PassesTheRowsThatTheNaiveEvaluatorPasses) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Generator random(seed);
  // 1,000 trees; 100,000 of them in the long form.
  const int tables_max = std::getenv("ELANUS_TEST_ALL") != nullptr ? 8400 : 84;
  for (int tables = 0; tables < tables_max; ++tables) {
    const RandomTable table = MakeTable(&random);
    TestSource source(table.batch);
    for (int trees = 0; trees < 12; ++trees) {
      const Case tree = random.Tree(static_cast<int>(random.Below(5)));
      const auto filter = Compile(tree.text, table.schema, {});
      ASSERT_TRUE(filter.ok()) << filter.status().message();
      for (const bool answer_index : {false, true}) {
        source.answer_index = answer_index;
        Bitmap passed(source.rows());
        ASSERT_TRUE((*filter)->Evaluate(Context(), source, &passed).ok());
        for (size_t row = 0; row < source.rows(); ++row) {
          ASSERT_EQ(passed.Test(row), tree.meaning(table.rows[row]).value_or(false))
              << "row " << row << " index " << answer_index << "\n"
              << tree.text;
        }
      }
    }
  }
}

}  // namespace
}  // namespace elanus::expr
