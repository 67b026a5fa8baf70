// MilvusService: registers the RPCs that are built. Each handler decodes its request, calls the
// gateway, encodes the answer; nothing is decided here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "access/access_control.h"
#include "gateway/gateway.h"
#include "gateway/quotas.h"
#include "server/rpc_table.h"

namespace elanus::server {

// The machine and what this process takes of it; 0 where the system does not say.
struct Hardware {
  double cores = 0;
  double cpu_percent = 0;  // of all cores
  double memory_bytes = 0;
  double resident_bytes = 0;
  double disk_bytes = 0;  // of the disk that holds the data
  double disk_used_bytes = 0;
  std::string started;  // when the process was
};

struct MilvusService {
  gateway::Gateway* gateway = nullptr;
  std::string version;                   // what GetVersion answers
  std::string address;                   // where this node is reached, for GetReplicas
  std::function<std::string()> problem;  // what is wrong with this node; empty: nothing
  std::function<Hardware()> hardware;
  size_t message_bytes_max = 256 << 20;
  access::AccessControl* access_control = nullptr;
  gateway::Quotas* quotas = nullptr;     // null: there are none
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
void RegisterText(const MilvusService* service, RpcTable* table);
void RegisterReads(const MilvusService* service, RpcTable* table);

}  // namespace elanus::server
