#include "model/json_path.h"

#include <algorithm>
#include <cstring>

#include "model/json_bytes.h"

namespace elanus {
namespace {

template <typename Offset>
size_t Load(const char* at) {
  Offset value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

// The bytes from the value on that the key has at its place in an object's table; empty: that is
// not where it is, or not an object that can be read.
template <typename Offset>
std::string_view JsonPath::ValueAt(std::string_view object, const Step& step) {
  constexpr size_t kHeader = 1 + 2 * sizeof(Offset);
  if (object.size() < kHeader) return {};
  const size_t size = Load<Offset>(object.data() + 1);
  const size_t count = Load<Offset>(object.data() + 1 + sizeof(Offset));
  if (size > object.size() || size < kHeader || count > (size - kHeader) / sizeof(Offset) ||
      step.place >= count) {
    return {};
  }
  const size_t table = size - count * sizeof(Offset);
  const std::string_view entries = object.substr(kHeader, table - kHeader);
  const size_t at = Load<Offset>(object.data() + table + step.place * sizeof(Offset));
  const size_t key_size = step.key.size();
  if (at > entries.size() || entries.size() - at <= key_size) return {};
  const char* here = entries.data() + at;
  // Eight bytes at once where they are inside the object; most keys end within them.
  if (kHeader + at + sizeof step.word <= object.size()) {
    uint64_t word = 0;
    std::memcpy(&word, here, sizeof word);
    if (((word ^ step.word) & step.mask) != 0) return {};
    if (key_size > sizeof word && std::memcmp(here, step.key.data(), key_size) != 0) return {};
  } else if (std::memcmp(here, step.key.data(), key_size) != 0) {
    return {};
  }
  return entries.substr(at + key_size);
}

JsonPath::JsonPath(std::span<const std::string> path) : path_(path) {
  steps_.reserve(path.size());
  for (const std::string& name : path) {
    Step& step = steps_.emplace_back();
    AppendJsonString(name, &step.key);
    step.key.erase(0, 1);  // a key is a string without its tag
    const size_t n = std::min(step.key.size(), sizeof step.word);
    std::memcpy(&step.word, step.key.data(), n);
    step.mask = n == sizeof step.word ? ~uint64_t{0} : (uint64_t{1} << (8 * n)) - 1;
  }
}

JsonView JsonPath::Find(std::string_view binary) {
  for (size_t i = 0; i < steps_.size(); ++i) {
    Step& step = steps_[i];
    std::string_view value;
    if (!binary.empty()) {
      const auto tag = static_cast<JsonTag>(binary[0]);
      if (tag == JsonTag::kObject16) value = ValueAt<uint16_t>(binary, step);
      if (tag == JsonTag::kObject32) value = ValueAt<uint32_t>(binary, step);
    }
    if (value.empty()) {
      const JsonView here(binary);
      if (!here.is_object()) return here.Walk(path_.subspan(i));
      size_t place = 0;
      const JsonView found = here.Find(path_[i], &place);
      if (!found.exists()) return {};
      step.place = place;
      value = found.bytes();
    }
    binary = value;
  }
  return JsonView(binary);
}

}  // namespace elanus
