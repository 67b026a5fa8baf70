#include "server/milvus/visibility.h"

#include <algorithm>

#include "access/access_control.h"

namespace elanus::server {
namespace {

bool Matches(std::string_view pattern, std::string_view name) {
  return pattern == access::kAny || pattern == name;
}

}  // namespace

Visibility::Visibility(const MilvusService& service, const Call& call)
    : everything_(call.user.empty() || call.user == access::kRootUser) {
  if (everything_) return;
  policy_ = service.access_control->policy();
  const auto rules = service.access_control->rules();
  const auto user = rules->users.find(call.user);
  if (user == rules->users.end()) return;
  roles_.assign(user->second.roles.begin(), user->second.roles.end());
  // What public may do shows nothing by itself.
  std::erase(roles_, access::kPublicRole);
  everything_ = std::ranges::find(roles_, access::kAdminRole) != roles_.end();
}

bool Visibility::Database(std::string_view name) const {
  if (everything_) return true;
  return std::ranges::any_of(roles_, [&](const std::string& role) {
    const auto* visible = policy_->VisibleTo(role);
    return visible != nullptr &&
           std::ranges::any_of(visible->databases,
                               [&](const std::string& shown) { return Matches(shown, name); });
  });
}

bool Visibility::Collection(std::string_view database, std::string_view name) const {
  if (everything_) return true;
  return std::ranges::any_of(roles_, [&](const std::string& role) {
    const auto* visible = policy_->VisibleTo(role);
    return visible != nullptr && std::ranges::any_of(visible->collections, [&](const auto& shown) {
             return Matches(shown.first, database) && Matches(shown.second, name);
           });
  });
}

}  // namespace elanus::server
