// An address to listen on, as it is written in settings: "127.0.0.1:19530", "[::1]:9091",
// "localhost:0". Port 0 lets the system choose.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace elanus::server {

struct Endpoint {
  std::string host = "127.0.0.1";
  int port = 0;

  static Result<Endpoint> Parse(std::string_view text);
  std::string ToString() const;
  // Whether others than this machine can reach it.
  bool IsLoopback() const;
};

}  // namespace elanus::server
