// What is counted of the requests of one RPC, under the names and labels that Milvus's dashboards
// ask for. Thread-safe. Counters of a collection are looked up in a table of this method and made
// at its first request.
//
// Collections are labels, so there is a bound: beyond kCollectionsMax, and for a request that fails
// with a collection never seen, the label is "". Those of a dropped collection are let go.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/metrics.h"
#include "server/rpc_table.h"

namespace google::protobuf {
class FieldDescriptor;
}

namespace elanus::server {

class MethodMetrics {
 public:
  static constexpr size_t kCollectionsMax = 4096;

  // `request`: the type of the method's requests; db_name and collection_name are read off it.
  MethodMetrics(std::string_view method, const google::protobuf::Descriptor& request);

  // A request was answered with `code` after `took`.
  void Record(const Call& call, const Message& request, Code code,
              std::chrono::steady_clock::duration took);

 private:
  struct Cells;  // the counters of one collection
  struct Kind;   // what a method reads or writes

  // The table's shared lock must be held while the cells are used.
  const Cells& CellsOf(const std::string& key, size_t database_length, bool may_make,
                       std::shared_lock<std::shared_mutex>* lock);
  std::shared_ptr<const Cells> Make(const std::string& database,
                                    const std::string& collection) const;
  void CountFailure(const Cells& cells, Code code) const;

  const std::string method_;
  const Kind* const kind_;
  const google::protobuf::FieldDescriptor* const database_field_;
  const google::protobuf::FieldDescriptor* const collection_field_;
  Histogram& latency_;      // of all collections
  Histogram* old_latency_;  // under the name of older dashboards, or null
  std::shared_ptr<const Cells> unnamed_;

  std::shared_mutex mutex_;  // guards what follows
  uint64_t forgotten_ = 0;   // how often collections had been let go when the table was begun
  std::unordered_map<std::string, std::shared_ptr<const Cells>>
      cells_;  // by database, '/', collection
};

}  // namespace elanus::server
