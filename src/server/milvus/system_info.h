// What GetMetrics tells of the one node: a topology as a cluster has it, in JSON that admin tools
// (Attu, the Node SDK) read. All its nodes are this process.
#pragma once

#include <string>

#include "server/milvus/service.h"

namespace elanus::server {

std::string SystemInfo(const MilvusService& service);

}  // namespace elanus::server
