// Whether the server can do its work, and the standard gRPC service that tells.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/rpc_table.h"

namespace elanus::server {

struct Health {
  struct Component {
    std::string name;
    int state_code;  // milvus.proto.common.StateCode: 1 is healthy
  };
  bool healthy = true;
  std::string state = "OK";  // otherwise what is wrong, in a sentence
  std::vector<Component> components;
};

// Called from any thread, often; must be quick and must not block.
using HealthCheck = std::function<Health()>;

// grpc.health.v1.Health/Check for "" and for MilvusService. Watch stays unimplemented: clients then
// fall back to Check.
void AddHealthService(HealthCheck check, RpcTable* table);

}  // namespace elanus::server
