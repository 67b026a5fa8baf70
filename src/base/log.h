// One line per event: `LOG_INFO("segment flushed", {"shard", id}, {"rows", n});`
// Text or JSON (time, level, msg, then the fields), to stderr or to a rotated file. Thread-safe.
// Whatever the bytes of a message or field, an event stays one line, and valid JSON where asked
// for.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/status.h"

namespace elanus {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  bool json = false;
  std::string file;  // empty: stderr
  size_t file_bytes_max = 100 << 20;
  size_t files_max = 10;  // the current one and older ones: elanus.log, elanus.1.log, ...
};

struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v), quoted(true) {}
  LogField(std::string_view k, const char* v) : LogField(k, std::string_view(v)) {}
  LogField(std::string_view k, const std::string& v) : LogField(k, std::string_view(v)) {}
  LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), quoted(false) {}
  template <typename T>
    requires std::integral<T> || std::floating_point<T>
  LogField(std::string_view k, T v) : key(k), value(std::to_string(v)), quoted(false) {}

  std::string_view key;
  std::string value;
  bool quoted;
};

// Called once at start; before that, text at info level goes to stderr. An error (the file cannot
// be written) leaves the log as it was.
Status ConfigureLog(const LogOptions& options);
bool LogEnabled(LogLevel level);
void LogEvent(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);

#define ELANUS_LOG(level, message, ...)                  \
  do {                                                   \
    if (::elanus::LogEnabled(level)) {                   \
      ::elanus::LogEvent(level, message, {__VA_ARGS__}); \
    }                                                    \
  } while (false)
#define LOG_DEBUG(message, ...) ELANUS_LOG(::elanus::LogLevel::kDebug, message, __VA_ARGS__)
#define LOG_INFO(message, ...) ELANUS_LOG(::elanus::LogLevel::kInfo, message, __VA_ARGS__)
#define LOG_WARNING(message, ...) ELANUS_LOG(::elanus::LogLevel::kWarning, message, __VA_ARGS__)
#define LOG_ERROR(message, ...) ELANUS_LOG(::elanus::LogLevel::kError, message, __VA_ARGS__)

}  // namespace elanus
