// MilvusService: registers the RPCs that are built. Each handler decodes its request, calls the
// gateway, encodes the answer; nothing is decided here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "access/access_control.h"
#include "gateway/gateway.h"
#include "server/rpc_table.h"

namespace elanus::server {

struct MilvusService {
  gateway::Gateway* gateway = nullptr;
  std::string version;                   // what GetVersion answers
  std::string address;                   // where this node is reached, for GetReplicas
  std::function<std::string()> problem;  // what is wrong with this node; empty: nothing
  size_t message_bytes_max = 256 << 20;
  access::AccessControl* access_control = nullptr;
  std::vector<std::string> super_users;  // may change any password without the old one
  int64_t slow_request_ms = 0;           // reads that take as long are logged; 0: none
};

// `service` outlives the table.
void RegisterMilvus(const MilvusService* service, RpcTable* table);

// The parts of it, by file.
void RegisterSystem(const MilvusService* service, RpcTable* table);
void RegisterDatabases(const MilvusService* service, RpcTable* table);
void RegisterCollections(const MilvusService* service, RpcTable* table);
void RegisterIndexes(const MilvusService* service, RpcTable* table);
void RegisterSegments(const MilvusService* service, RpcTable* table);
void RegisterCluster(const MilvusService* service, RpcTable* table);
void RegisterWrites(const MilvusService* service, RpcTable* table);
void RegisterAccess(const MilvusService* service, RpcTable* table);
void RegisterReads(const MilvusService* service, RpcTable* table);

}  // namespace elanus::server
