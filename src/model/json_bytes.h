// The bytes of binary JSON, for its reader and its writer (docs/formats/json.md). Not for others.
//
//   value     := tag payload
//   kDouble   := f64, varint n, n bytes of spelling; n = 0: the shortest form that gives the double
//   kString   := varint n, n bytes
//   container := size, count, entries, count offsets; all of the width the tag names. `size` is of
//                the whole value, offsets count from the first entry.
//   array     entries are values, offsets in order
//   object    entries are (varint n, n bytes of key, value) in document order, offsets by key
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace elanus {

enum class JsonTag : uint8_t {
  kNull = 0,
  kFalse = 1,
  kTrue = 2,
  kInt8 = 3,
  kInt16 = 4,
  kInt32 = 5,
  kInt64 = 6,
  kUint64 = 7,
  kDouble = 8,
  kString = 9,
  kArray16 = 10,
  kArray32 = 11,
  kObject16 = 12,
  kObject32 = 13,
};

// Writes one container at the end of `out`, entry by entry; values are appended by the caller
// between Begin and the next Begin or Finish.
class JsonContainer {
 public:
  enum class Kind { kArray, kObject };
  // `narrow`: the caller knows that the whole stays below 64 KiB.
  JsonContainer(Kind kind, bool narrow, std::string* out);

  void BeginElement() { entries_.push_back({Offset(), 0, 0}); }
  // An equal key replaces the earlier one, in its place.
  void BeginMember(std::string_view key);
  void Finish();

 private:
  struct Entry {
    size_t offset;  // from the first entry
    size_t key_size;
    size_t key_at;  // from the first entry
  };
  size_t Offset() const { return out_->size() - entries_at_; }
  std::string_view Key(const Entry& entry) const {
    return std::string_view(*out_).substr(entries_at_ + entry.key_at, entry.key_size);
  }
  void DropDuplicates(std::vector<uint32_t>* by_key);
  void Store(size_t at, size_t value);

  Kind kind_;
  uint8_t width_;
  std::string* out_;
  size_t start_;
  size_t entries_at_;
  std::vector<Entry> entries_;
};

void AppendJsonInt(int64_t value, std::string* out);
void AppendJsonString(std::string_view value, std::string* out);

}  // namespace elanus
