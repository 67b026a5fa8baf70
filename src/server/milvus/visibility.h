// What of the databases and collections a user gets to see in lists.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/policy.h"
#include "server/milvus/service.h"

namespace elanus::server {

class Visibility {
 public:
  // Of whoever makes the call. Without access control, and for root and admins: everything.
  Visibility(const MilvusService& service, const Call& call);

  bool Database(std::string_view name) const;
  bool Collection(std::string_view database, std::string_view name) const;

 private:
  bool everything_ = false;
  std::shared_ptr<const access::Policy> policy_;
  std::vector<std::string> roles_;
};

}  // namespace elanus::server
