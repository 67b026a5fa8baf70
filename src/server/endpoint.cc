#include "server/endpoint.h"

#include <charconv>

namespace elanus::server {

Result<Endpoint> Endpoint::Parse(std::string_view text) {
  auto wrong = [&](std::string_view why) {
    return Fail(Code::kParameterInvalid,
                "address '" + std::string(text) + "': " + std::string(why));
  };
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("want HOST:PORT");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong("write an IPv6 host in brackets");
  }
  if (host.empty()) return wrong("the host is missing");
  std::string_view digits = text.substr(colon + 1);
  int port = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < 0 || port > 65535) {
    return wrong("the port is not a number from 0 to 65535");
  }
  return Endpoint{std::string(host), port};
}

std::string Endpoint::ToString() const {
  bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool Endpoint::IsLoopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace elanus::server
