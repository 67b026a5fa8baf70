#include "server/tls/client_hello.h"

#include <cstdint>
#include <string>

namespace elanus::server {
namespace {

// Takes bytes from the front; once there are too few, all that follows is empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  bool empty() const { return bytes_.empty(); }
  std::string_view Take(size_t size) {
    if (size > bytes_.size()) {
      ok_ = false;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  size_t Number(size_t bytes) {
    size_t number = 0;
    for (const char c : Take(bytes)) number = number << 8 | static_cast<uint8_t>(c);
    return number;
  }
  // A vector that begins with its length.
  std::string_view Vector(size_t length_bytes) { return Take(Number(length_bytes)); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

constexpr char kHandshakeRecord = 22;
constexpr char kClientHello = 1;
constexpr size_t kAlpn = 16;
constexpr size_t kHelloMax = 16 << 10;

}  // namespace

HelloVerdict ReadClientHello(std::string_view bytes) {
  // The message may be cut into several records.
  std::string message;
  Reader records(bytes);
  size_t wanted = 4;
  while (message.size() < wanted) {
    if (records.empty()) return HelloVerdict::kMore;
    const std::string_view type = records.Take(1);
    if (type.front() != kHandshakeRecord) return HelloVerdict::kNotTls;
    const std::string_view version = records.Take(2);
    if (!records.ok()) return HelloVerdict::kMore;
    if (version.front() != 3) return HelloVerdict::kNotTls;
    const std::string_view fragment = records.Vector(2);
    if (!records.ok())
      return bytes.size() < kHelloMax ? HelloVerdict::kMore : HelloVerdict::kNotTls;
    if (fragment.empty()) return HelloVerdict::kNotTls;
    message += fragment;
    if (message.front() != kClientHello) return HelloVerdict::kNotTls;
    if (message.size() >= 4) {
      Reader length(std::string_view(message).substr(1));
      wanted = 4 + length.Number(3);
      if (wanted > kHelloMax) return HelloVerdict::kNotTls;
    }
  }
  Reader hello(std::string_view(message).substr(4, wanted - 4));
  hello.Take(2 + 32);  // version, random
  hello.Vector(1);     // session
  hello.Vector(2);     // ciphers
  hello.Vector(1);     // compressions
  if (!hello.ok()) return HelloVerdict::kNotTls;
  if (hello.empty()) return HelloVerdict::kHttp;
  Reader extensions(hello.Vector(2));
  if (!hello.ok()) return HelloVerdict::kNotTls;
  bool h2 = false;
  while (!extensions.empty()) {
    const size_t type = extensions.Number(2);
    const std::string_view body = extensions.Vector(2);
    if (!extensions.ok()) return HelloVerdict::kNotTls;
    if (type != kAlpn) continue;
    Reader names(Reader(body).Vector(2));
    while (!names.empty()) {
      const std::string_view name = names.Vector(1);
      if (!names.ok()) return HelloVerdict::kNotTls;
      if (name == "http/1.1") return HelloVerdict::kHttp;
      h2 |= name == "h2";
    }
  }
  return h2 ? HelloVerdict::kOnlyH2 : HelloVerdict::kHttp;
}

}  // namespace elanus::server
