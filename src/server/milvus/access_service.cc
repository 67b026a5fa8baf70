// Users, roles, grants, privilege groups.
#include <algorithm>

#include <milvus/ops.pb.h>

#include "access/access_control.h"
#include "base/base64.h"
#include "gateway/names.h"
#include "server/milvus/request.h"
#include "server/milvus/service.h"

namespace elanus::server {
namespace {

using access::AccessControl;

Status Invalid(std::string_view text) { return Fail(Code::kParameterInvalid, text); }

std::string Trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Passwords travel in base64.
Result<std::string> DecodePassword(const std::string& text, std::string_view what) {
  if (text.empty()) return std::string();
  if (auto decoded = DecodeBase64(text)) return *std::move(decoded);
  return Invalid(std::string("decode ").append(what).append(" fail: illegal base64 data"));
}

// Who makes a grant, while access is not controlled.
std::string GrantorOf(const Call& call) {
  return call.user.empty() ? std::string(access::kRootUser) : call.user;
}

void EncodeGrant(const std::string& role, const Grant& grant, pb::GrantEntity* out) {
  out->mutable_role()->set_name(role);
  out->mutable_object()->set_name(std::string(access::NameOf(grant.type)));
  out->set_object_name(grant.object);
  out->set_db_name(grant.database);
  out->mutable_grantor()->mutable_user()->set_name(grant.grantor);
  out->mutable_grantor()->mutable_privilege()->set_name(grant.privilege);
}

// Of an older grant: by object type.
Result<Grant> DecodeGrant(const Call& call, const pb::GrantEntity& entity) {
  if (!entity.has_grantor()) return Invalid("the grantor entity in the grant entity is nil");
  if (!entity.grantor().has_privilege())
    return Invalid("the privilege entity in the grantor entity is nil");
  if (!entity.has_object()) return Invalid("the resource entity in the grant entity is nil");
  if (!entity.has_role()) return Invalid("the object entity in the grant entity is nil");
  const auto type = access::ParseObjectType(entity.object().name());
  if (!type) return Invalid("the object entity in the request is nil or invalid");
  const std::string database =
      entity.db_name().empty() ? std::string(kDefaultDatabaseName) : entity.db_name();
  return Grant{*type, database, entity.object_name(), entity.grantor().privilege().name(),
               GrantorOf(call)};
}

void RegisterUsers(const MilvusService* service, RpcTable* table) {
  AccessControl* control = service->access_control;

  table->Add("CreateCredential",
             [=](Call&, const pb::CreateCredentialRequest& request, pb_common::Status*) -> Status {
               const std::string name = Trimmed(request.username());
               TRY(control->CheckUserName(name));
               return control->CreateUser(name, TRY(DecodePassword(request.password(), "password")),
                                          request.description());
             });
  table->Add(
      "UpdateCredential",
      [=](Call& call, const pb::UpdateCredentialRequest& request, pb_common::Status*) -> Status {
        AccessControl::UserChange change;
        if (!request.newpassword().empty())
          change.password = TRY(DecodePassword(request.newpassword(), "password"));
        if (request.has_description()) change.description = request.description();
        const auto& super_users = service->super_users;
        const bool is_super =
            std::find(super_users.begin(), super_users.end(), call.user) != super_users.end();
        return control->ChangeUser(Trimmed(request.username()),
                                   TRY(DecodePassword(request.oldpassword(), "old password")),
                                   change, is_super);
      });
  table->Add("DeleteCredential",
             [=](Call&, const pb::DeleteCredentialRequest& request, pb_common::Status*) -> Status {
               return control->DropUser(Trimmed(request.username()));
             });
  table->Add(
      "ListCredUsers",
      [=](Call&, const pb::ListCredUsersRequest&, pb::ListCredUsersResponse* response) -> Status {
        const auto rules = control->rules();
        for (const auto& [name, user] : rules->users) response->add_usernames(name);
        return {};
      });
  table->Add(
      "SelectUser",
      [=](Call&, const pb::SelectUserRequest& request, pb::SelectUserResponse* response) -> Status {
        if (request.has_user()) TRY(control->CheckUserName(Trimmed(request.user().name())));
        const auto rules = control->rules();
        for (const auto& [name, user] : rules->users) {
          if (request.has_user() && name != Trimmed(request.user().name())) continue;
          pb::UserResult* result = response->add_results();
          result->mutable_user()->set_name(name);
          result->set_description(user.description);
          if (!request.include_role_info()) continue;
          for (const std::string& role : user.roles) result->add_roles()->set_name(role);
        }
        return {};
      });
}

void RegisterRoles(const MilvusService* service, RpcTable* table) {
  AccessControl* control = service->access_control;

  table->Add("CreateRole",
             [=](Call&, const pb::CreateRoleRequest& request, pb_common::Status*) -> Status {
               return control->CreateRole(request.entity().name(), request.entity().description());
             });
  table->Add("AlterRole",
             [=](Call&, const pb::AlterRoleRequest& request, pb_common::Status*) -> Status {
               return control->DescribeRole(request.role_name(), request.description());
             });
  table->Add("DropRole",
             [=](Call&, const pb::DropRoleRequest& request, pb_common::Status*) -> Status {
               return control->DropRole(request.role_name(), request.force_drop());
             });
  table->Add("OperateUserRole",
             [=](Call&, const pb::OperateUserRoleRequest& request, pb_common::Status*) -> Status {
               const std::string user = Trimmed(request.username());
               if (request.type() == pb::OperateUserRoleType::AddUserToRole)
                 return control->AddToRole(user, request.role_name());
               if (request.type() == pb::OperateUserRoleType::RemoveUserFromRole)
                 return control->RemoveFromRole(user, request.role_name());
               return Invalid("invalid operate user role type");
             });
  table->Add(
      "SelectRole",
      [=](Call&, const pb::SelectRoleRequest& request, pb::SelectRoleResponse* response) -> Status {
        if (request.has_role()) TRY(control->CheckRoleName(request.role().name()));
        const auto rules = control->rules();
        for (const auto& [name, role] : rules->roles) {
          if (request.has_role() && name != request.role().name()) continue;
          pb::RoleResult* result = response->add_results();
          result->mutable_role()->set_name(name);
          result->mutable_role()->set_description(role.description);
          if (!request.include_user_info()) continue;
          for (const auto& [user_name, user] : rules->users) {
            if (user.roles.contains(name)) result->add_users()->set_name(user_name);
          }
        }
        return {};
      });
}

void RegisterGrants(const MilvusService* service, RpcTable* table) {
  AccessControl* control = service->access_control;
  roles::Coordinator* coordinator = &service->gateway->coordinator();
  // Grants are kept by the collection's own name.
  const auto real_name = [=](const std::string& database, const std::string& name) {
    const auto found = coordinator->Find(database, name);
    return found.ok() ? (*found)->name : name;
  };
  const auto operate = [=](pb::OperatePrivilegeType type, const std::string& role, Grant grant,
                           AccessControl::Form form) -> Status {
    if (grant.type == ObjectType::kCollection || form == AccessControl::Form::kByLevel) {
      grant.object = real_name(grant.database, grant.object);
    }
    if (type == pb::OperatePrivilegeType::Grant)
      return control->AddGrant(role, std::move(grant), form);
    if (type == pb::OperatePrivilegeType::Revoke)
      return control->RevokeGrant(role, std::move(grant), form);
    return Invalid("the type in the request not grant or revoke");
  };

  table->Add(
      "OperatePrivilege",
      [=](Call& call, const pb::OperatePrivilegeRequest& request, pb_common::Status*) -> Status {
        if (!request.has_entity()) return Invalid("the entity in the request is nil");
        TRY(control->CheckRoleName(request.entity().role().name()));
        return operate(request.type(), request.entity().role().name(),
                       TRY(DecodeGrant(call, request.entity())), AccessControl::Form::kByType);
      });
  table->Add(
      "OperatePrivilegeV2",
      [=](Call& call, const pb::OperatePrivilegeV2Request& request, pb_common::Status*) -> Status {
        if (!request.has_role()) return Invalid("the role in the request is nil");
        TRY(control->CheckRoleName(request.role().name()));
        Grant grant;
        grant.database = DatabaseOf(call, request.db_name());
        grant.object = request.collection_name();
        grant.privilege = request.grantor().privilege().name();
        grant.grantor = GrantorOf(call);
        if (grant.database != access::kAny)
          TRY(gateway::CheckDatabaseName(grant.database, service->gateway->limits()));
        if (grant.object != access::kAny)
          TRY(gateway::CheckCollectionName(grant.object, service->gateway->limits()));
        return operate(request.type(), request.role().name(), std::move(grant),
                       AccessControl::Form::kByLevel);
      });
  table->Add(
      "SelectGrant",
      [=](Call&, const pb::SelectGrantRequest& request,
          pb::SelectGrantResponse* response) -> Status {
        if (!request.has_entity()) return Invalid("the grant entity in the request is nil");
        const pb::GrantEntity& entity = request.entity();
        if (!entity.has_role()) return Invalid("the role entity in the grant entity is nil");
        const std::string& role_name = entity.role().name();
        TRY(control->CheckRole(role_name));
        const auto rules = control->rules();
        const auto role = rules->roles.find(role_name);
        if (role == rules->roles.end()) return {};  // dropped just now
        const bool by_object = entity.has_object() && !entity.object().name().empty();
        const auto type = access::ParseObjectType(entity.object().name());
        if (by_object && !type)
          return Invalid("the object entity in the request is nil or invalid");
        const std::string database =
            entity.db_name().empty() ? std::string(kDefaultDatabaseName) : entity.db_name();
        const std::string object = real_name(database, entity.object_name());
        for (const Grant& grant : role->second.grants) {
          if (grant.database != database && grant.database != access::kAny &&
              database != access::kAny)
            continue;
          if (by_object && !object.empty() && (grant.type != *type || grant.object != object))
            continue;
          EncodeGrant(role_name, grant, response->add_entities());
        }
        return {};
      });
}

std::vector<std::string> NamesOf(
    const google::protobuf::RepeatedPtrField<pb::PrivilegeEntity>& privileges) {
  std::vector<std::string> names;
  for (const pb::PrivilegeEntity& privilege : privileges) names.push_back(privilege.name());
  return names;
}

void EncodeGroup(const PrivilegeGroup& group, pb::PrivilegeGroupInfo* out) {
  out->set_group_name(group.name);
  for (const std::string& name : group.privileges) out->add_privileges()->set_name(name);
}

void RegisterGroups(const MilvusService* service, RpcTable* table) {
  AccessControl* control = service->access_control;

  table->Add(
      "CreatePrivilegeGroup",
      [=](Call&, const pb::CreatePrivilegeGroupRequest& request, pb_common::Status*) -> Status {
        return control->CreateGroup(Trimmed(request.group_name()));
      });
  table->Add(
      "DropPrivilegeGroup",
      [=](Call&, const pb::DropPrivilegeGroupRequest& request, pb_common::Status*) -> Status {
        return control->DropGroup(request.group_name());
      });
  table->Add("ListPrivilegeGroups",
             [=](Call&, const pb::ListPrivilegeGroupsRequest&,
                 pb::ListPrivilegeGroupsResponse* response) -> Status {
               const auto rules = control->rules();
               for (const auto& [name, group] : rules->groups)
                 EncodeGroup(group, response->add_privilege_groups());
               for (const access::BuiltInGroup& group : access::BuiltInGroups()) {
                 pb::PrivilegeGroupInfo* info = response->add_privilege_groups();
                 info->set_group_name(std::string(group.name));
                 for (size_t i = 0; i < access::AllPrivileges().size(); ++i) {
                   if (group.privileges[i])
                     info->add_privileges()->set_name(std::string(access::AllPrivileges()[i].name));
                 }
               }
               return {};
             });
  table->Add(
      "OperatePrivilegeGroup",
      [=](Call&, const pb::OperatePrivilegeGroupRequest& request, pb_common::Status*) -> Status {
        const std::vector<std::string> privileges = NamesOf(request.privileges());
        if (request.type() == pb::OperatePrivilegeGroupType::AddPrivilegesToGroup)
          return control->AddToGroup(request.group_name(), privileges);
        if (request.type() == pb::OperatePrivilegeGroupType::RemovePrivilegesFromGroup)
          return control->RemoveFromGroup(request.group_name(), privileges);
        return Invalid("invalid operate privilege group type");
      });
}

// What is always there is neither written to a backup nor read from one.
bool IsAlwaysThere(const std::string& role) {
  return role == access::kAdminRole || role == access::kPublicRole;
}

void RegisterBackup(const MilvusService* service, RpcTable* table) {
  AccessControl* control = service->access_control;

  table->Add(
      "BackupRBAC",
      [=](Call&, const pb::BackupRBACMetaRequest&, pb::BackupRBACMetaResponse* response) -> Status {
        const auto rules = control->rules();
        pb::RBACMeta* meta = response->mutable_rbac_meta();
        for (const auto& [name, user] : rules->users) {
          if (name == access::kRootUser) continue;
          pb::UserInfo* info = meta->add_users();
          info->set_user(name);
          info->set_password(user.password_hash);
          for (const std::string& role : user.roles) info->add_roles()->set_name(role);
        }
        for (const auto& [name, role] : rules->roles) {
          if (IsAlwaysThere(name)) continue;
          pb::RoleEntity* entity = meta->add_roles();
          entity->set_name(name);
          entity->set_description(role.description);
          for (const Grant& grant : role.grants) EncodeGrant(name, grant, meta->add_grants());
        }
        for (const auto& [name, group] : rules->groups)
          EncodeGroup(group, meta->add_privilege_groups());
        return {};
      });
  table->Add("RestoreRBAC",
             [=](Call&, const pb::RestoreRBACMetaRequest& request, pb_common::Status*) -> Status {
               const pb::RBACMeta& meta = request.rbac_meta();
               AccessRules added;
               for (const pb::UserInfo& info : meta.users()) {
                 User& user = added.users[info.user()];
                 user.name = info.user();
                 user.password_hash = info.password();
                 for (const pb::RoleEntity& role : info.roles()) user.roles.insert(role.name());
               }
               for (const pb::RoleEntity& role : meta.roles())
                 added.roles[role.name()] = {role.name(), role.description(), {}};
               for (const pb::PrivilegeGroupInfo& info : meta.privilege_groups()) {
                 PrivilegeGroup& group = added.groups[info.group_name()];
                 group.name = info.group_name();
                 for (const std::string& name : NamesOf(info.privileges()))
                   group.privileges.insert(name);
               }
               for (const pb::GrantEntity& entity : meta.grants()) {
                 const auto type = access::ParseObjectType(entity.object().name());
                 const auto role = added.roles.find(entity.role().name());
                 if (!type || role == added.roles.end())
                   return Invalid("role [" + entity.role().name() + "] does not exist");
                 role->second.grants.push_back({*type, entity.db_name(), entity.object_name(),
                                                entity.grantor().privilege().name(),
                                                entity.grantor().user().name()});
               }
               return control->Restore(added);
             });
}

}  // namespace

void RegisterAccess(const MilvusService* service, RpcTable* table) {
  RegisterUsers(service, table);
  RegisterRoles(service, table);
  RegisterGrants(service, table);
  RegisterGroups(service, table);
  RegisterBackup(service, table);
}

}  // namespace elanus::server
