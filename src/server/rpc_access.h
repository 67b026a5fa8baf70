// What a caller must be allowed in order to call an RPC.
#pragma once

#include <string_view>

namespace elanus::server {

struct RpcAccess {
  enum class Kind {
    kOpen,       // anybody, even without a password: health checks
    kForAll,     // every user
    kPrivilege,  // who has the privilege
  };
  Kind kind = Kind::kOpen;
  std::string_view privilege;    // "Insert"
  std::string_view object_type;  // "Collection"
  std::string_view field;        // of the request, that names the objects; empty: "*"
};

// Null: the RPC is not in the table, and must not be served.
const RpcAccess* AccessOf(std::string_view service, std::string_view name);

}  // namespace elanus::server
