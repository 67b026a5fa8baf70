#include "server/rest/json.h"

#include <charconv>
#include <cmath>

#include "base/text.h"
#include "server/rest/json_text.h"

namespace elanus::server {
namespace {

const Json kMissing;

class TreeReader {
 public:
  TreeReader(JsonReader* reader, SetAside set_aside, const ReadInPassing* in_passing)
      : reader_(reader), set_aside_(set_aside), in_passing_(in_passing) {}

  bool Read(int depth, Json* out) {
    if (++count_ > kJsonValuesMax) return reader_->FailAt("too many values");
    out->kind = reader_->Peek();
    std::string_view text;
    switch (out->kind) {
      case JsonKind::kNull:
        return reader_->ReadNull();
      case JsonKind::kBool:
        return reader_->ReadBool(&out->boolean);
      case JsonKind::kNumber:
        if (!reader_->ReadNumber(&text)) return false;
        out->text = text;
        return true;
      case JsonKind::kString:
        if (!reader_->ReadString(&text)) return false;
        out->text = text;
        return true;
      case JsonKind::kArray:
        if (!reader_->BeginArray()) return false;
        while (reader_->NextElement()) {
          if (!Read(depth + 1, &out->items.emplace_back())) return false;
        }
        return reader_->ok();
      case JsonKind::kObject:
        return ReadMembers(depth, out);
      case JsonKind::kNone:
        break;
    }
    return reader_->FailAt("a value is expected");
  }

 private:
  bool ReadMembers(int depth, Json* out) {
    std::string_view key;
    if (!reader_->BeginObject()) return false;
    while (reader_->NextMember(&key)) {
      out->members.push_back({std::string(key), Json()});
      Json& member = out->members.back().value;
      if (depth == 0) in_search_ = EqualIgnoringCase(key, "search");
      const bool read =
          IsSetAside(depth + 1, key) ? PassOver(*out, &member) : Read(depth + 1, &member);
      if (!read) return false;
    }
    return reader_->ok();
  }

  bool IsSetAside(int depth, std::string_view key) const {
    if (set_aside_ == SetAside::kNothing || !EqualIgnoringCase(key, "data")) return false;
    return set_aside_ == SetAside::kData ? depth == 1 : depth == 3 && in_search_;
  }

  bool PassOver(const Json& so_far, Json* out) {
    out->kind = reader_->Peek();
    out->place = reader_->Mark();
    if (in_passing_ != nullptr && *in_passing_) {
      JsonReader own(reader_->text());
      own.Return(out->place);
      if ((*in_passing_)(so_far, &own) && own.ok()) {
        reader_->Return(own.Mark());
        return true;
      }
    }
    return reader_->Skip();
  }

  JsonReader* const reader_;
  const SetAside set_aside_;
  const ReadInPassing* const in_passing_;
  size_t count_ = 0;
  bool in_search_ = false;
};

}  // namespace

Json::Json() = default;
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

bool ReadJson(JsonReader* reader, SetAside set_aside, const ReadInPassing* in_passing, Json* out) {
  return TreeReader(reader, set_aside, in_passing).Read(0, out);
}

const Json* Json::Find(std::string_view key) const {
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    if (member->key == key) return &member->value;
  }
  return nullptr;
}

const Json& Json::operator[](std::string_view key) const {
  const Json* found = Find(key);
  for (auto member = members.rbegin(); found == nullptr && member != members.rend(); ++member) {
    if (EqualIgnoringCase(member->key, key)) found = &member->value;
  }
  return found == nullptr || found->kind == JsonKind::kNull ? kMissing : *found;
}

std::string Json::Spelled() const {
  if (kind == JsonKind::kString) return text;
  if (kind != JsonKind::kNumber) return Text();
  int64_t whole = 0;
  if (ToInt(&whole)) return text;
  const double number = Double();
  if (number == std::floor(number) && std::abs(number) < 1e15) {
    return std::to_string(static_cast<int64_t>(number));
  }
  return text;
}

std::string Json::Text() const {
  std::string out;
  switch (kind) {
    case JsonKind::kNone:
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBool:
      return boolean ? "true" : "false";
    case JsonKind::kNumber:
      return text;
    case JsonKind::kString:
      AppendQuoted(text, &out);
      return out;
    case JsonKind::kArray:
      for (const Json& item : items) {
        out += out.empty() ? '[' : ',';
        out += item.Text();
      }
      return out.empty() ? "[]" : out + "]";
    case JsonKind::kObject:
      for (const auto& [key, value] : members) {
        out += out.empty() ? '{' : ',';
        AppendQuoted(key, &out);
        out += ':';
        out += value.Text();
      }
      return out.empty() ? "{}" : out + "}";
  }
  return out;
}

const std::string& Json::String() const { return kind == JsonKind::kString ? text : kMissing.text; }

int64_t Json::Int() const {
  int64_t value = 0;
  if (kind == JsonKind::kNumber && !ToInt(&value)) value = static_cast<int64_t>(Double());
  return value;
}

double Json::Double() const {
  double value = 0;
  if (kind == JsonKind::kNumber) std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string> Json::Strings() const {
  std::vector<std::string> strings;
  for (const Json& item : items) strings.push_back(item.String());
  return strings;
}

bool Json::ToInt(int64_t* value) const {
  if (kind != JsonKind::kNumber && kind != JsonKind::kString) return false;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && stop == end;
}

}  // namespace elanus::server
