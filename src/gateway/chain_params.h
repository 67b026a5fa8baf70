// The typed parameters of a function chain's operator or function, with Milvus's error texts.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/function_chain.h"
#include "gateway/text.h"

namespace elanus::gateway {

// Borrows the parameters. `scope` leads the errors.
class ChainReader {
 public:
  ChainReader(std::string scope, const ChainParams& params)
      : scope_(std::move(scope)), params_(params) {}

  Result<std::optional<std::string>> Text(std::string_view key) const {
    const Value* value = TRY(Find(key));
    if (value == nullptr) return std::optional<std::string>();
    if (!value->is_string()) return Wrong(key, "must be a string");
    return std::optional<std::string>(value->as_string());
  }
  Result<std::string> RequiredText(std::string_view key) const {
    TRY(Require(key));
    return TRY(Text(key)).value_or("");
  }
  Result<double> Number(std::string_view key, double otherwise) const {
    const Value* value = TRY(Find(key));
    if (value == nullptr) return otherwise;
    if (!value->is_number()) return Wrong(key, "must be a number");
    return value->as_double();
  }
  Result<double> RequiredNumber(std::string_view key) const {
    TRY(Require(key));
    return Number(key, 0);
  }
  Result<int64_t> Integer(std::string_view key, int64_t otherwise) const {
    const Value* value = TRY(Find(key));
    if (value == nullptr) return otherwise;
    if (value->is_int()) return value->as_int();
    if (!value->is_double()) return Wrong(key, "must be an integer");
    constexpr double kLargest = 9.2e18;
    const double number = value->as_double();
    if (std::trunc(number) != number || std::abs(number) > kLargest)
      return Wrong(key, "must be an integer, got " + std::to_string(number));
    return static_cast<int64_t>(number);
  }
  Result<int64_t> RequiredInteger(std::string_view key) const {
    TRY(Require(key));
    return Integer(key, 0);
  }
  Result<bool> Bool(std::string_view key, bool otherwise) const {
    const Value* value = TRY(Find(key));
    if (value == nullptr) return otherwise;
    if (!value->is_bool()) return Wrong(key, "must be a bool");
    return value->as_bool();
  }
  // Empty: not given.
  Result<std::vector<double>> Numbers(std::string_view key) const {
    std::vector<double> numbers;
    const Value* value = TRY(Find(key));
    if (value == nullptr) return numbers;
    if (!value->is_array()) return Wrong(key, "must be a number array");
    for (const Value& one : value->as_array()) {
      if (!one.is_number()) return Wrong(key, "must be a number array");
      numbers.push_back(one.as_double());
    }
    return numbers;
  }
  Result<std::vector<std::string>> Texts(std::string_view key) const {
    std::vector<std::string> texts;
    const Value* value = TRY(Find(key));
    if (value == nullptr) return texts;
    if (!value->is_array()) return Wrong(key, "must be a string array");
    for (const Value& one : value->as_array()) {
      if (!one.is_string()) return Wrong(key, "must be a string array");
      texts.push_back(one.as_string());
    }
    return texts;
  }

 private:
  Status Wrong(std::string_view key, const std::string& how) const {
    return Invalid(scope_, ": parameter \"", key, "\" ", how);
  }
  Status Require(std::string_view key) const {
    if (params_.find(key) != params_.end()) return {};
    return Invalid(scope_, ": missing required parameter \"", key, "\"");
  }
  Result<const Value*> Find(std::string_view key) const {
    const auto found = params_.find(key);
    if (found == params_.end()) return static_cast<const Value*>(nullptr);
    if (found->second.is_null()) return Wrong(key, "is unset");
    return &found->second;
  }

  std::string scope_;
  const ChainParams& params_;
};

}  // namespace elanus::gateway
