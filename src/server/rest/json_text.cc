#include "server/rest/json_text.h"

#include <charconv>
#include <cmath>

#include "base/base64.h"

namespace elanus::server {
namespace {

template <typename T>
void AppendNumber(T value, std::string* out) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  out->append(text, end);
}

}  // namespace

void AppendQuoted(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  *out += '"';
  size_t plain = 0;  // where what needs no escape begins
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out->append(text, plain, i - plain);
    plain = i + 1;
    *out += '\\';
    if (byte >= 0x20) {
      *out += text[i];
    } else if (byte == '\n') {
      *out += 'n';
    } else if (byte == '\t') {
      *out += 't';
    } else if (byte == '\r') {
      *out += 'r';
    } else {
      *out += "u00";
      *out += kHex[byte >> 4];
      *out += kHex[byte & 15];
    }
  }
  out->append(text, plain);
  *out += '"';
}

void AppendInt(int64_t value, std::string* out) { AppendNumber(value, out); }
void AppendUint(uint64_t value, std::string* out) { AppendNumber(value, out); }

void AppendFloat(float value, std::string* out) {
  if (!std::isfinite(value)) {
    *out += "null";
    return;
  }
  AppendNumber(value, out);
}

void AppendDouble(double value, std::string* out) {
  if (!std::isfinite(value)) {
    *out += "null";
    return;
  }
  AppendNumber(value, out);
}

void AppendBase64(std::string_view bytes, std::string* out) {
  *out += '"';
  *out += EncodeBase64(bytes);
  *out += '"';
}

}  // namespace elanus::server
