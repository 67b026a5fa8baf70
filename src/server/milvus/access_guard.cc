#include "server/milvus/access_guard.h"

#include <algorithm>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <milvus/ddl.pb.h>
#include <milvus/ops.pb.h>

#include "server/milvus/request.h"
#include "server/rpc_access.h"

namespace elanus::server {
namespace {

using google::protobuf::FieldDescriptor;

std::string Text(const Message& message, const char* field_name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(field_name);
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_STRING)
    return "";
  return message.GetReflection()->GetString(message, field);
}

// The objects that `field` of the request names; a message stands for its name. None: "*".
std::vector<std::string> ObjectsOf(const Message& request, std::string_view field_name) {
  const auto* field = request.GetDescriptor()->FindFieldByName(std::string(field_name));
  if (field == nullptr) return {std::string(access::kAny)};
  const auto* reflection = request.GetReflection();
  std::vector<std::string> names;
  if (field->is_repeated()) {
    for (int i = 0; i < reflection->FieldSize(request, field); ++i)
      names.push_back(reflection->GetRepeatedString(request, field, i));
  } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const std::string name = Text(reflection->GetMessage(request, field), "name");
    names.push_back(name.empty() ? std::string(access::kAny) : name);
  } else {
    names.push_back(reflection->GetString(request, field));
  }
  return names;
}

// A rename into another database is no matter of one database alone.
bool CrossesDatabases(const Message& request) {
  if (request.GetDescriptor() != pb::RenameCollectionRequest::descriptor()) return false;
  const auto& rename = static_cast<const pb::RenameCollectionRequest&>(request);
  return rename.db_name() != rename.newdbname();
}

// Everybody may see what the own roles allow.
bool AsksForOwnGrants(const Message& request, const std::vector<std::string>& own_roles) {
  if (request.GetDescriptor() != pb::SelectGrantRequest::descriptor()) return false;
  const auto& select = static_cast<const pb::SelectGrantRequest&>(request);
  return std::ranges::find(own_roles, select.entity().role().name()) != own_roles.end();
}

}  // namespace

std::string AccessGuard::RealName(std::string_view database, const std::string& collection) const {
  const auto found = coordinator_->Find(database, collection);
  return found.ok() ? (*found)->name : collection;
}

RpcStatus AccessGuard::Identify(Call* call) {
  auto user = authenticator_->UserOf(call->authorization, call->peer);
  if (!user.ok()) return {GrpcCode::kUnauthenticated, user.status().message()};
  call->user = std::move(user).take();
  return {};
}

RpcStatus AccessGuard::Admit(const Method& method, Call* call, const Message& request) {
  const RpcAccess& needs = *method.access;
  if (needs.kind == RpcAccess::Kind::kOpen) return {};
  if (call->user.empty()) {
    if (RpcStatus unknown = Identify(call); !unknown.ok()) return unknown;
  }
  if (needs.kind == RpcAccess::Kind::kForAll) return {};
  if (call->user == access::kRootUser && !options_.root_is_bound) return {};

  const auto rules = control_->rules();
  std::vector<std::string> roles = {std::string(access::kPublicRole)};
  if (const auto found = rules->users.find(call->user); found != rules->users.end()) {
    roles.insert(roles.end(), found->second.roles.begin(), found->second.roles.end());
  }
  const auto privilege = access::FindPrivilege(needs.privilege);
  const auto type = access::ParseObjectType(needs.object_type);
  CHECK(privilege && type);
  const bool of_cluster = access::AllPrivileges()[*privilege].level == access::Level::kCluster ||
                          CrossesDatabases(request);
  const std::string database =
      of_cluster ? std::string(access::kAny) : DatabaseOf(*call, Text(request, "db_name"));
  std::vector<std::string> objects = ObjectsOf(request, needs.field);
  if (*type == ObjectType::kUser && objects == std::vector<std::string>{call->user}) return {};
  if (AsksForOwnGrants(request, roles)) return {};
  if (*type == ObjectType::kCollection) {
    for (std::string& name : objects) name = RealName(database, name);
  }
  const auto policy = control_->policy();
  const auto allowed = [&](const std::string& object) {
    return std::ranges::any_of(roles, [&](const std::string& role) {
      return policy->Allows(role, {*privilege, *type, database, object});
    });
  };
  if (!objects.empty() && std::ranges::all_of(objects, allowed)) return {};
  return {GrpcCode::kPermissionDenied, "Privilege" + std::string(needs.privilege) +
                                           ": permission deny to " + call->user + " in the `" +
                                           database + "` database"};
}

}  // namespace elanus::server
