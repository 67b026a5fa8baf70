// Reads JSON text (RFC 8259, UTF-8) front to back: values are pulled where they lie, no tree is
// built and nothing is copied but strings with escapes. Meant for bodies that are mostly numbers.
//
//   JsonReader reader(text);
//   if (reader.BeginObject()) {
//     std::string_view key;
//     while (reader.NextMember(&key)) { ... exactly one Read, Begin..End or Skip ... }
//   }
//   if (!reader.AtEnd()) return reader.problem();
//
// The first error sticks: from then on everything returns false, and problem() says what and where.
// One byte behind the text must be readable (that of a std::string is).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace elanus::server {

enum class JsonKind : uint8_t { kNone, kNull, kBool, kNumber, kString, kArray, kObject };
std::string_view NameOf(JsonKind kind);  // "a string"

class JsonReader {
 public:
  static constexpr int kDepthMax = 128;

  explicit JsonReader(std::string_view text)
      : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  std::string_view text() const { return {begin_, static_cast<size_t>(end_ - begin_)}; }

  // Of the value that comes next, by its first character. kNone: there is none.
  JsonKind Peek();

  bool BeginObject();
  // False: the object has ended, or there is an error. The key is valid until the next one is read.
  bool NextMember(std::string_view* key);
  bool BeginArray();
  bool NextElement();

  bool ReadNull();
  bool ReadBool(bool* value);
  // Valid until the next string is read. Lone surrogates become U+FFFD.
  bool ReadString(std::string_view* text);
  // The number as it is spelled.
  bool ReadNumber(std::string_view* spelling);
  // Rounded correctly; an error when it is beyond the largest float.
  bool ReadFloat(float* value);
  // Any value; `raw`, unless null, is its text.
  bool Skip(std::string_view* raw = nullptr);

  // No error, and only spaces are left.
  bool AtEnd();
  bool ok() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }
  bool FailAt(std::string_view what);  // false

  // To come back to a place between two values. Not after an error.
  struct Place {
    const char* at;
    bool fresh;
    int depth;
  };
  Place Mark() const { return {at_, fresh_, depth_}; }
  void Return(const Place& place) {
    at_ = place.at;
    fresh_ = place.fresh;
    depth_ = place.depth;
  }

 private:
  void SkipSpaces() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool Enter(char open);
  bool Next(char close);
  bool Literal(std::string_view word);
  bool StringInto(std::string* scratch, std::string_view* text);
  bool Unescape(const char* from, std::string* out, std::string_view* text);
  bool EscapeCode(const char** at, uint32_t* code);
  bool SkipValue();
  bool SlowFloat(const char* from, float* value);

  const char* const begin_;
  const char* at_;
  const char* const end_;
  bool fresh_ = false;  // just behind the opening of a container
  int depth_ = 0;
  std::string key_;
  std::string string_;
  std::string problem_;
};

bool IsValidUtf8(std::string_view text);

}  // namespace elanus::server
