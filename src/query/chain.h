// Function chains (compat.md, 5.7): operators over the hits of each query, which see the hits as
// rows of named columns: $id, $score, fields, and what operators before them wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "query/decay.h"
#include "query/hit_groups.h"
#include "query/hits.h"

namespace elanus::query {

inline constexpr std::string_view kChainId = "$id";
inline constexpr std::string_view kChainScore = "$score";

// Of each row a Float; null where an input is null.
struct ChainExpr {
  enum class Kind { kCombine, kDecay, kRound };
  enum class Combine { kMultiply, kSum, kMax, kMin, kAverage, kWeighted };

  Kind kind = Kind::kCombine;
  Combine combine = Combine::kMultiply;
  std::vector<double> weights;  // kWeighted: one an input
  Decay decay;
  int decimals = 0;
};

struct ChainOp {
  enum class Kind { kMap, kSort, kLimit, kSelect, kGroupBy };

  Kind kind = Kind::kMap;
  std::vector<std::string> inputs;  // kSort: the column, then what decides between equals
  std::string output;               // kMap
  ChainExpr expr;                   // kMap
  bool descending = false;          // kSort; nulls are last either way
  size_t limit = 0, offset = 0;     // kLimit: hits; kGroupBy: groups
  size_t group_size = 0;            // kGroupBy
  GroupScore group_score = GroupScore::kMax;
};

struct Chain {
  std::vector<ChainOp> ops;
  std::vector<std::pair<std::string, FieldId>> inputs;  // fields that it reads
};

// The hits that are left, in the order and with the scores that the chain gives them; a null score
// is 0. columns[i]: the output column of inputs[i].
Result<HitLists> RunChain(const Chain& chain, const HitLists& hits,
                          const std::vector<size_t>& columns);

// The scores of rows after a chain that is made of kMap alone. columns[i] has the values of
// inputs[i].
Result<std::vector<float>> ChainScores(const Chain& chain, const std::vector<float>& scores,
                                       const Column& keys, std::vector<Column> columns);

}  // namespace elanus::query
