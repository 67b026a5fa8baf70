#include "base/status.h"

#include <cstdio>
#include <cstdlib>

namespace elanus {

const ErrorTraits& TraitsOf(Code code) {
  static constexpr ErrorTraits kOkTraits{0, false, false, ""};
  switch (code) {
    case Code::kOk:
      return kOkTraits;
#define ELANUS_ERROR(name, number, legacy, retriable, input, text)        \
  case Code::name: {                                                      \
    static constexpr ErrorTraits kTraits{legacy, retriable, input, text}; \
    return kTraits;                                                       \
  }
#include "base/errors.inc"
#undef ELANUS_ERROR
  }
  return kOkTraits;
}

Status Status::Prefixed(std::string_view context) && {
  if (ok()) return std::move(*this);
  std::string text(context);
  text += ": ";
  text += message_;
  return Status(code_, std::move(text));
}

namespace {

void AppendFields(std::initializer_list<ErrorField> fields, std::string* text) {
  for (const auto& [key, value] : fields) {
    *text += '[';
    *text += key;
    *text += '=';
    *text += value;
    *text += ']';
  }
}

}  // namespace

Status Fail(Code code, std::string_view message) {
  std::string text(message);
  text += ": ";
  text += TraitsOf(code).text;
  return Status(code, std::move(text));
}

Status FailWith(Code code, std::initializer_list<ErrorField> fields) {
  std::string text(TraitsOf(code).text);
  AppendFields(fields, &text);
  return Status(code, std::move(text));
}

Status FailWith(Code code, std::string_view message, std::initializer_list<ErrorField> fields) {
  std::string text(message);
  text += ": ";
  text += TraitsOf(code).text;
  AppendFields(fields, &text);
  return Status(code, std::move(text));
}

void CheckFailed(const char* file, int line, const char* expression) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace elanus
