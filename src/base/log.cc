#include "base/log.h"

// Header-only, here and nowhere else: no shared library is needed at run time.
#define FMT_HEADER_ONLY
#include <atomic>
#include <exception>
#include <memory>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace elanus {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %L %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","msg":%v})";

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// One configuration, never changed: a new one takes its place, and keeps it for those who are
// writing to it still.
struct Output {
  Output(spdlog::sink_ptr sink, LogLevel least, bool as_json, Output* replaced)
      : logger("elanus", std::move(sink)), level(least), json(as_json), previous(replaced) {
    logger.set_level(spdlog::level::trace);
    logger.flush_on(spdlog::level::trace);
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc));
  }
  spdlog::logger logger;
  LogLevel level;
  bool json;
  Output* previous;
};

std::atomic<Output*>& CurrentOutput() {
  static std::atomic<Output*> current = new Output(
      std::make_shared<spdlog::sinks::stderr_sink_mt>(), LogLevel::kInfo, /*as_json=*/false,
      /*replaced=*/nullptr);
  return current;
}

// The bytes of a well-formed UTF-8 sequence at the front of `text`; 0 if there is none.
size_t Utf8Size(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  const size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size == 0 || first > 0xf4 || size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (size < 3) return size;
  const uint8_t second = byte(1);  // neither overlong, nor a surrogate, nor above U+10FFFF
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return size;
}

// The inside of a JSON string.
void AppendEscaped(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  while (!text.empty()) {
    const char c = text.front();
    const size_t size = Utf8Size(text);
    if (size == 0) {
      *out += "\xef\xbf\xbd";  // U+FFFD
    } else if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (c == '\n') {
      *out += "\\n";
    } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) {
      *out += "\\u00";
      *out += kHex[static_cast<uint8_t>(c) >> 4];
      *out += kHex[c & 0xf];
    } else {
      out->append(text.substr(0, size));
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
}

void AppendQuoted(std::string_view text, std::string* out) {
  *out += '"';
  AppendEscaped(text, out);
  *out += '"';
}

// "nan" and "inf" are the only unquoted values that JSON does not know.
bool IsBare(const LogField& field) {
  return !field.quoted && field.value.find('n') == std::string::npos;
}

bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (c == ' ' || c == '"' || c == '=' || c == '\\' || static_cast<uint8_t>(c) < 0x20 ||
        static_cast<uint8_t>(c) >= 0x7f) {
      return true;
    }
  }
  return false;
}

// What follows `"msg":` but for the closing brace, which the pattern holds.
std::string JsonLine(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line;
  AppendQuoted(message, &line);
  for (const LogField& field : fields) {
    line += ',';
    AppendQuoted(field.key, &line);
    line += ':';
    if (IsBare(field)) {
      line += field.value;
    } else {
      AppendQuoted(field.value, &line);
    }
  }
  return line;
}

std::string TextLine(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line;
  AppendEscaped(message, &line);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    if (NeedsQuotes(field.value)) {
      AppendQuoted(field.value, &line);
    } else {
      line += field.value;
    }
  }
  return line;
}

}  // namespace

Status ConfigureLog(const LogOptions& options) {
  try {
    spdlog::sink_ptr sink;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      const size_t older = options.files_max > 0 ? options.files_max - 1 : 0;
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(options.file,
                                                                    options.file_bytes_max, older);
    }
    std::atomic<Output*>& current = CurrentOutput();
    current = new Output(std::move(sink), options.level, options.json, current);
  } catch (const std::exception& error) {
    return Status(Code::kIoFailed, "log file '" + options.file + "': " + error.what());
  }
  return {};
}

bool LogEnabled(LogLevel level) { return level >= CurrentOutput().load()->level; }

void LogEvent(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  Output* output = CurrentOutput().load();
  const std::string line = output->json ? JsonLine(message, fields) : TextLine(message, fields);
  output->logger.log(ToSpdlog(level), spdlog::string_view_t(line));
}

}  // namespace elanus
