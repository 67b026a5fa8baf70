// AccessGuard: lets a request pass if it comes from a known user who may do what it asks for.
#pragma once

#include <string>

#include "access/access_control.h"
#include "access/authenticator.h"
#include "roles/coordinator.h"
#include "server/rpc_table.h"

namespace elanus::server {

class AccessGuard final : public Guard {
 public:
  struct Options {
    bool root_is_bound = false;  // root, too, may only do what its roles allow
  };
  // All outlive it.
  AccessGuard(const access::AccessControl* control, access::Authenticator* authenticator,
              roles::Coordinator* coordinator, Options options)
      : control_(control),
        authenticator_(authenticator),
        coordinator_(coordinator),
        options_(options) {}

  RpcStatus Identify(Call* call) override;
  RpcStatus Admit(const Method& method, Call* call, const Message& request) override;

 private:
  std::string RealName(std::string_view database, const std::string& collection) const;

  const access::AccessControl* const control_;
  access::Authenticator* const authenticator_;
  roles::Coordinator* const coordinator_;
  const Options options_;
};

}  // namespace elanus::server
