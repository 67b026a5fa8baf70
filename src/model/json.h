// JSON as it lies in a column: a binary tree that is walked without parsing. Objects keep their key
// order and carry a table sorted by key, so a lookup is a binary search; numbers keep their
// spelling (1.0 stays 1.0). The bytes are described in docs/formats/json.md.
//
//   std::string binary = TRY(EncodeJson(R"({"color": "red", "size": [1, 2.50]})"));
//   JsonView(binary).Find("color").string()   // "red"
//   JsonText(binary)                          // {"color":"red","size":[1,2.50]}
//
// Views borrow; reading never leaves their bytes, whatever the bytes are: what cannot be read is
// kMissing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace elanus {

// Deeper nesting is refused.
inline constexpr int kJsonDepthMax = 128;

// Strict JSON (RFC 8259, UTF-8) to binary. Of equal keys in one object the last wins and stands
// where the first stood. Errors are kParameterInvalid and name the offset.
Result<std::string> EncodeJson(std::string_view text);

// The document that is this string (UTF-8), as EncodeJson makes it. Equal strings have equal bytes.
std::string EncodeJsonString(std::string_view text);

// The same document as compact text; "null" for bytes that are not one.
std::string JsonText(std::string_view binary);

// `patch`'s keys over `base`'s, values whole (no deep merge); base's order first. Both binary
// objects, else kParameterInvalid.
Result<std::string> MergeJsonObjects(std::string_view base, std::string_view patch);

enum class JsonType : uint8_t {
  kMissing,  // no such key or element, or malformed bytes
  kNull,
  kBool,
  kInt,     // fits int64
  kUint,    // above int64, fits uint64
  kDouble,  // all other numbers
  kString,
  kArray,
  kObject,
};

class JsonView {
 public:
  JsonView() = default;                        // missing
  explicit JsonView(std::string_view binary);  // trailing bytes are ignored

  JsonType type() const { return type_; }
  bool exists() const { return type_ != JsonType::kMissing; }
  bool is_null() const { return type_ == JsonType::kNull; }
  bool is_bool() const { return type_ == JsonType::kBool; }
  bool is_number() const { return type_ >= JsonType::kInt && type_ <= JsonType::kDouble; }
  bool is_string() const { return type_ == JsonType::kString; }
  bool is_array() const { return type_ == JsonType::kArray; }
  bool is_object() const { return type_ == JsonType::kObject; }

  // Each is only meaningful for its type; another type gives zero or empty.
  bool boolean() const { return is_bool() && number_ != 0; }
  int64_t int64() const { return type_ == JsonType::kInt ? static_cast<int64_t>(number_) : 0; }
  uint64_t uint64() const { return type_ == JsonType::kUint ? number_ : 0; }
  double number() const;  // any number, rounded to double
  std::string_view string() const { return is_string() ? body_ : std::string_view(); }

  // Elements of an array, members of an object.
  size_t size() const { return count_; }
  // Element of an array, member of an object in document order. O(1) for arrays.
  JsonView At(size_t index) const;
  // Of an array: what begins with the encoded element. Empty: there is none.
  std::string_view BytesAt(size_t index) const;
  // `place`: where it stands in the object's order of keys, if it is there.
  JsonView Find(std::string_view key, size_t* place = nullptr) const;
  // Keys for objects, decimal indexes for arrays: {"a", "0"} is $["a"][0] or $["a"]["0"].
  JsonView Walk(std::span<const std::string> path) const;

  // fn(key, value) in document order; stops when it returns false.
  template <typename Fn>
  void ForEachMember(Fn fn) const {
    if (!is_object()) return;
    size_t at = 0;
    for (size_t i = 0; i < count_; ++i) {
      std::pair<std::string_view, JsonView> member;
      if (!NextMember(&at, &member) || !fn(member.first, member.second)) return;
    }
  }

  // The encoded value itself: a document of its own.
  std::string_view bytes() const { return bytes_; }
  void AppendText(std::string* out) const;

  // Ints and doubles compare by number (1 == 1.0), objects whatever the key order.
  friend bool operator==(const JsonView& a, const JsonView& b);

 private:
  friend Result<std::string> MergeJsonObjects(std::string_view base, std::string_view patch);

  bool NextMember(size_t* at, std::pair<std::string_view, JsonView>* member) const;
  size_t TableEntry(size_t index) const;  // offset in body_, or npos
  void AppendText(std::string* out, int depth) const;
  static bool Equal(const JsonView& a, const JsonView& b, int depth);

  std::string_view bytes_;  // the whole value
  std::string_view body_;   // string or number text; entries of a container
  std::string_view table_;  // offsets of a container
  uint64_t number_ = 0;     // bool, int, uint, or the double's bits
  size_t count_ = 0;
  uint8_t width_ = 0;  // bytes of one table entry
  JsonType type_ = JsonType::kMissing;
};

// Orders numbers of any two kinds exactly: -1, 0, 1; 2 when either is NaN.
int CompareNumbers(const JsonView& a, const JsonView& b);
int CompareNumbers(int64_t a, double b);
// Whether a number is this double, and not one that it was rounded to.
bool IsExactly(const JsonView& number, double value);

}  // namespace elanus
