// One value of a row, of whatever type it happens to have.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/hash.h"
#include "expr/operators.h"
#include "expr/source.h"
#include "model/array.h"
#include "model/json.h"
#include "model/json_path.h"

namespace elanus::expr {

enum class Tri : uint8_t { kNo, kYes, kUnknown };
constexpr Tri ToTri(bool yes) { return yes ? Tri::kYes : Tri::kNo; }

struct Scalar {
  enum class Kind : uint8_t { kNone, kBool, kInt, kUint, kDouble, kString, kOther };
  Kind kind = Kind::kNone;
  int64_t integer = 0;    // kBool, kInt
  uint64_t large = 0;     // kUint: above int64
  double floating = 0;    // kDouble
  std::string_view text;  // kString
  JsonView json;          // what there is, if it comes from JSON
  ArrayView array;        // a whole row of an Array field

  bool is_number() const {
    return kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kDouble;
  }
  double number() const {
    return kind == Kind::kInt    ? static_cast<double>(integer)
           : kind == Kind::kUint ? static_cast<double>(large)
                                 : floating;
  }
};

// What a ColumnRef names: a value of a plain column, a value under a JSON path, an element of an
// array, or a whole array.
class ScalarReader {
 public:
  explicit ScalarReader(const ColumnRef& column);

 private:
  friend class ScalarCursor;
  DataType type_;
  DataType element_type_;
  std::vector<std::string> path_;
  size_t index_ = 0;  // of an array element
};

// Goes through the rows of a block. Does not look at validity. For one thread.
class ScalarCursor {
 public:
  explicit ScalarCursor(const ScalarReader& reader) : reader_(reader), json_path_(reader.path_) {}
  // Until the next call.
  const Scalar& Read(const Block& column, size_t row);

 private:
  void ReadJson(std::string_view binary);
  void ReadElement(const ArrayView& array);

  const ScalarReader& reader_;
  JsonPath json_path_;
  Scalar scalar_;
};

// -1, 0, 1, or 2 if one is NaN. Exact for integers; both are numbers.
int CompareScalars(const Scalar& a, const Scalar& b);
int CompareScalar(const Scalar& a, const Value& b);
Tri OrderTest(CompareOp op, int order);

// What a JSON value is; `json` itself included.
Scalar ScalarOf(const JsonView& json);

// Numbers by value, arrays element by element.
bool JsonEquals(const JsonView& json, const Value& value);
// `value` was cast to the element's type.
bool ElementEquals(const ArrayView& array, size_t index, const Value& value);

// IN over values of mixed types. Unknown for a scalar of a type that no member has.
class ScalarSet {
 public:
  explicit ScalarSet(const Value::Array& values);
  Tri Contains(const Scalar& scalar) const;

 private:
  bool empty_;
  bool has_true_ = false, has_false_ = false, has_numbers_ = false;
  std::unordered_set<std::string, StringHash, std::equal_to<>> strings_;
  std::unordered_set<int64_t> integers_;
  std::vector<double> doubles_;  // ascending; those that are not integers
  Value::Array arrays_;
};

}  // namespace elanus::expr
