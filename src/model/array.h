// One row of an Array field as bytes. Fixed elements lie packed (Bool: one byte); VarChar elements
// as u32 count, count u32 end offsets, then the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "model/types.h"
#include "model/value.h"

namespace elanus {

// Elements must be of the kind that `element` asks for (range is the caller's to check); else
// kParameterInvalid.
Result<std::string> EncodeArray(DataType element, std::span<const Value> values);
std::string EncodeStringArray(std::span<const std::string_view> values);
template <typename T>
std::string EncodeFixedArray(std::span<const T> values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

// Reads one row. Borrows; never leaves the bytes: a malformed row reads as empty (valid() tells).
class ArrayView {
 public:
  ArrayView() = default;
  ArrayView(DataType element, std::string_view bytes);

  DataType element_type() const { return element_; }
  bool valid() const { return valid_; }
  size_t size() const { return size_; }

  // index < size(). Fixed(): T must be the element's C type; unaligned bytes are fine.
  template <typename T>
  T Fixed(size_t index) const {
    T value;
    std::memcpy(&value, bytes_.data() + index * sizeof(T), sizeof value);
    return value;
  }
  std::string_view String(size_t index) const;
  int64_t Int(size_t index) const;    // Bool and integers
  double Double(size_t index) const;  // Bool, integers and floats
  Value element(size_t index) const;  // null for an index past the end

 private:
  DataType element_ = DataType::kNone;
  bool valid_ = false;
  size_t size_ = 0;
  std::string_view bytes_;  // the elements; strings: offsets and bytes
};

}  // namespace elanus
