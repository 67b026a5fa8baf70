#include "gateway/function_chain.h"

#include <algorithm>
#include <set>
#include <utility>

#include "gateway/chain_params.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

using query::ChainExpr;
using query::ChainOp;

enum Stage { kIngestion = 1, kPreProcess = 2, kL0 = 3, kL1 = 4, kL2 = 5, kPostProcess = 6 };

std::string StageName(int stage) {
  switch (stage) {
    case kIngestion:
      return "FunctionChainStageIngestion";
    case kPreProcess:
      return "FunctionChainStagePreProcess";
    case kL0:
      return "FunctionChainStageL0Rerank";
    case kL1:
      return "FunctionChainStageL1Rerank";
    case kL2:
      return "FunctionChainStageL2Rerank";
    case kPostProcess:
      return "FunctionChainStagePostProcess";
    default:
      return stage == 0 ? "FunctionChainStageUnspecified" : std::to_string(stage);
  }
}

bool IsSystemName(std::string_view name) { return name.starts_with('$'); }

std::string Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

// --- expressions -------------------------------------------------------------------------------

Result<ChainExpr> ParseCombine(const ChainReader& reader, size_t inputs) {
  constexpr std::pair<std::string_view, ChainExpr::Combine> kModes[] = {
      {"multiply", ChainExpr::Combine::kMultiply}, {"sum", ChainExpr::Combine::kSum},
      {"max", ChainExpr::Combine::kMax},           {"min", ChainExpr::Combine::kMin},
      {"avg", ChainExpr::Combine::kAverage},       {"weighted", ChainExpr::Combine::kWeighted}};
  ChainExpr expr;
  const std::string mode = TRY(reader.Text("mode")).value_or("");
  expr.weights = TRY(reader.Numbers("weights"));
  const auto found = std::find_if(std::begin(kModes), std::end(kModes),
                                  [&](const auto& known) { return known.first == mode; });
  if (found != std::end(kModes)) {
    expr.combine = found->second;
  } else if (!mode.empty()) {
    return Invalid("num_combine: invalid mode \"", mode,
                   "\", must be one of [multiply, sum, max, min, avg, weighted]");
  }
  if (expr.combine == ChainExpr::Combine::kWeighted) {
    if (expr.weights.empty()) return Invalid("num_combine: weighted mode requires weights");
    if (expr.weights.size() != inputs) {
      return Invalid("num_combine: weights count ", expr.weights.size(),
                     " must match input columns count ", inputs);
    }
  }
  if (inputs < 2) {
    return Invalid("num_combine: expected at least 2 input columns, got ", inputs);
  }
  return expr;
}

Result<ChainExpr> ParseDecay(const ChainReader& reader, size_t inputs) {
  ChainExpr expr;
  expr.kind = ChainExpr::Kind::kDecay;
  query::Decay& decay = expr.decay;
  const std::string function = TRY(reader.RequiredText("function"));
  decay.origin = TRY(reader.RequiredNumber("origin"));
  decay.scale = TRY(reader.RequiredNumber("scale"));
  decay.offset = TRY(reader.Number("offset", 0));
  decay.decay = TRY(reader.Number("decay", 0.5));
  if (decay.scale <= 0) return Invalid("decay: scale must be > 0, got ", decay.scale);
  if (decay.offset < 0) return Invalid("decay: offset must be >= 0, got ", decay.offset);
  if (decay.decay <= 0 || decay.decay >= 1)
    return Invalid("decay: decay must be 0 < decay < 1, got ", decay.decay);
  constexpr double kLeast = 0.001, kMost = 0.999;
  if (decay.decay < kLeast || decay.decay > kMost) {
    return Invalid("decay: decay must be between ", kLeast, " and ", kMost,
                   " for numerical stability, got ", decay.decay);
  }
  if (function == "gauss") {
    decay.curve = query::DecayCurve::kGauss;
  } else if (function == "exp") {
    decay.curve = query::DecayCurve::kExponential;
  } else if (function == "linear") {
    decay.curve = query::DecayCurve::kLinear;
  } else {
    return Invalid("decay: invalid function \"", function,
                   "\", must be one of [gauss, exp, linear]");
  }
  if (inputs != 1) return Invalid("decay: expected 1 input column, got ", inputs);
  return expr;
}

Result<ChainExpr> ParseRound(const ChainReader& reader, size_t inputs) {
  ChainExpr expr;
  expr.kind = ChainExpr::Kind::kRound;
  const int64_t decimals = TRY(reader.RequiredInteger("decimal"));
  if (decimals < 0 || decimals > 6)
    return Invalid("round_decimal: decimal must be in range [0, 6], got ", decimals);
  expr.decimals = static_cast<int>(decimals);
  if (inputs != 1) return Invalid("round_decimal: expected 1 input column, got ", inputs);
  return expr;
}

// Its models are files that a server is given beforehand; this one knows of none.
Status RefuseXgboost(const ChainReader& reader) {
  const std::string model = TRY(reader.Text("model_resource")).value_or("");
  if (model.empty()) return Invalid("xgboost: model_resource is required");
  const std::string output = TRY(reader.Text("output")).value_or("default");
  if (output != "default" && output != "raw") {
    return Invalid("xgboost: output must be one of [default, raw], got \"", output, "\"");
  }
  return Invalid("xgboost: file resource ", model,
                 " not found: file resources and xgboost are not built yet");
}

Result<ChainExpr> ParseExpr(const FunctionChain::Expr& expr, size_t inputs) {
  for (size_t i = 0; i < expr.args.size(); ++i) {
    if (!expr.args[i].has_value())
      return Invalid(expr.name, ": literal expr arg[", i, "] is not supported");
  }
  const ChainReader reader(expr.name, expr.params);
  if (expr.name == "num_combine") return ParseCombine(reader, inputs);
  if (expr.name == "decay") return ParseDecay(reader, inputs);
  if (expr.name == "round_decimal") return ParseRound(reader, inputs);
  if (expr.name == "xgboost") return RefuseXgboost(reader);
  if (expr.name == "rerank_model") return NotBuilt("function ", expr.name);
  return Invalid("unknown function: ", expr.name);
}

// --- operators ---------------------------------------------------------------------------------

struct NamedOp {
  std::string type;
  std::vector<std::string> inputs, outputs;
  const FunctionChain::Op* op = nullptr;
};

Result<std::vector<std::string>> Names(const std::vector<std::string>& names,
                                       std::string_view label) {
  std::vector<std::string> trimmed;
  for (const std::string& name : names) {
    trimmed.push_back(Trimmed(name));
    if (trimmed.back().empty()) return Invalid(label, " name is empty");
  }
  return trimmed;
}

// What it reads and writes: of an expression its columns, each once.
Result<NamedOp> NameOp(const FunctionChain::Op& op) {
  NamedOp named;
  named.op = &op;
  named.type = Trimmed(op.name);
  if (named.type.empty()) return Invalid("op name is empty");
  named.inputs = TRY(Names(op.inputs, "input"));
  named.outputs = TRY(Names(op.outputs, "output"));
  if (!op.expr.has_value()) return named;
  if (Trimmed(op.expr->name).empty()) return Invalid("expr name is empty");
  named.inputs.clear();
  for (size_t i = 0; i < op.expr->args.size(); ++i) {
    if (!op.expr->args[i].has_value()) continue;
    std::string column = Trimmed(*op.expr->args[i]);
    if (column.empty()) return Invalid("expr arg[", i, "]: column name is empty");
    if (std::find(named.inputs.begin(), named.inputs.end(), column) == named.inputs.end())
      named.inputs.push_back(std::move(column));
  }
  return named;
}

Result<ChainOp> ParseMap(const NamedOp& named) {
  if (!named.op->expr.has_value()) return Invalid("map operator requires function");
  ChainOp op;
  auto expr = ParseExpr(*named.op->expr, named.inputs.size());
  if (!expr.ok()) return std::move(expr).error().Prefixed("map function");
  op.expr = std::move(expr).take();
  if (named.inputs.empty()) return Invalid("map operator requires inputs");
  if (named.outputs.empty()) return Invalid("map operator requires outputs");
  if (named.outputs.size() != 1) {
    return Invalid("map_op: output columns count (", named.outputs.size(),
                   ") must match function output types count (1)");
  }
  op.inputs = named.inputs;
  op.output = named.outputs[0];
  return op;
}

Result<ChainOp> ParseSort(const NamedOp& named) {
  if (named.inputs.empty()) return Invalid("sort_op: column is required");
  if (named.inputs.size() > 2)
    return Invalid("sort_op: expects at most 2 input columns, got ", named.inputs.size());
  ChainOp op;
  op.kind = ChainOp::Kind::kSort;
  op.descending = TRY(ChainReader("sort_op", named.op->params).Bool("desc", false));
  op.inputs = named.inputs;
  if (op.inputs.size() == 1) op.inputs.emplace_back(query::kChainId);
  return op;
}

// limit and offset, of hits or of groups.
Status ParsePage(const std::string& scope, const ChainReader& reader, ChainOp* op) {
  const int64_t limit = TRY(reader.RequiredInteger("limit"));
  if (limit <= 0) return Invalid(scope, ": limit must be positive");
  const int64_t offset = TRY(reader.Integer("offset", 0));
  if (offset < 0) return Invalid(scope, ": offset must be non-negative");
  op->limit = static_cast<size_t>(limit);
  op->offset = static_cast<size_t>(offset);
  return {};
}

Result<ChainOp> ParseGroupBy(const NamedOp& named) {
  const std::string scope = "group_by_op";
  const ChainReader reader(scope, named.op->params);
  ChainOp op;
  op.kind = ChainOp::Kind::kGroupBy;
  op.inputs = {TRY(reader.RequiredText("field"))};
  if (op.inputs[0].empty()) return Invalid(scope, ": field is required");
  const int64_t size = TRY(reader.RequiredInteger("group_size"));
  if (size <= 0) return Invalid(scope, ": group_size must be positive");
  op.group_size = static_cast<size_t>(size);
  TRY(ParsePage(scope, reader, &op));
  const std::string scorer = TRY(reader.Text("scorer")).value_or("");
  if (scorer == "sum") {
    op.group_score = query::GroupScore::kSum;
  } else if (scorer == "avg") {
    op.group_score = query::GroupScore::kAverage;
  } else if (!scorer.empty() && scorer != "max") {
    return Invalid(scope, ": invalid group scorer \"", scorer, "\", must be max/sum/avg");
  }
  return op;
}

Result<ChainOp> ParseOp(const NamedOp& named) {
  if (named.type == "map") return ParseMap(named);
  if (named.type == "sort") return ParseSort(named);
  if (named.type == "group_by") return ParseGroupBy(named);
  ChainOp op;
  if (named.type == "limit") {
    op.kind = ChainOp::Kind::kLimit;
    TRY(ParsePage("limit_op", ChainReader("limit_op", named.op->params), &op));
    return op;
  }
  if (named.type == "select") {
    op.kind = ChainOp::Kind::kSelect;
    op.inputs = TRY(ChainReader("select_op", named.op->params).Texts("columns"));
    if (op.inputs.empty()) return Invalid("select_op: columns is required");
    return op;
  }
  if (named.type == "filter") {
    if (!named.op->expr.has_value()) return Invalid("filter_op: function is required");
    auto expr = ParseExpr(*named.op->expr, named.inputs.size());
    if (!expr.ok()) return std::move(expr).error().Prefixed("filter function");
    return Invalid("filter_op: function must return boolean type, got float32");
  }
  return Invalid("unknown operator type: ", named.type);
}

// --- chains ------------------------------------------------------------------------------------

// What a stage may read and write beside fields and columns of its own.
Status CheckSystemNames(const std::vector<NamedOp>& ops, int stage) {
  const std::string_view end =
      stage == kL0 ? " by L0 rerank function chain" : " by L2 rerank function chain";
  std::set<std::string> written;
  for (size_t i = 0; i < ops.size(); ++i) {
    if (stage == kL0 && ops[i].type != "map")
      return Invalid("op[", i, "] type \"", ops[i].type, "\" is not supported", end);
    for (const std::string& input : ops[i].inputs) {
      if (!IsSystemName(input) || input == query::kChainId || input == query::kChainScore) continue;
      if (stage == kL0) {
        if (written.contains(input)) continue;
        return Invalid("system input \"", input, "\" is not readable", end);
      }
      return Invalid("op[", i, "] input \"", input, "\": system input \"", input,
                     "\" is not supported", end);
    }
    for (const std::string& output : ops[i].outputs) {
      written.insert(output);
      if (!IsSystemName(output) || output == query::kChainScore) continue;
      const std::string lead =
          stage == kL0 ? Concat("op[", i, "] ") : Concat("op[", i, "] output \"", output, "\": ");
      return Invalid(lead, "system output \"", output, "\" is not writable", end);
    }
  }
  return {};
}

// The fields that are read before something of that name is written.
Result<std::vector<std::pair<std::string, FieldId>>> FieldsOf(const Schema& schema,
                                                              const std::vector<NamedOp>& ops,
                                                              const query::Chain& chain) {
  std::vector<std::pair<std::string, FieldId>> fields;
  std::set<std::string> known{std::string(query::kChainId), std::string(query::kChainScore)};
  for (size_t i = 0; i < ops.size(); ++i) {
    for (const std::string& input : chain.ops[i].inputs) {
      if (!known.insert(input).second) continue;
      const Field* field = schema.Find(input);
      if (field == nullptr || field->dynamic) {
        return Invalid("function chain input \"", input,
                       "\" is neither a previous output nor a collection field");
      }
      const DataType type = field->type;
      if (type != DataType::kBool && !IsNumber(type) && !IsString(type) &&
          type != DataType::kTimestamptz && type != DataType::kText) {
        return Invalid("function chain input \"", input, "\" has unsupported field type ",
                       NameOf(type));
      }
      fields.emplace_back(input, field->id);
    }
    known.insert(ops[i].outputs.begin(), ops[i].outputs.end());
  }
  return fields;
}

Result<query::Chain> ParseChain(const Schema& schema, const FunctionChain& source) {
  if (source.ops.empty()) return Invalid("must contain at least one op");
  std::vector<NamedOp> ops;
  for (size_t i = 0; i < source.ops.size(); ++i) {
    auto named = NameOp(source.ops[i]);
    if (!named.ok()) return std::move(named).error().Prefixed(Concat("op[", i, "]"));
    ops.push_back(std::move(named).take());
  }
  TRY(CheckSystemNames(ops, source.stage));
  query::Chain chain;
  for (size_t i = 0; i < ops.size(); ++i) {
    auto op = ParseOp(ops[i]);
    if (!op.ok()) return std::move(op).error().Prefixed(Concat("operator[", i, "]"));
    chain.ops.push_back(std::move(op).take());
  }
  chain.inputs = TRY(FieldsOf(schema, ops, chain));
  return chain;
}

}  // namespace

Result<ParsedChains> ParseChains(const Schema& schema, const std::vector<FunctionChain>& chains) {
  ParsedChains parsed;
  std::set<int> stages;
  for (size_t i = 0; i < chains.size(); ++i) {
    const int stage = chains[i].stage;
    if (!stages.insert(stage).second)
      return Invalid("function chain stage ", StageName(stage), " appears more than once");
    if (stage == kL1)
      return Invalid("function chain[", i, "] stage ", StageName(stage), " is not supported yet");
    if (stage != kL0 && stage != kL2) {
      return Invalid("function chain[", i, "] stage ", StageName(stage),
                     " is not supported in search request");
    }
  }
  for (size_t i = 0; i < chains.size(); ++i) {
    auto chain = ParseChain(schema, chains[i]);
    if (!chain.ok()) return std::move(chain).error().Prefixed(Concat("function chain[", i, "]"));
    (chains[i].stage == kL0 ? parsed.l0 : parsed.l2) = std::move(chain).take();
  }
  return parsed;
}

}  // namespace elanus::gateway
