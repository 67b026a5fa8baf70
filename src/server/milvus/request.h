// Small things every handler does with a request.
#pragma once

#include <string>

#include <milvus/common.pb.h>

#include "model/schema.h"
#include "server/rpc_table.h"

namespace elanus::server {

namespace pb = ::milvus::proto::milvus;
namespace pb_common = ::milvus::proto::common;
namespace pb_schema = ::milvus::proto::schema;

// The request's own database, else the connection's, else `default`.
inline std::string DatabaseOf(const Call& call, const std::string& in_request) {
  if (!in_request.empty()) return in_request;
  return call.database.empty() ? std::string(kDefaultDatabaseName) : std::string(call.database);
}

template <typename Pairs>
Properties ToProperties(const Pairs& pairs) {
  Properties properties;
  properties.reserve(static_cast<size_t>(pairs.size()));
  for (const pb_common::KeyValuePair& pair : pairs)
    properties.emplace_back(pair.key(), pair.value());
  return properties;
}

template <typename Pairs>
void FromProperties(const Properties& properties, Pairs* pairs) {
  for (const auto& [key, value] : properties) {
    pb_common::KeyValuePair* pair = pairs->Add();
    pair->set_key(key);
    pair->set_value(value);
  }
}

}  // namespace elanus::server
