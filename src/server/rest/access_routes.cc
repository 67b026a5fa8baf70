// Users, roles and groups of privileges.
#include "base/base64.h"
#include "server/rest/route.h"

namespace elanus::server {
namespace {

constexpr Param kUserParams[] = {{"userName", ParamKind::kString, true}};
constexpr Shape kUser{"User", kUserParams};
constexpr Param kCreateUserParams[] = {{"userName", ParamKind::kString, true},
                                       {"password", ParamKind::kString, true},
                                       {"description", ParamKind::kString}};
constexpr Shape kCreateUser{"CreateUser", kCreateUserParams};
constexpr Param kPasswordParams[] = {{"userName", ParamKind::kString, true},
                                     {"password", ParamKind::kString},
                                     {"newPassword", ParamKind::kString},
                                     {"description", ParamKind::kString}};
constexpr Shape kPassword{"Password", kPasswordParams};
constexpr Param kUserRoleParams[] = {{"userName", ParamKind::kString, true},
                                     {"roleName", ParamKind::kString, true}};
constexpr Shape kUserRole{"UserRole", kUserRoleParams};
constexpr Param kRoleParams[] = {{"dbName", ParamKind::kString},
                                 {"roleName", ParamKind::kString, true},
                                 {"description", ParamKind::kString}};
constexpr Shape kRole{"Role", kRoleParams};
constexpr Param kGrantParams[] = {{"roleName", ParamKind::kString, true},
                                  {"objectType", ParamKind::kString, true},
                                  {"objectName", ParamKind::kString, true},
                                  {"privilege", ParamKind::kString, true},
                                  {"dbName", ParamKind::kString}};
constexpr Shape kGrant{"Grant", kGrantParams};
constexpr Param kGrantV2Params[] = {{"roleName", ParamKind::kString, true},
                                    {"dbName", ParamKind::kString},
                                    {"collectionName", ParamKind::kString},
                                    {"privilege", ParamKind::kString, true}};
constexpr Shape kGrantV2{"GrantV2", kGrantV2Params};
constexpr Param kGroupParams[] = {{"privilegeGroupName", ParamKind::kString, true},
                                  {"privileges", ParamKind::kStrings}};
constexpr Shape kGroup{"PrivilegeGroup", kGroupParams};

Status ListUsers(RestCall& call, const Json&) {
  pb::ListCredUsersResponse response;
  TRY(call.Run("ListCredUsers", pb::ListCredUsersRequest(), &response));
  AppendNames(response.usernames(), call.Data());
  return {};
}

Status DescribeUser(RestCall& call, const Json& body) {
  const std::string& name = body["userName"].String();
  pb::SelectUserRequest request;
  request.mutable_user()->set_name(name);
  request.set_include_role_info(true);
  pb::SelectUserResponse response;
  TRY(call.Run("SelectUser", request, &response));
  std::vector<std::string> roles;
  std::string description;
  for (const auto& result : response.results()) {
    if (result.user().name() != name) continue;
    description = result.description();
    for (const auto& role : result.roles()) roles.push_back(role.name());
  }
  AppendNames(roles, call.Data());
  call.out += ",\"description\":";
  AppendQuoted(description, &call.out);
  return {};
}

Status CreateUser(RestCall& call, const Json& body) {
  pb::CreateCredentialRequest request;
  request.set_username(body["userName"].String());
  request.set_password(EncodeBase64(body["password"].String()));
  if (!body["description"].null()) request.set_description(body["description"].String());
  return call.Finish("CreateCredential", request);
}

Status UpdatePassword(RestCall& call, const Json& body) {
  pb::UpdateCredentialRequest request;
  request.set_username(body["userName"].String());
  if (!body["description"].null()) request.set_description(body["description"].String());
  if (const std::string& password = body["newPassword"].String(); !password.empty()) {
    request.set_oldpassword(EncodeBase64(body["password"].String()));
    request.set_newpassword(EncodeBase64(password));
  }
  return call.Finish("UpdateCredential", request);
}

Status DropUser(RestCall& call, const Json& body) {
  pb::DeleteCredentialRequest request;
  request.set_username(body["userName"].String());
  return call.Finish("DeleteCredential", request);
}

Status ChangeUserRole(RestCall& call, const Json& body, pb::OperateUserRoleType type) {
  pb::OperateUserRoleRequest request;
  request.set_username(body["userName"].String());
  request.set_role_name(body["roleName"].String());
  request.set_type(type);
  return call.Finish("OperateUserRole", request);
}

Status ListRoles(RestCall& call, const Json&) {
  pb::SelectRoleResponse response;
  TRY(call.Run("SelectRole", pb::SelectRoleRequest(), &response));
  AppendArray(response.results(), call.Data(), [](const auto& result, std::string* out) {
    AppendQuoted(result.role().name(), out);
  });
  return {};
}

Status DescribeRole(RestCall& call, const Json& body) {
  const std::string& name = body["roleName"].String();
  pb::SelectRoleRequest role_request;
  role_request.mutable_role()->set_name(name);
  pb::SelectRoleResponse roles;
  TRY(call.Run("SelectRole", role_request, &roles));
  pb::SelectGrantRequest request;
  request.mutable_entity()->mutable_role()->set_name(name);
  request.mutable_entity()->set_db_name(call.DatabaseOf(body));
  pb::SelectGrantResponse response;
  TRY(call.Run("SelectGrant", request, &response));
  AppendArray(response.entities(), call.Data(), [](const auto& grant, std::string* out) {
    JsonObject(out)
        .Add("objectType", grant.object().name())
        .Add("objectName", grant.object_name())
        .Add("privilege", grant.grantor().privilege().name())
        .Add("dbName", grant.db_name())
        .Add("grantor", grant.grantor().user().name());
  });
  call.out += ",\"description\":";
  AppendQuoted(roles.results().empty() ? "" : roles.results(0).role().description(), &call.out);
  return {};
}

Status CreateRole(RestCall& call, const Json& body) {
  pb::CreateRoleRequest request;
  request.mutable_entity()->set_name(body["roleName"].String());
  request.mutable_entity()->set_description(body["description"].String());
  return call.Finish("CreateRole", request);
}

Status AlterRole(RestCall& call, const Json& body) {
  pb::AlterRoleRequest request;
  request.set_role_name(body["roleName"].String());
  request.set_description(body["description"].String());
  return call.Finish("AlterRole", request);
}

Status DropRole(RestCall& call, const Json& body) {
  pb::DropRoleRequest request;
  request.set_role_name(body["roleName"].String());
  return call.Finish("DropRole", request);
}

Status ChangePrivilege(RestCall& call, const Json& body, pb::OperatePrivilegeType type) {
  pb::OperatePrivilegeRequest request;
  request.set_type(type);
  pb::GrantEntity* entity = request.mutable_entity();
  entity->mutable_role()->set_name(body["roleName"].String());
  entity->mutable_object()->set_name(body["objectType"].String());
  entity->set_object_name(body["objectName"].String());
  entity->set_db_name(call.DatabaseOf(body));
  entity->mutable_grantor()->mutable_privilege()->set_name(body["privilege"].String());
  return call.Finish("OperatePrivilege", request);
}

Status ChangePrivilegeV2(RestCall& call, const Json& body, pb::OperatePrivilegeType type) {
  pb::OperatePrivilegeV2Request request;
  request.set_type(type);
  request.mutable_role()->set_name(body["roleName"].String());
  request.mutable_grantor()->mutable_privilege()->set_name(body["privilege"].String());
  request.set_db_name(body["dbName"].String());
  request.set_collection_name(body["collectionName"].String());
  return call.Finish("OperatePrivilegeV2", request);
}

Status CreateGroup(RestCall& call, const Json& body) {
  pb::CreatePrivilegeGroupRequest request;
  request.set_group_name(body["privilegeGroupName"].String());
  return call.Finish("CreatePrivilegeGroup", request);
}

Status DropGroup(RestCall& call, const Json& body) {
  pb::DropPrivilegeGroupRequest request;
  request.set_group_name(body["privilegeGroupName"].String());
  return call.Finish("DropPrivilegeGroup", request);
}

Status ListGroups(RestCall& call, const Json&) {
  pb::ListPrivilegeGroupsResponse response;
  TRY(call.Run("ListPrivilegeGroups", pb::ListPrivilegeGroupsRequest(), &response));
  JsonObject data(call.Data());
  AppendArray(
      response.privilege_groups(), data.Key("privilegeGroups"),
      [](const auto& group, std::string* out) {
        std::string names;
        for (const auto& privilege : group.privileges())
          names += (names.empty() ? "" : ",") + privilege.name();
        JsonObject(out).Add("privilegeGroupName", group.group_name()).Add("privileges", names);
      });
  return {};
}

Status ChangeGroup(RestCall& call, const Json& body, pb::OperatePrivilegeGroupType type) {
  pb::OperatePrivilegeGroupRequest request;
  request.set_type(type);
  request.set_group_name(body["privilegeGroupName"].String());
  for (std::string& name : body["privileges"].Strings())
    request.add_privileges()->set_name(std::move(name));
  return call.Finish("OperatePrivilegeGroup", request);
}

#define PATH(op) "/v2/vectordb/" op
constexpr Route kRoutes[] = {
    {"POST", PATH("users/list"), "ListCredUsers", &kDatabaseShape, ListUsers},
    {"POST", PATH("users/describe"), "SelectUser", &kUser, DescribeUser},
    {"POST", PATH("users/create"), "CreateCredential", &kCreateUser, CreateUser},
    {"POST", PATH("users/update_password"), "UpdateCredential", &kPassword, UpdatePassword},
    {"POST", PATH("users/drop"), "DeleteCredential", &kUser, DropUser},
    {"POST", PATH("users/grant_role"), "OperateUserRole", &kUserRole,
     [](RestCall& call, const Json& body) {
       return ChangeUserRole(call, body, pb::OperateUserRoleType::AddUserToRole);
     }},
    {"POST", PATH("users/revoke_role"), "OperateUserRole", &kUserRole,
     [](RestCall& call, const Json& body) {
       return ChangeUserRole(call, body, pb::OperateUserRoleType::RemoveUserFromRole);
     }},
    {"POST", PATH("roles/list"), "SelectRole", &kDatabaseShape, ListRoles},
    {"POST", PATH("roles/describe"), "SelectGrant", &kRole, DescribeRole},
    {"POST", PATH("roles/create"), "CreateRole", &kRole, CreateRole},
    {"POST", PATH("roles/alter"), "AlterRole", &kRole, AlterRole},
    {"POST", PATH("roles/drop"), "DropRole", &kRole, DropRole},
    {"POST", PATH("roles/grant_privilege"), "OperatePrivilege", &kGrant,
     [](RestCall& call, const Json& body) {
       return ChangePrivilege(call, body, pb::OperatePrivilegeType::Grant);
     }},
    {"POST", PATH("roles/revoke_privilege"), "OperatePrivilege", &kGrant,
     [](RestCall& call, const Json& body) {
       return ChangePrivilege(call, body, pb::OperatePrivilegeType::Revoke);
     }},
    {"POST", PATH("roles/grant_privilege_v2"), "OperatePrivilegeV2", &kGrantV2,
     [](RestCall& call, const Json& body) {
       return ChangePrivilegeV2(call, body, pb::OperatePrivilegeType::Grant);
     }},
    {"POST", PATH("roles/revoke_privilege_v2"), "OperatePrivilegeV2", &kGrantV2,
     [](RestCall& call, const Json& body) {
       return ChangePrivilegeV2(call, body, pb::OperatePrivilegeType::Revoke);
     }},
    {"POST", PATH("privilege_groups/create"), "CreatePrivilegeGroup", &kGroup, CreateGroup},
    {"POST", PATH("privilege_groups/drop"), "DropPrivilegeGroup", &kGroup, DropGroup},
    {"POST", PATH("privilege_groups/list"), "ListPrivilegeGroups", &kDatabaseShape, ListGroups},
    {"POST", PATH("privilege_groups/add_privileges_to_group"), "OperatePrivilegeGroup", &kGroup,
     [](RestCall& call, const Json& body) {
       return ChangeGroup(call, body, pb::OperatePrivilegeGroupType::AddPrivilegesToGroup);
     }},
    {"POST", PATH("privilege_groups/remove_privileges_from_group"), "OperatePrivilegeGroup",
     &kGroup,
     [](RestCall& call, const Json& body) {
       return ChangeGroup(call, body, pb::OperatePrivilegeGroupType::RemovePrivilegesFromGroup);
     }},
};
#undef PATH

}  // namespace

std::span<const Route> AccessRoutes() { return kRoutes; }

}  // namespace elanus::server
