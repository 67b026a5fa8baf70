#include "server/rest/json_reader.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace elanus::server {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Digits of text, eight at a time.
uint64_t Load8(const char* p) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, p, sizeof bytes);
  return bytes;
}
// How many of the eight bytes are digits, up to the first that is none.
int LeadingDigits(uint64_t bytes) {
  const uint64_t values = bytes ^ 0x3030303030303030;  // 0 to 9 for digits
  const uint64_t others = ((values + 0x7676767676767676) | values) & 0x8080808080808080;
  return others == 0 ? 8 : std::countr_zero(others) / 8;
}
// The number that the first `count` bytes spell: with zeros before them, by three multiplications.
uint64_t DigitsOf(uint64_t bytes, int count) {
  if (count == 0) return 0;
  bytes = (bytes - 0x3030303030303030) << (64 - 8 * count);
  bytes = bytes * 10 + (bytes >> 8);  // pairs, in every other byte
  return (((bytes & 0x000000ff000000ff) * (100 + (uint64_t{1000000} << 32))) +
          (((bytes >> 16) & 0x000000ff000000ff) * (1 + (uint64_t{10000} << 32)))) >>
         32;
}
constexpr std::array<uint64_t, 9> kWholePowers = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

constexpr ptrdiff_t kFastDigits = 19;  // always fit 64 bits
constexpr std::array<double, kFastDigits + 1> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                         1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                         1e14, 1e15, 1e16, 1e17, 1e18, 1e19};

void AppendUtf8(uint32_t code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xc0 | (code >> 6)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | (code >> 12)));
    out->push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else {
    out->push_back(static_cast<char>(0xf0 | (code >> 18)));
    out->push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3f)));
    out->push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* end = p + text.size();
  while (p < end) {
    if (*p < 0x80) {
      ++p;
      continue;
    }
    const int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
    if (*p < 0xc2 || *p > 0xf4 || end - p <= more) return false;
    uint32_t code = *p & (0x3f >> more);
    for (int i = 1; i <= more; ++i) {
      if ((p[i] & 0xc0) != 0x80) return false;
      code = (code << 6) | (p[i] & 0x3f);
    }
    const bool shortest = code >= (more == 3 ? 0x10000u : more == 2 ? 0x800u : 0x80u);
    if (!shortest || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    p += more + 1;
  }
  return true;
}

std::string_view NameOf(JsonKind kind) {
  switch (kind) {
    case JsonKind::kNone:
      return "no value";
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBool:
      return "a bool";
    case JsonKind::kNumber:
      return "a number";
    case JsonKind::kString:
      return "a string";
    case JsonKind::kArray:
      return "an array";
    case JsonKind::kObject:
      return "an object";
  }
  return "";
}

bool JsonReader::FailAt(std::string_view what) {
  if (ok()) {
    problem_ = std::string(what) + " at offset " + std::to_string(at_ - begin_);
  }
  at_ = end_;
  return false;
}

JsonKind JsonReader::Peek() {
  SkipSpaces();
  if (!ok() || at_ == end_) return JsonKind::kNone;
  switch (*at_) {
    case '{':
      return JsonKind::kObject;
    case '[':
      return JsonKind::kArray;
    case '"':
      return JsonKind::kString;
    case 't':
    case 'f':
      return JsonKind::kBool;
    case 'n':
      return JsonKind::kNull;
    default:
      return *at_ == '-' || IsDigit(*at_) ? JsonKind::kNumber : JsonKind::kNone;
  }
}

bool JsonReader::Enter(char open) {
  SkipSpaces();
  if (!ok()) return false;
  if (at_ == end_ || *at_ != open) {
    return FailAt(open == '{' ? "an object is expected" : "an array is expected");
  }
  if (++depth_ > kDepthMax) return FailAt("nested too deep");
  ++at_;
  fresh_ = true;
  return true;
}

bool JsonReader::Next(char close) {
  SkipSpaces();
  if (!ok()) return false;
  if (at_ == end_) return FailAt("unexpected end of JSON input");
  if (*at_ == close) {
    ++at_;
    --depth_;
    fresh_ = false;
    return false;
  }
  if (fresh_) {
    fresh_ = false;
    return true;
  }
  if (*at_ != ',') return FailAt("a comma is expected");
  ++at_;
  return true;
}

bool JsonReader::BeginObject() { return Enter('{'); }
bool JsonReader::BeginArray() { return Enter('['); }
bool JsonReader::NextElement() { return Next(']'); }

bool JsonReader::NextMember(std::string_view* key) {
  if (!Next('}')) return false;
  SkipSpaces();
  if (at_ == end_ || *at_ != '"') return FailAt("a key is expected");
  if (!StringInto(&key_, key)) return false;
  SkipSpaces();
  if (at_ == end_ || *at_ != ':') return FailAt("a colon is expected");
  ++at_;
  return true;
}

bool JsonReader::Literal(std::string_view word) {
  if (static_cast<size_t>(end_ - at_) < word.size() ||
      std::memcmp(at_, word.data(), word.size()) != 0) {
    return FailAt("a value is expected");
  }
  at_ += word.size();
  return true;
}

bool JsonReader::ReadNull() {
  if (Peek() != JsonKind::kNull) return FailAt("null is expected");
  return Literal("null");
}

bool JsonReader::ReadBool(bool* value) {
  if (Peek() != JsonKind::kBool) return FailAt("a bool is expected");
  *value = *at_ == 't';
  return Literal(*value ? "true" : "false");
}

bool JsonReader::ReadString(std::string_view* text) {
  if (Peek() != JsonKind::kString) return FailAt("a string is expected");
  return StringInto(&string_, text);
}

bool JsonReader::StringInto(std::string* scratch, std::string_view* text) {
  const char* const from = ++at_;
  const char* p = from;
  unsigned char bits = 0;
  for (; p < end_ && *p != '"' && *p != '\\'; ++p) {
    const auto byte = static_cast<unsigned char>(*p);
    if (byte < 0x20) {
      at_ = p;
      return FailAt("a control character in a string");
    }
    bits |= byte;
  }
  at_ = p;
  if (p < end_ && *p == '\\') {
    if (!Unescape(from, scratch, text)) return false;
    bits = 0x80;
  } else {
    if (p == end_) return FailAt("unexpected end of JSON input");
    *text = {from, static_cast<size_t>(p - from)};
    ++at_;
  }
  return (bits & 0x80) == 0 || IsValidUtf8(*text) || FailAt("a string that is not UTF-8");
}

bool JsonReader::Unescape(const char* from, std::string* out, std::string_view* text) {
  out->assign(from, at_);
  while (at_ < end_ && *at_ != '"') {
    if (static_cast<unsigned char>(*at_) < 0x20) return FailAt("a control character in a string");
    if (*at_ != '\\') {
      out->push_back(*at_++);
      continue;
    }
    static constexpr std::string_view kEscaped = "\"\\/bfnrt";
    static constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    ++at_;
    if (at_ < end_ && *at_ == 'u') {
      uint32_t code = 0;
      if (!EscapeCode(&at_, &code)) return false;
      AppendUtf8(code, out);
      continue;
    }
    const size_t which = at_ < end_ ? kEscaped.find(*at_) : std::string_view::npos;
    if (which == std::string_view::npos) return FailAt("an unknown escape in a string");
    out->push_back(kMeant[which]);
    ++at_;
  }
  if (at_ == end_) return FailAt("unexpected end of JSON input");
  ++at_;
  *text = *out;
  return true;
}

// Behind a backslash, at the u.
bool JsonReader::EscapeCode(const char** at, uint32_t* code) {
  const auto hex = [this](const char* p, uint32_t* value) {
    if (end_ - p < 5 || *p != 'u') return false;
    const auto [stop, error] = std::from_chars(p + 1, p + 5, *value, 16);
    return error == std::errc() && stop == p + 5;
  };
  if (!hex(*at, code)) return FailAt("four hexadecimal digits are expected");
  *at += 5;
  if (*code < 0xd800 || *code >= 0xe000) return true;
  uint32_t low = 0;
  const bool pair = *code < 0xdc00 && *at < end_ && **at == '\\' && hex(*at + 1, &low) &&
                    low >= 0xdc00 && low < 0xe000;
  if (!pair) {
    *code = 0xfffd;
    return true;
  }
  *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
  *at += 6;
  return true;
}

bool JsonReader::ReadNumber(std::string_view* spelling) {
  SkipSpaces();
  if (!ok()) return false;
  const char* const from = at_;
  const char* p = at_;
  const auto digits = [&p, this] {
    const char* first = p;
    while (p < end_ && IsDigit(*p)) ++p;
    return p != first;
  };
  if (p < end_ && *p == '-') ++p;
  if (p < end_ && *p == '0') {
    ++p;
    if (p < end_ && IsDigit(*p)) return FailAt("a number with a leading zero");
  } else if (!digits()) {
    return FailAt("a number is expected");
  }
  if (p < end_ && *p == '.') {
    ++p;
    if (!digits()) return FailAt("a digit is expected behind the point of a number");
  }
  if (p < end_ && (*p | 0x20) == 'e') {
    ++p;
    if (p < end_ && (*p == '+' || *p == '-')) ++p;
    if (!digits()) return FailAt("a digit is expected in the exponent of a number");
  }
  at_ = p;
  *spelling = {from, static_cast<size_t>(p - from)};
  return true;
}

// Digits make an integer, which is divided by a power of ten, in double: each of the two roundings
// errs by half a unit of the last place. Where that cannot change the float
// that comes out, it is taken; else the library decides.
bool JsonReader::ReadFloat(float* value) {
  SkipSpaces();
  if (!ok()) return false;
  const char* const from = at_;
  const char* p = at_;
  const bool negative = p < end_ && *p == '-';
  if (negative) ++p;
  uint64_t mantissa = 0;
  const char* const first = p;
  if (p < end_ && *p == '0') {
    ++p;
  } else {
    for (; p < end_ && IsDigit(*p); ++p) mantissa = mantissa * 10 + static_cast<uint64_t>(*p - '0');
  }
  if (p == first) return FailAt("a number is expected");
  ptrdiff_t digits = p - first;
  int exponent = 0;
  if (p < end_ && *p == '.') {
    const char* const fraction = ++p;
    for (int count = 8; count == 8 && end_ - p >= 8; p += count) {
      const uint64_t bytes = Load8(p);
      count = LeadingDigits(bytes);
      mantissa = mantissa * kWholePowers[static_cast<size_t>(count)] + DigitsOf(bytes, count);
    }
    for (; p < end_ && IsDigit(*p); ++p) mantissa = mantissa * 10 + static_cast<uint64_t>(*p - '0');
    if (p == fraction) return FailAt("a digit is expected behind the point of a number");
    digits += p - fraction;
    exponent = -static_cast<int>(p - fraction);
  }
  if (digits > kFastDigits || (p < end_ && (IsDigit(*p) || (*p | 0x20) == 'e'))) {
    return SlowFloat(from, value);
  }
  at_ = p;
  if (mantissa == 0) {
    *value = negative ? -0.0F : 0.0F;
    return true;
  }
  const double wide = static_cast<double>(mantissa) / kPowers[static_cast<size_t>(-exponent)];
  constexpr uint64_t kDropped = (uint64_t{1} << 29) - 1;  // bits that a float has not
  constexpr int64_t kMiddle = int64_t{1} << 28;
  const auto dropped = static_cast<int64_t>(std::bit_cast<uint64_t>(wide) & kDropped);
  if (std::abs(dropped - kMiddle) <= 4) return SlowFloat(from, value);
  *value = static_cast<float>(negative ? -wide : wide);
  return true;
}

bool JsonReader::SlowFloat(const char* from, float* value) {
  at_ = from;
  std::string_view spelling;
  if (!ReadNumber(&spelling)) return false;
  const char* const end = spelling.data() + spelling.size();
  if (std::from_chars(spelling.data(), end, *value).ec == std::errc()) return true;
  double wide = 0;  // out of range: a number that is too small is 0
  const bool is_double = std::from_chars(spelling.data(), end, wide).ec == std::errc();
  const bool small =
      is_double ? std::abs(wide) < 1
                : spelling.find("e-") != spelling.npos || spelling.find("E-") != spelling.npos;
  *value = spelling.front() == '-' ? -0.0F : 0.0F;
  return small || FailAt("the number " + std::string(spelling.substr(0, 40)) +
                         " is too large for a float, ending");
}

bool JsonReader::Skip(std::string_view* raw) {
  SkipSpaces();
  const char* const from = at_;
  if (!SkipValue()) return false;
  if (raw != nullptr) *raw = {from, static_cast<size_t>(at_ - from)};
  return true;
}

bool JsonReader::SkipValue() {
  std::string_view ignored;
  bool ignored_bool = false;
  switch (Peek()) {
    case JsonKind::kNull:
      return ReadNull();
    case JsonKind::kBool:
      return ReadBool(&ignored_bool);
    case JsonKind::kNumber:
      return ReadNumber(&ignored);
    case JsonKind::kString:
      return ReadString(&ignored);
    case JsonKind::kArray:
      if (!BeginArray()) return false;
      while (NextElement()) {
        if (!SkipValue()) return false;
      }
      return ok();
    case JsonKind::kObject:
      if (!BeginObject()) return false;
      while (NextMember(&ignored)) {
        if (!SkipValue()) return false;
      }
      return ok();
    case JsonKind::kNone:
      break;
  }
  return FailAt("a value is expected");
}

bool JsonReader::AtEnd() {
  SkipSpaces();
  if (!ok()) return false;
  return at_ == end_ || FailAt("more text behind the value");
}

}  // namespace elanus::server
