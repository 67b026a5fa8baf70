// function_chains: what a client sends, checked as Milvus does and made runnable. One chain a
// stage: L0 changes scores in the segments, L2 the list of the answer.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/schema.h"
#include "model/value.h"
#include "query/chain.h"

namespace elanus::gateway {

// Null: a value that was not set, or of a kind that no parameter has.
using ChainParams = std::map<std::string, Value, std::less<>>;

struct FunctionChain {
  struct Expr {
    std::string name;
    std::vector<std::optional<std::string>> args;  // a column; nothing: a literal
    ChainParams params;
  };
  struct Op {
    std::string name;
    std::optional<Expr> expr;
    std::vector<std::string> inputs, outputs;
    ChainParams params;
  };
  int stage = 0;  // Milvus's number
  std::vector<Op> ops;
};

struct ParsedChains {
  std::optional<query::Chain> l0, l2;
};

Result<ParsedChains> ParseChains(const Schema& schema, const std::vector<FunctionChain>& chains);

}  // namespace elanus::gateway
