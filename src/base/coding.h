// Little-endian byte encoding for everything at rest. Writer appends to a string; Reader walks a
// view and turns every overrun into kCorruption, so decoders need no bounds of their own.
//
//   Writer w(&bytes);  w.U32(7);  w.Bytes("name");
//   Reader r(bytes);   uint32_t n = TRY(r.U32());  std::string_view s = TRY(r.Bytes());
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/status.h"

namespace elanus {

class Writer {
 public:
  explicit Writer(std::string* out) : out_(out) {}

  void U8(uint8_t v) { Fixed(v); }
  void U32(uint32_t v) { Fixed(v); }
  void U64(uint64_t v) { Fixed(v); }
  void I64(int64_t v) { Fixed(v); }
  void F64(double v) { Fixed(v); }
  void Varint(uint64_t v) {
    while (v >= 0x80) {
      out_->push_back(static_cast<char>(v | 0x80));
      v >>= 7;
    }
    out_->push_back(static_cast<char>(v));
  }
  // Length-prefixed.
  void Bytes(std::string_view bytes) {
    Varint(bytes.size());
    out_->append(bytes);
  }
  void Raw(const void* data, size_t size) { out_->append(static_cast<const char*>(data), size); }

 private:
  template <typename T>
  void Fixed(T v) {
    out_->append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  std::string* out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  size_t remaining() const { return rest_.size(); }

  Result<uint8_t> U8() { return Fixed<uint8_t>(); }
  Result<uint32_t> U32() { return Fixed<uint32_t>(); }
  Result<uint64_t> U64() { return Fixed<uint64_t>(); }
  Result<int64_t> I64() { return Fixed<int64_t>(); }
  Result<double> F64() { return Fixed<double>(); }
  Result<uint64_t> Varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      v |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    return Status(Code::kCorruption, "malformed varint");
  }
  Result<std::string_view> Bytes() {
    const uint64_t size = TRY(Varint());
    return Raw(size);
  }
  Result<std::string_view> Raw(uint64_t size) {
    if (size > rest_.size()) return Status(Code::kCorruption, "bytes end too early");
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

 private:
  template <typename T>
  Result<T> Fixed() {
    static_assert(std::is_trivially_copyable_v<T>);
    if (rest_.size() < sizeof(T)) return Status(Code::kCorruption, "bytes end too early");
    T v;
    std::memcpy(&v, rest_.data(), sizeof v);
    rest_.remove_prefix(sizeof v);
    return v;
  }
  std::string_view rest_;
};

}  // namespace elanus
