// Index types and their parameters as tables, and how one value is checked. Private to the module;
// the checks themselves are declared in vector_index.h and scalar_index.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "index/vector_index.h"

namespace elanus::index {

// Field types an index type takes, as bits.
enum TypeBits : uint32_t {
  kFloatBit = 1,
  kHalfBit = 2,
  kInt8Bit = 4,
  kBinaryBit = 8,
  kSparseBit = 16
};
uint32_t TypeBitOf(DataType type);

enum class ParamKind {
  kInt,
  kFloat,
  kFloatBelow,
  kBool,
  kSqType,
  kRefineType,
  kRefineTypeIvf,
  kSparseAlgo,
  kSparseCodec
};

struct ParamRule {
  std::string_view key;
  ParamKind kind;
  double low = 0;
  double high = 0;  // kFloatBelow: not included
};

struct IndexTypeRule {
  std::string_view name;
  uint32_t types;  // TypeBits
  bool built;      // in this build
  std::span<const ParamRule> build;
  std::span<const ParamRule> search;
};

// Null: no vector index of that name.
const IndexTypeRule* FindIndexType(std::string_view name);
bool IsScalarIndexType(std::string_view name);
// "FLAT, HNSW, ..." for errors.
std::string BuiltIndexTypes();

// A build parameter, a string on the wire.
Status CheckBuildValue(const ParamRule& rule, const std::string& text);
// kParameterInvalid, with all names, unless `text` is one of them.
Status CheckAmong(std::span<const std::string_view> names, std::string_view what,
                  const std::string& text);
// A search parameter, a JSON scalar; gives its number. Text that is a number is taken as one.
Result<double> CheckSearchValue(const ParamRule& rule, const Value& value);

// An integer parameter that has been checked before; `otherwise` when absent.
int64_t IntParam(const Properties& params, std::string_view key, int64_t otherwise);

}  // namespace elanus::index
