// The nouns' small change: data types, metrics, ids, timestamps. Numbers are Milvus's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/status.h"

namespace elanus {

enum class DataType : uint8_t {
  kNone = 0,
  kBool = 1,
  kInt8 = 2,
  kInt16 = 3,
  kInt32 = 4,
  kInt64 = 5,
  kFloat = 10,
  kDouble = 11,
  kString = 20,  // only on the wire; no field has it
  kVarChar = 21,
  kArray = 22,
  kJson = 23,
  kGeometry = 24,
  kText = 25,
  kTimestamptz = 26,  // microseconds since the epoch, UTC
  kBinaryVector = 100,
  kFloatVector = 101,
  kFloat16Vector = 102,
  kBFloat16Vector = 103,
  kSparseFloatVector = 104,
  kInt8Vector = 105,
  kArrayOfVector = 106,
  kArrayOfStruct = 200,
  kStruct = 201,
};

// Milvus's spelling: "Int64", "FloatVector"; "Unknown(n)" never happens for an enumerator.
std::string_view NameOf(DataType type);

constexpr bool IsVector(DataType t) {
  return t >= DataType::kBinaryVector && t <= DataType::kArrayOfVector;
}
constexpr bool IsDenseVector(DataType t) {
  return IsVector(t) && t != DataType::kSparseFloatVector && t != DataType::kArrayOfVector;
}
constexpr bool IsInteger(DataType t) { return t >= DataType::kInt8 && t <= DataType::kInt64; }
constexpr bool IsFloating(DataType t) { return t == DataType::kFloat || t == DataType::kDouble; }
constexpr bool IsNumber(DataType t) { return IsInteger(t) || IsFloating(t); }
constexpr bool IsString(DataType t) {
  return t == DataType::kVarChar || t == DataType::kString || t == DataType::kText;
}

// Bytes of one row in a column; 0 for types of variable length (VarChar, JSON, Array, sparse).
constexpr size_t WidthOf(DataType type, int64_t dim = 0) {
  switch (type) {
    case DataType::kBool:
    case DataType::kInt8:
      return 1;
    case DataType::kInt16:
      return 2;
    case DataType::kInt32:
    case DataType::kFloat:
      return 4;
    case DataType::kInt64:
    case DataType::kDouble:
    case DataType::kTimestamptz:
      return 8;
    case DataType::kBinaryVector:
      return static_cast<size_t>(dim) / 8;
    case DataType::kFloatVector:
      return static_cast<size_t>(dim) * 4;
    case DataType::kFloat16Vector:
    case DataType::kBFloat16Vector:
      return static_cast<size_t>(dim) * 2;
    case DataType::kInt8Vector:
      return static_cast<size_t>(dim);
    case DataType::kNone:
    case DataType::kString:
    case DataType::kVarChar:
    case DataType::kArray:
    case DataType::kJson:
    case DataType::kGeometry:
    case DataType::kText:
    case DataType::kSparseFloatVector:
    case DataType::kArrayOfVector:
    case DataType::kArrayOfStruct:
    case DataType::kStruct:
      return 0;
  }
  return 0;
}

enum class Metric : uint8_t {
  kNone = 0,
  kL2 = 1,
  kIP = 2,
  kCosine = 3,
  kHamming = 4,
  kJaccard = 5,
  kSubstructure = 6,    // the query's bits are among the row's
  kSuperstructure = 7,  // the row's bits are among the query's
  kBm25 = 8,            // terms, by how telling they are; of a function's output alone
};

std::string_view NameOf(Metric metric);                // "L2", "IP", "COSINE", "HAMMING", ...
Result<Metric> MetricFromName(std::string_view name);  // any case
// IP, COSINE and BM25: a larger score is nearer. The others are distances (L2 is squared).
constexpr bool LargerIsNearer(Metric m) {
  return m == Metric::kIP || m == Metric::kCosine || m == Metric::kBm25;
}

// A row matches, at distance 0, or is no hit at all.
constexpr bool IsStructure(Metric m) {
  return m == Metric::kSubstructure || m == Metric::kSuperstructure;
}

// A hybrid timestamp: unix milliseconds << 18 | logical counter.
using Timestamp = uint64_t;
inline constexpr Timestamp kMaxTimestamp = ~0ULL;
constexpr Timestamp TimestampFromMs(int64_t ms) { return static_cast<Timestamp>(ms) << 18; }
constexpr int64_t MsOfTimestamp(Timestamp ts) { return static_cast<int64_t>(ts >> 18); }

// Ids of different things do not mix.
template <typename Tag>
struct Id {
  int64_t value = 0;
  constexpr Id() = default;
  constexpr explicit Id(int64_t v) : value(v) {}
  constexpr auto operator<=>(const Id&) const = default;
};
using CollectionId = Id<struct CollectionTag>;
using PartitionId = Id<struct PartitionTag>;
using ShardId = Id<struct ShardTag>;
using SegmentId = Id<struct SegmentTag>;
using IndexId = Id<struct IndexTag>;
using FieldId = Id<struct FieldTag>;

inline constexpr FieldId kRowIdField{0};
inline constexpr FieldId kTimestampField{1};
inline constexpr int64_t kFirstUserFieldId = 100;

}  // namespace elanus

template <typename Tag>
struct std::hash<elanus::Id<Tag>> {
  size_t operator()(elanus::Id<Tag> id) const noexcept {
    return static_cast<size_t>(id.value) * 0x9e3779b97f4a7c15ULL;
  }
};
