#include "model/json.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "model/json_bytes.h"

namespace elanus {
namespace {

constexpr size_t kNone = static_cast<size_t>(-1);

template <typename T>
T Load(const char* data) {
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

bool ReadVarint(std::string_view bytes, size_t* at, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && *at < bytes.size(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes[(*at)++]);
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool ReadBytes(std::string_view bytes, size_t* at, std::string_view* out) {
  uint64_t size = 0;
  if (!ReadVarint(bytes, at, &size) || size > bytes.size() - *at) return false;
  *out = bytes.substr(*at, size);
  *at += size;
  return true;
}

size_t LoadOffset(const char* data, uint8_t width) {
  return width == 2 ? Load<uint16_t>(data) : Load<uint32_t>(data);
}

void AppendQuoted(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  size_t plain = 0;  // start of the run not yet copied
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out->append(text, plain, i - plain);
    plain = i + 1;
    out->push_back('\\');
    switch (c) {
      case '"':
        out->push_back('"');
        break;
      case '\\':
        out->push_back('\\');
        break;
      case '\n':
        out->push_back('n');
        break;
      case '\r':
        out->push_back('r');
        break;
      case '\t':
        out->push_back('t');
        break;
      case '\b':
        out->push_back('b');
        break;
      case '\f':
        out->push_back('f');
        break;
      default:
        out->append("u00");
        out->push_back(kHex[c >> 4]);
        out->push_back(kHex[c & 15]);
    }
  }
  out->append(text, plain, text.size() - plain);
  out->push_back('"');
}

}  // namespace

JsonView::JsonView(std::string_view binary) {
  if (binary.empty()) return;
  const auto integer = [&](auto zero) {
    if (binary.size() < 1 + sizeof zero) return;
    number_ = static_cast<uint64_t>(static_cast<int64_t>(Load<decltype(zero)>(binary.data() + 1)));
    bytes_ = binary.substr(0, 1 + sizeof zero);
    type_ = JsonType::kInt;
  };
  switch (static_cast<JsonTag>(binary[0])) {
    case JsonTag::kNull:
      type_ = JsonType::kNull;
      bytes_ = binary.substr(0, 1);
      return;
    case JsonTag::kFalse:
    case JsonTag::kTrue:
      type_ = JsonType::kBool;
      number_ = static_cast<JsonTag>(binary[0]) == JsonTag::kTrue;
      bytes_ = binary.substr(0, 1);
      return;
    case JsonTag::kInt8:
      integer(int8_t{});
      return;
    case JsonTag::kInt16:
      integer(int16_t{});
      return;
    case JsonTag::kInt32:
      integer(int32_t{});
      return;
    case JsonTag::kInt64:
      integer(int64_t{});
      return;
    case JsonTag::kUint64:
      integer(int64_t{});
      if (exists()) type_ = JsonType::kUint;
      return;
    case JsonTag::kDouble: {
      size_t at = 9;
      if (binary.size() < at || !ReadBytes(binary, &at, &body_)) return;
      number_ = Load<uint64_t>(binary.data() + 1);
      bytes_ = binary.substr(0, at);
      type_ = JsonType::kDouble;
      return;
    }
    case JsonTag::kString: {
      size_t at = 1;
      if (!ReadBytes(binary, &at, &body_)) return;
      bytes_ = binary.substr(0, at);
      type_ = JsonType::kString;
      return;
    }
    case JsonTag::kArray16:
    case JsonTag::kArray32:
    case JsonTag::kObject16:
    case JsonTag::kObject32:
      break;
    default:
      return;
  }
  const auto tag = static_cast<JsonTag>(binary[0]);
  const uint8_t width = tag == JsonTag::kArray16 || tag == JsonTag::kObject16 ? 2 : 4;
  const size_t header = 1 + 2 * size_t{width};
  if (binary.size() < header) return;
  const size_t size = LoadOffset(binary.data() + 1, width);
  const size_t count = LoadOffset(binary.data() + 1 + width, width);
  if (size > binary.size() || size < header || count > (size - header) / width) return;
  bytes_ = binary.substr(0, size);
  table_ = bytes_.substr(size - count * width);
  body_ = bytes_.substr(header, size - header - table_.size());
  count_ = count;
  width_ = width;
  type_ =
      tag == JsonTag::kArray16 || tag == JsonTag::kArray32 ? JsonType::kArray : JsonType::kObject;
}

double JsonView::number() const {
  if (type_ == JsonType::kInt) return static_cast<double>(static_cast<int64_t>(number_));
  if (type_ == JsonType::kUint) return static_cast<double>(number_);
  return type_ == JsonType::kDouble ? std::bit_cast<double>(number_) : 0;
}

size_t JsonView::TableEntry(size_t index) const {
  const size_t offset = LoadOffset(table_.data() + index * width_, width_);
  return offset < body_.size() ? offset : kNone;
}

std::string_view JsonView::BytesAt(size_t index) const {
  if (!is_array() || index >= count_) return {};
  const size_t at = TableEntry(index);
  return at == kNone ? std::string_view() : body_.substr(at);
}

JsonView JsonView::At(size_t index) const {
  if (index >= count_) return {};
  if (is_array()) return JsonView(BytesAt(index));
  JsonView found;
  size_t i = 0;
  ForEachMember([&](std::string_view, const JsonView& value) {
    found = value;
    return i++ != index;
  });
  return i == index + 1 ? found : JsonView();
}

JsonView JsonView::Find(std::string_view key, size_t* place) const {
  if (!is_object()) return {};
  size_t low = 0;
  size_t high = count_;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    size_t at = TableEntry(middle);
    std::string_view here;
    if (at == kNone || !ReadBytes(body_, &at, &here)) return {};
    const int order = here.compare(key);
    if (order == 0) {
      if (place != nullptr) *place = middle;
      return JsonView(body_.substr(at));
    }
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return {};
}

JsonView JsonView::Walk(std::span<const std::string> path) const {
  JsonView here = *this;
  for (const std::string& step : path) {
    if (here.is_array()) {
      size_t index = 0;
      const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      if (error != std::errc() || end != step.data() + step.size()) return {};
      here = here.At(index);
    } else {
      here = here.Find(step);
    }
    if (!here.exists()) return {};
  }
  return here;
}

bool JsonView::NextMember(size_t* at, std::pair<std::string_view, JsonView>* member) const {
  if (!ReadBytes(body_, at, &member->first)) return false;
  member->second = JsonView(body_.substr(*at));
  *at += member->second.bytes().size();
  return member->second.exists();
}

void JsonView::AppendText(std::string* out) const { AppendText(out, 0); }

void JsonView::AppendText(std::string* out, int depth) const {
  switch (type_) {
    case JsonType::kMissing:
    case JsonType::kNull:
      out->append("null");
      return;
    case JsonType::kBool:
      out->append(number_ != 0 ? "true" : "false");
      return;
    case JsonType::kInt:
      out->append(std::to_string(static_cast<int64_t>(number_)));
      return;
    case JsonType::kUint:
      out->append(std::to_string(number_));
      return;
    case JsonType::kDouble:
      if (body_.empty()) {
        char buffer[32];
        const auto end = std::to_chars(buffer, buffer + sizeof buffer, number()).ptr;
        out->append(buffer, end);
      } else {
        out->append(body_);
      }
      return;
    case JsonType::kString:
      AppendQuoted(body_, out);
      return;
    case JsonType::kArray:
      out->push_back('[');
      for (size_t i = 0; i < count_ && depth < kJsonDepthMax; ++i) {
        if (i > 0) out->push_back(',');
        At(i).AppendText(out, depth + 1);
      }
      out->push_back(']');
      return;
    case JsonType::kObject: {
      out->push_back('{');
      bool first = true;
      if (depth < kJsonDepthMax) {
        ForEachMember([&](std::string_view key, const JsonView& value) {
          if (!first) out->push_back(',');
          first = false;
          AppendQuoted(key, out);
          out->push_back(':');
          value.AppendText(out, depth + 1);
          return true;
        });
      }
      out->push_back('}');
      return;
    }
  }
}

bool operator==(const JsonView& a, const JsonView& b) { return JsonView::Equal(a, b, 0); }

bool JsonView::Equal(const JsonView& a, const JsonView& b, int depth) {
  if (depth > kJsonDepthMax) return false;
  if (a.is_number() && b.is_number()) return CompareNumbers(a, b) == 0;
  if (a.type_ != b.type_ || a.count_ != b.count_) return false;
  if (a.is_bool()) return a.number_ == b.number_;
  if (a.is_string()) return a.body_ == b.body_;
  if (a.is_array()) {
    for (size_t i = 0; i < a.count_; ++i) {
      if (!Equal(a.At(i), b.At(i), depth + 1)) return false;
    }
  } else if (a.is_object()) {
    bool equal = true;
    a.ForEachMember([&](std::string_view key, const JsonView& value) {
      return equal = Equal(value, b.Find(key), depth + 1);
    });
    return equal;
  }
  return true;
}

int CompareNumbers(int64_t a, double b) {
  if (std::isnan(b)) return 2;
  if (b >= 9223372036854775808.0) return -1;
  if (b < -9223372036854775808.0) return 1;
  const auto whole = static_cast<int64_t>(b);  // toward zero
  if (a != whole) return a < whole ? -1 : 1;
  const double rest = b - static_cast<double>(whole);
  return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

bool IsExactly(const JsonView& number, double value) {
  if (number.type() == JsonType::kInt) return CompareNumbers(number.int64(), value) == 0;
  if (number.type() == JsonType::kUint)
    return static_cast<long double>(number.uint64()) == static_cast<long double>(value);
  return true;
}

int CompareNumbers(const JsonView& a, const JsonView& b) {
  const auto order = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : 0; };
  const bool exact_a = a.type() != JsonType::kDouble;
  const bool exact_b = b.type() != JsonType::kDouble;
  if (!exact_a && !exact_b) {
    if (std::isnan(a.number()) || std::isnan(b.number())) return 2;
    return order(a.number(), b.number());
  }
  if (a.type() == JsonType::kInt && b.type() == JsonType::kInt) return order(a.int64(), b.int64());
  if (a.type() == JsonType::kUint || b.type() == JsonType::kUint) {
    if (a.type() == b.type()) return order(a.uint64(), b.uint64());
    if (exact_a && exact_b) return a.type() == JsonType::kUint ? 1 : -1;
    return order(a.number(), b.number());
  }
  if (exact_a) return CompareNumbers(a.int64(), b.number());
  const int reversed = CompareNumbers(b.int64(), a.number());
  return reversed == 2 ? 2 : -reversed;
}

std::string JsonText(std::string_view binary) {
  std::string text;
  JsonView(binary).AppendText(&text);
  return text;
}

Result<std::string> MergeJsonObjects(std::string_view base, std::string_view patch) {
  const JsonView old_object(base);
  const JsonView new_object(patch);
  if (!old_object.is_object() || !new_object.is_object()) {
    return Fail(Code::kParameterInvalid, "only JSON objects can be merged");
  }
  std::string out;
  JsonContainer object(
      JsonContainer::Kind::kObject,
      base.size() + patch.size() + 6 * (old_object.size() + new_object.size()) < 60000, &out);
  old_object.ForEachMember([&](std::string_view key, const JsonView& value) {
    const JsonView newer = new_object.Find(key);
    object.BeginMember(key);
    out.append(newer.exists() ? newer.bytes() : value.bytes());
    return true;
  });
  new_object.ForEachMember([&](std::string_view key, const JsonView& value) {
    if (old_object.Find(key).exists()) return true;
    object.BeginMember(key);
    out.append(value.bytes());
    return true;
  });
  object.Finish();
  return out;
}

}  // namespace elanus
