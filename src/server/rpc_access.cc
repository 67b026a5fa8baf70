#include "server/rpc_access.h"

#include <unordered_map>

#include "server/rpc_table.h"

namespace elanus::server {

const RpcAccess* AccessOf(std::string_view service, std::string_view name) {
  using Kind = RpcAccess::Kind;
  static const std::unordered_map<std::string_view, RpcAccess> kMilvus = {
#define ELANUS_RPC(name, privilege, type, field) \
  {#name, {Kind::kPrivilege, #privilege, std::string_view(#type).substr(1), field}},
#define ELANUS_RPC_FOR_ALL(name) {#name, {Kind::kForAll, "", "", ""}},
#include "server/rpc_access.inc"
#undef ELANUS_RPC
#undef ELANUS_RPC_FOR_ALL
  };
  static const RpcAccess kOpen;
  if (service != RpcTable::kMilvusService) return &kOpen;
  const auto found = kMilvus.find(name);
  return found == kMilvus.end() ? nullptr : &found->second;
}

}  // namespace elanus::server
