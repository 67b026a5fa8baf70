// Pieces of JSON text, appended to a string.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace elanus::server {

void AppendQuoted(std::string_view text, std::string* out);
void AppendInt(int64_t value, std::string* out);
void AppendUint(uint64_t value, std::string* out);
// The shortest text that reads back as the same number; null for what JSON has no text for.
void AppendFloat(float value, std::string* out);
void AppendDouble(double value, std::string* out);
void AppendBase64(std::string_view bytes, std::string* out);  // quoted

// {"a":1,"b":"x"}: members one after the other, commas by themselves.
class JsonObject {
 public:
  explicit JsonObject(std::string* out) : out_(out) { *out_ += '{'; }
  ~JsonObject() { *out_ += '}'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  // The caller appends the value.
  std::string* Key(std::string_view key) {
    if (!first_) *out_ += ',';
    first_ = false;
    AppendQuoted(key, out_);
    *out_ += ':';
    return out_;
  }
  JsonObject& Add(std::string_view key, std::string_view text) {
    AppendQuoted(text, Key(key));
    return *this;
  }
  JsonObject& Add(std::string_view key, const char* text) {
    return Add(key, std::string_view(text));
  }
  JsonObject& Add(std::string_view key, std::same_as<bool> auto value) {
    *Key(key) += value ? "true" : "false";
    return *this;
  }
  JsonObject& Add(std::string_view key, std::signed_integral auto value) {
    AppendInt(value, Key(key));
    return *this;
  }

 private:
  std::string* const out_;
  bool first_ = true;
};

// [1,2]: `append(item, out)` writes one element.
template <typename Items, typename Append>
void AppendArray(const Items& items, std::string* out, Append append) {
  *out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) *out += ',';
    first = false;
    append(item, out);
  }
  *out += ']';
}
template <typename Names>
void AppendNames(const Names& names, std::string* out) {
  AppendArray(names, out, [](std::string_view name, std::string* to) { AppendQuoted(name, to); });
}

}  // namespace elanus::server
