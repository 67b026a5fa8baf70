#include "server/rpc_table.h"

#include <chrono>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <milvus/service.pb.h>

#include "server/method_metrics.h"
#include "server/rpc_access.h"
#include "server/wire_status.h"

namespace elanus::server {
namespace {

GrpcCode GrpcCodeOf(Code code) {
  if (code == Code::kUnimplemented) return GrpcCode::kUnimplemented;
  if (code == Code::kNotFound) return GrpcCode::kNotFound;
  if (code == Code::kTooManyRequests) return GrpcCode::kResourceExhausted;
  return TraitsOf(code).input_error ? GrpcCode::kInvalidArgument : GrpcCode::kFailedPrecondition;
}

const google::protobuf::MethodDescriptor* DeclaredMethod(std::string_view service,
                                                         std::string_view name) {
  // Names the object file of service.proto, so that the linker keeps it and its descriptors.
  static const void* volatile linked = &descriptor_table_milvus_2fservice_2eproto;
  static_cast<void>(linked);
  std::string full_name(service);
  full_name += '.';
  full_name += name;
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(full_name);
}

}  // namespace

void RpcTable::AddMethod(std::string_view service, std::string_view name, const Message& request,
                         const Message& response, Handler handler, Runs runs) {
  const auto* declared = DeclaredMethod(service, name);
  CHECK(declared != nullptr);
  CHECK(declared->input_type() == request.GetDescriptor());
  CHECK(declared->output_type() == response.GetDescriptor());
  std::string path = "/" + std::string(service) + "/" + std::string(name);
  auto metrics = std::make_shared<MethodMetrics>(name, *request.GetDescriptor());
  const RpcAccess* access = AccessOf(service, name);
  CHECK(access != nullptr);
  Method method{path, std::string(name),  &request, &response, std::move(handler),
                runs, std::move(metrics), access};
  method.legacy_error = LegacyErrorOf(name);
  CHECK(methods_.emplace(std::move(path), std::move(method)).second);
}

void RpcTable::Protect(Guard* guard) {
  guard_ = guard;
  for (auto& [path, method] : methods_) method.guard = guard;
}

void RpcTable::Limit(Limiter* limiter) {
  for (auto& [path, method] : methods_) {
    if (limiter->Counts(method)) method.limiter = limiter;
  }
}

std::vector<const Method*> RpcTable::Methods() const {
  std::vector<const Method*> methods;
  for (const auto& [path, method] : methods_) methods.push_back(&method);
  return methods;
}

const Method* RpcTable::Find(std::string_view path) const {
  auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : &found->second;
}

RpcStatus RpcTable::WhyNot(std::string_view path) {
  size_t slash = path.rfind('/');
  bool declared = path.starts_with('/') && slash != 0 && slash != std::string_view::npos &&
                  DeclaredMethod(path.substr(1, slash - 1), path.substr(slash + 1)) != nullptr;
  return {GrpcCode::kUnimplemented,
          std::string(path) + (declared ? " is not built in this version" : ": unknown method")};
}

RpcStatus Serve(const Method& method, Call& call, const Message& request, Message* response) {
  const auto begin = std::chrono::steady_clock::now();
  if (method.guard != nullptr) {
    if (RpcStatus refused = method.guard->Admit(method, &call, request); !refused.ok()) {
      method.metrics->Record(call, request, Code::kPrivilegeNotPermitted,
                             std::chrono::steady_clock::now() - begin);
      // Clients hide a gRPC error of the handshake, and show what its status says.
      if (method.name != "Connect") return refused;
      return Refuse(Status(Code::kNotAuthenticated, refused.message), response);
    }
  }
  Status status;
  if (method.limiter != nullptr) status = method.limiter->Admit(method, call, request);
  if (status.ok()) status = method.handler(call, request, response);
  method.metrics->Record(call, request, status.code(), std::chrono::steady_clock::now() - begin);
  if (status.ok()) {
    MarkOk(response);
    return {};
  }
  return Refuse(status, response, method.legacy_error);
}

RpcStatus Refuse(const Status& error, Message* response, int legacy_error) {
  response->Clear();
  if (SetStatus(error, response, legacy_error)) return {};
  return {GrpcCodeOf(error.code()), error.message()};
}

}  // namespace elanus::server
