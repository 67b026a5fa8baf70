#include "meta/access_codec.h"

#include <utility>

#include "meta/record.h"

namespace elanus::meta {
namespace {

// Tags; never reused.
enum UserTag : uint64_t { kUserName = 1, kUserPassword = 2, kUserDescription = 3, kUserRole = 4 };
enum RoleTag : uint64_t { kRoleName = 1, kRoleDescription = 2, kRoleGrant = 3 };
enum GrantTag : uint64_t {
  kGrantType = 1,
  kGrantDatabase = 2,
  kGrantObject = 3,
  kGrantPrivilege = 4,
  kGrantor = 5
};
enum GroupTag : uint64_t { kGroupName = 1, kGroupPrivilege = 2 };

std::string EncodeGrant(const Grant& grant) {
  RecordWriter record;
  record.Number(kGrantType, static_cast<uint64_t>(grant.type));
  record.Bytes(kGrantDatabase, grant.database);
  record.Bytes(kGrantObject, grant.object);
  record.Bytes(kGrantPrivilege, grant.privilege);
  record.Bytes(kGrantor, grant.grantor);
  return record.fields();
}

Result<Grant> DecodeGrant(std::string_view key, std::string_view fields) {
  const RecordReader record = TRY(RecordReader::OpenNested(key, fields));
  const uint64_t type = TRY(record.Number(kGrantType));
  if (type > static_cast<uint64_t>(ObjectType::kUser)) {
    return CorruptValue(key, "there is no object type " + std::to_string(type));
  }
  Grant grant;
  grant.type = static_cast<ObjectType>(type);
  grant.database = record.Bytes(kGrantDatabase);
  grant.object = record.Bytes(kGrantObject);
  grant.privilege = record.Bytes(kGrantPrivilege);
  grant.grantor = record.Bytes(kGrantor);
  return grant;
}

}  // namespace

std::string EncodeUser(std::string_view key, const User& user) {
  RecordWriter record;
  record.Bytes(kUserName, user.name);
  record.Bytes(kUserPassword, user.password_hash);
  record.Bytes(kUserDescription, user.description);
  for (const std::string& role : user.roles) record.Bytes(kUserRole, role);
  return record.Seal(key);
}

Result<User> DecodeUser(std::string_view key, std::string_view value) {
  const RecordReader record = TRY(RecordReader::Open(key, value));
  User user;
  user.name = record.Bytes(kUserName);
  user.password_hash = record.Bytes(kUserPassword);
  user.description = record.Bytes(kUserDescription);
  for (const std::string_view role : record.All(kUserRole)) user.roles.emplace(role);
  return user;
}

std::string EncodeRole(std::string_view key, const Role& role) {
  RecordWriter record;
  record.Bytes(kRoleName, role.name);
  record.Bytes(kRoleDescription, role.description);
  for (const Grant& grant : role.grants) record.Bytes(kRoleGrant, EncodeGrant(grant));
  return record.Seal(key);
}

Result<Role> DecodeRole(std::string_view key, std::string_view value) {
  const RecordReader record = TRY(RecordReader::Open(key, value));
  Role role;
  role.name = record.Bytes(kRoleName);
  role.description = record.Bytes(kRoleDescription);
  for (const std::string_view fields : record.All(kRoleGrant)) {
    role.grants.push_back(TRY(DecodeGrant(key, fields)));
  }
  return role;
}

std::string EncodePrivilegeGroup(std::string_view key, const PrivilegeGroup& group) {
  RecordWriter record;
  record.Bytes(kGroupName, group.name);
  for (const std::string& privilege : group.privileges) record.Bytes(kGroupPrivilege, privilege);
  return record.Seal(key);
}

Result<PrivilegeGroup> DecodePrivilegeGroup(std::string_view key, std::string_view value) {
  const RecordReader record = TRY(RecordReader::Open(key, value));
  PrivilegeGroup group;
  group.name = record.Bytes(kGroupName);
  for (const std::string_view name : record.All(kGroupPrivilege)) group.privileges.emplace(name);
  return group;
}

}  // namespace elanus::meta
