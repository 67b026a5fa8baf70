// Bytes of users, roles and privilege groups (docs/formats/catalog.md).
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "model/access.h"

namespace elanus::meta {

std::string EncodeUser(std::string_view key, const User& user);
Result<User> DecodeUser(std::string_view key, std::string_view value);

std::string EncodeRole(std::string_view key, const Role& role);
Result<Role> DecodeRole(std::string_view key, std::string_view value);

std::string EncodePrivilegeGroup(std::string_view key, const PrivilegeGroup& group);
Result<PrivilegeGroup> DecodePrivilegeGroup(std::string_view key, std::string_view value);

}  // namespace elanus::meta
