#include "gateway/params.h"

#include <charconv>
#include <set>

#include "gateway/text.h"
#include "model/json.h"

namespace elanus::gateway {
namespace {

Value ValueOf(const JsonView& json) {
  switch (json.type()) {
    case JsonType::kBool:
      return Value(json.boolean());
    case JsonType::kInt:
      return Value(json.int64());
    case JsonType::kUint:
    case JsonType::kDouble:
      return Value(json.number());
    case JsonType::kString:
      return Value(std::string(json.string()));
    case JsonType::kNull:
    case JsonType::kMissing:
      return Value();
    case JsonType::kArray:
    case JsonType::kObject: {
      std::string text;
      json.AppendText(&text);
      return Value(std::move(text));
    }
  }
  return Value();
}

std::string TextOf(const JsonView& json) {
  if (json.is_string()) return std::string(json.string());
  std::string text;
  json.AppendText(&text);
  return text;
}

}  // namespace

std::optional<float> ParseFloat(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char kind = static_cast<char>(text[1] | 0x20);
    base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
    text.remove_prefix(kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1);
  }
  uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr uint64_t kHalf = uint64_t{1} << 63;
  if (magnitude > kHalf || (magnitude == kHalf && !negative)) return std::nullopt;
  return static_cast<int64_t>(negative ? ~magnitude + 1 : magnitude);
}

Result<std::vector<std::pair<std::string, Value>>> ParseJsonObject(std::string_view text) {
  const std::string binary = TRY(EncodeJson(text));
  const JsonView object(binary);
  if (!object.is_object()) return Invalid("params should be a JSON object, got ", text);
  std::vector<std::pair<std::string, Value>> members;
  object.ForEachMember([&members](std::string_view key, const JsonView& value) {
    members.emplace_back(std::string(key), ValueOf(value));
    return true;
  });
  return members;
}

Result<Properties> FlattenIndexParams(const Properties& params) {
  Properties flat;
  std::set<std::string_view> seen;
  const auto put = [&flat](std::string_view key, std::string value) {
    for (auto& [name, old] : flat) {
      if (name == key) {
        old = std::move(value);
        return;
      }
    }
    flat.emplace_back(std::string(key), std::move(value));
  };
  for (const auto& [key, value] : params) {
    if (!seen.insert(key).second) {
      return Invalid("duplicated index param (key=", key, ") (value=", value, ") found");
    }
    if (key != "params") {
      put(key, value);
      continue;
    }
    if (value.empty()) continue;
    const std::string binary = TRY(EncodeJson(value));
    const JsonView object(binary);
    if (!object.is_object()) return Invalid("index params should be a JSON object, got ", value);
    object.ForEachMember([&put](std::string_view name, const JsonView& member) {
      put(name, TextOf(member));
      return true;
    });
  }
  return flat;
}

}  // namespace elanus::gateway
