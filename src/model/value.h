// Value: one scalar of any type, for literals, defaults, keys and templates.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/types.h"

namespace elanus {

class Value {
 public:
  using Array = std::vector<Value>;
  using Storage = std::variant<std::monostate, bool, int64_t, double, std::string, Array>;

  Value() = default;                                  // null
  Value(bool v) : storage_(v) {}                      // NOLINT(google-explicit-constructor)
  Value(int64_t v) : storage_(v) {}                   // NOLINT(google-explicit-constructor)
  Value(double v) : storage_(v) {}                    // NOLINT(google-explicit-constructor)
  Value(std::string v) : storage_(std::move(v)) {}    // NOLINT(google-explicit-constructor)
  Value(const char* v) : storage_(std::string(v)) {}  // NOLINT(google-explicit-constructor)
  Value(Array v) : storage_(std::move(v)) {}          // NOLINT(google-explicit-constructor)

  bool is_null() const { return storage_.index() == 0; }
  bool is_bool() const { return std::holds_alternative<bool>(storage_); }
  bool is_int() const { return std::holds_alternative<int64_t>(storage_); }
  bool is_double() const { return std::holds_alternative<double>(storage_); }
  bool is_number() const { return is_int() || is_double(); }
  bool is_string() const { return std::holds_alternative<std::string>(storage_); }
  bool is_array() const { return std::holds_alternative<Array>(storage_); }

  bool as_bool() const { return std::get<bool>(storage_); }
  int64_t as_int() const { return std::get<int64_t>(storage_); }
  double as_double() const {
    return is_int() ? static_cast<double>(as_int()) : std::get<double>(storage_);
  }
  const std::string& as_string() const { return std::get<std::string>(storage_); }
  const Array& as_array() const { return std::get<Array>(storage_); }

  bool operator==(const Value&) const = default;

 private:
  Storage storage_;
};

}  // namespace elanus
