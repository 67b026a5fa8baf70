// Status: why an operation failed. Result<T>: a value or a Status. TRY(): unwrap or return.
// CHECK(): states what cannot happen; stays on in release.
//
// The text of an error is part of the protocol (clients look for phrases in it), so it is composed
// where the error is born, in Milvus's form:
//   Fail(Code::kParameterInvalid, "dim is 128, got 96")     "dim is 128, got 96: invalid parameter"
//   FailWith(Code::kCollectionNotFound, {{"database", db}, {"collection", name}})
//                                 "collection not found[database=default][collection=books]"
//   Status(code, text)            the text as it is
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace elanus {

enum class Code : int {
  kOk = 0,
#define ELANUS_ERROR(name, code, legacy, retriable, input, text) name = code,
#include "base/errors.inc"
#undef ELANUS_ERROR
};

// What the table of errors.inc says of one code.
struct ErrorTraits {
  int legacy_code;
  bool retriable;
  bool input_error;  // caused by the caller's request
  std::string_view text;
};
const ErrorTraits& TraitsOf(Code code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error, told with what was being done: "failed to search: <message>".
  Status Prefixed(std::string_view context) &&;

  // For TRY.
  Status error() && { return std::move(*this); }
  void take() && {}

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : state_(std::move(status)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  const Status& status() const {
    static const Status kOkStatus;
    return ok() ? kOkStatus : std::get<1>(state_);
  }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  T take() && { return std::get<0>(std::move(state_)); }
  Status error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Status> state_;
};

using ErrorField = std::pair<std::string_view, std::string_view>;

// "<message>: <sentinel of code>"
Status Fail(Code code, std::string_view message);
// "<sentinel>[key=value]..."
Status FailWith(Code code, std::initializer_list<ErrorField> fields);
// "<message>: <sentinel>[key=value]..."
Status FailWith(Code code, std::string_view message, std::initializer_list<ErrorField> fields);

// The value of `expr`, or return its error from the enclosing function. GCC/Clang statement
// expression.
#define TRY(expr)                                                                   \
  __extension__({                                                                   \
    _Pragma("GCC diagnostic push")                                                  \
        _Pragma("GCC diagnostic ignored \"-Wshadow\"") auto&& try_result_ = (expr); \
    _Pragma("GCC diagnostic pop") if (!try_result_.ok()) [[unlikely]] {             \
      return std::move(try_result_).error();                                        \
    }                                                                               \
    std::move(try_result_).take();                                                  \
  })

[[noreturn]] void CheckFailed(const char* file, int line, const char* expression);

#define CHECK(condition)                                     \
  do {                                                       \
    if (!(condition)) [[unlikely]] {                         \
      ::elanus::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                        \
  } while (false)

}  // namespace elanus
