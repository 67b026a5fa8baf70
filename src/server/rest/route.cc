#include "server/rest/route.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "server/wire_status.h"

namespace elanus::server {
namespace {

std::string PathOf(std::string_view rpc) {
  return "/" + std::string(RpcTable::kMilvusService) + "/" + std::string(rpc);
}

Status NotBuilt(std::string_view rpc) {
  return Fail(Code::kUnimplemented, std::string(rpc) + " is not built in this version");
}

Status StatusOf(const RpcStatus& status) {
  switch (status.code) {
    case GrpcCode::kOk:
      return {};
    case GrpcCode::kUnauthenticated:
      return Status(Code::kNotAuthenticated, status.message);
    case GrpcCode::kPermissionDenied:
      return Status(Code::kPrivilegeNotPermitted, status.message);
    case GrpcCode::kUnimplemented:
      return Status(Code::kUnimplemented, status.message);
    case GrpcCode::kInvalidArgument:
    case GrpcCode::kDeadlineExceeded:
    case GrpcCode::kNotFound:
    case GrpcCode::kResourceExhausted:
    case GrpcCode::kFailedPrecondition:
      break;
  }
  return Status(Code::kUnexpected, status.message);
}

// Where the message has such a field.
void SetText(const std::string& field_name, const std::string& text, Message* message) {
  const auto* field = message->GetDescriptor()->FindFieldByName(field_name);
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
    return;
  }
  message->GetReflection()->SetString(message, field, text);
}

}  // namespace

std::string RestCall::DatabaseOf(const Json& request) const {
  const std::string& named = request["dbName"].String();
  if (!named.empty()) return named;
  return call_->database.empty() ? "default" : std::string(call_->database);
}

Status RestCall::Run(std::string_view rpc, const Message& request, Message* response) {
  const Method* method = table_->Find(PathOf(rpc));
  if (method == nullptr) return NotBuilt(rpc);
  std::unique_ptr<Message> own;
  if (response == nullptr) {
    own.reset(method->response->New());
    response = own.get();
  }
  call_->method = method->name;
  TRY(StatusOf(Serve(*method, *call_, request, response)));
  return FromWire(*response);
}

Status RestCall::Describe(const std::string& database, const std::string& collection,
                          pb::DescribeCollectionResponse* response) {
  const Method* method = table_->Find(PathOf("DescribeCollection"));
  if (method == nullptr) return NotBuilt("DescribeCollection");
  if (const Method* rpc = table_->Find(PathOf(call_->method)); rpc != nullptr && rpc->guard) {
    const std::unique_ptr<Message> named(rpc->request->New());
    SetText("db_name", database, named.get());
    SetText("collection_name", collection, named.get());
    TRY(StatusOf(rpc->guard->Admit(*rpc, call_, *named)));
  }
  pb::DescribeCollectionRequest request;
  request.set_db_name(database);
  request.set_collection_name(collection);
  return method->handler(*call_, request, response);
}

Status RestCall::Finish(std::string_view rpc, const Message& request) {
  TRY(Run(rpc, request));
  NoData();
  return {};
}

void RestCall::Cost() {
  if (!first_version) out += ",\"cost\":0";
}

Result<pb_common::ConsistencyLevel> ConsistencyOf(std::string_view name) {
  if (name.empty()) return pb_common::ConsistencyLevel::Bounded;
  pb_common::ConsistencyLevel level{};
  if (pb_common::ConsistencyLevel_Parse(std::string(name), &level)) return level;
  return Fail(Code::kParameterInvalid,
              "consistencyLevel can only be [Strong, Session, Bounded, Eventually, Customized], "
              "default: Bounded, got " +
                  std::string(name));
}

std::span<const Route> Routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> routes;
    for (const auto part : {CollectionRoutes(), SchemaRoutes(), EntityRoutes(), SearchRoutes(),
                            ObjectRoutes(), AccessRoutes(), JobRoutes(), FirstVersionRoutes()}) {
      routes.insert(routes.end(), part.begin(), part.end());
    }
    return routes;
  }();
  return all;
}

}  // namespace elanus::server
