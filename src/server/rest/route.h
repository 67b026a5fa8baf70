// One REST request on its way to the handlers that gRPC uses, and the table of routes.
//
// A route takes the JSON body, makes the Milvus request of an RPC of it, runs that RPC's handler
// from the RpcTable, and writes what it answered as JSON. Nothing is decided here that the handler
// decides.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <milvus/common.pb.h>
#include <milvus/ddl.pb.h>
#include <milvus/dml.pb.h>
#include <milvus/ops.pb.h>
#include <milvus/schema.pb.h>

#include "base/status.h"
#include "server/rest/json.h"
#include "server/rest/json_text.h"
#include "server/rest/shape.h"
#include "server/rpc_table.h"

namespace elanus::server {

namespace pb = ::milvus::proto::milvus;
namespace pb_common = ::milvus::proto::common;
namespace pb_schema = ::milvus::proto::schema;

class RestCall;
// The answer goes to call.out; after an error it does not matter.
using RouteHandler = Status (*)(RestCall& call, const Json& body);

struct Route {
  std::string_view method;  // "POST"
  std::string_view path;
  std::string_view rpc;  // that it runs, or the main one of them
  const Shape* shape;    // of the body; of the query for GET
  RouteHandler handler;  // null: not built, neither is the RPC
  SetAside set_aside = SetAside::kNothing;
  // Reads the member `data` of the body in passing, given what stands before it; false: not yet
  // possible. The handler has then to see whether that was right. Null: there is no such thing.
  bool (*early)(RestCall& call, const Json& so_far, JsonReader* reader) = nullptr;
  // Looks something up in memory, and that is all: not worth a thread of its own.
  bool brief = false;
};

// All of them; the same for the life of the process.
std::span<const Route> Routes();

// The rows of an insert or upsert as columns, and for what they were read.
struct ReadRowsOf {
  std::string database;
  std::string collection;
  bool partial = false;
  Status status;
  uint32_t rows = 0;
  google::protobuf::RepeatedPtrField<pb_schema::FieldData> columns;
};

class RestCall {
 public:
  RestCall(const RpcTable* table_in, Call* call_in, std::string_view body_in, int code_of_success)
      : body(body_in), table_(table_in), call_(call_in) {
    out = "{\"code\":" + std::to_string(code_of_success);
  }

  // Of the body, else the header's, else `default`.
  std::string DatabaseOf(const Json& body) const;

  // Runs an RPC and gives its error back, whichever way it came. kUnimplemented: it is not built.
  // The response may be null, if nothing of it matters.
  Status Run(std::string_view rpc, const Message& request, Message* response = nullptr);
  // The schema that a request is read by, for whom the guard lets call the route's RPC on that
  // collection. Runs the handler itself: it is no request of its own, so it is not counted.
  Status Describe(const std::string& database, const std::string& collection,
                  pb::DescribeCollectionResponse* response);

  // Runs it and answers with an empty object.
  Status Finish(std::string_view rpc, const Message& request);

  // `,"data":`; the caller appends the value.
  std::string* Data() {
    out += ",\"data\":";
    return &out;
  }
  void NoData() { out += ",\"data\":{}"; }
  void Cost();  // Milvus's measure of work: 0 here

  const std::string_view body;  // the text, for what was set aside
  bool int64_numbers = true;
  bool first_version = false;  // of the API
  std::string out;             // the answer, its last brace missing
  std::unique_ptr<ReadRowsOf> rows;

 private:
  const RpcTable* const table_;
  Call* const call_;
};

// db_name and collection_name of a request.
template <typename Request>
Request Named(const RestCall& call, const Json& body) {
  Request request;
  request.set_db_name(call.DatabaseOf(body));
  request.set_collection_name(body["collectionName"].String());
  return request;
}

// {"a": 1} -> {a, "1"}
template <typename Pairs>
void AddPair(std::string_view key, std::string value, Pairs* pairs) {
  pb_common::KeyValuePair* pair = pairs->Add();
  pair->set_key(std::string(key));
  pair->set_value(std::move(value));
}
template <typename Pairs>
void AddPairs(const Json& map, Pairs* pairs) {
  for (const auto& [key, value] : map.members) AddPair(key, value.Spelled(), pairs);
}
// [{"key":"a","value":"1"}]
template <typename Pairs>
void AppendPairs(const Pairs& pairs, std::string* out) {
  AppendArray(pairs, out, [](const pb_common::KeyValuePair& pair, std::string* to) {
    JsonObject(to).Add("key", pair.key()).Add("value", pair.value());
  });
}

// Strong, Session, ...; empty: Bounded.
Result<pb_common::ConsistencyLevel> ConsistencyOf(std::string_view name);

// {"name": ..., "type": "BM25", ...} of collections and searches.
Result<pb_schema::FunctionSchema> FunctionOf(const Json& function);
extern const Shape kFunctionShape;

// Tables of routes, by file.
std::span<const Route> CollectionRoutes();
std::span<const Route> SchemaRoutes();
std::span<const Route> EntityRoutes();
std::span<const Route> SearchRoutes();
std::span<const Route> ObjectRoutes();
std::span<const Route> AccessRoutes();
std::span<const Route> JobRoutes();
std::span<const Route> FirstVersionRoutes();

// What several files need.
extern const Shape kDatabaseShape;    // dbName
extern const Shape kCollectionShape;  // dbName, collectionName*, partitionNames
extern const Shape kOptionalCollectionShape;
extern const Shape kIndexParamShape;
// The CreateIndex of one element of indexParams.
pb::CreateIndexRequest IndexOf(const std::string& database, const std::string& collection,
                               const Json& param);
Status DescribeCollection(RestCall& call, const Json& body);
Status ListCollections(RestCall& call, const Json& body);

}  // namespace elanus::server
