// Holds requests against the quotas, whichever transport they came by.
#pragma once

#include "gateway/quotas.h"
#include "server/rpc_table.h"

namespace elanus::server {

class QuotaLimiter final : public Limiter {
 public:
  // It outlives the limiter.
  explicit QuotaLimiter(gateway::Quotas* quotas) : quotas_(quotas) {}

  bool Counts(const Method& method) const override;
  Status Admit(const Method& method, const Call& call, const Message& request) override;

 private:
  gateway::Quotas* const quotas_;
};

}  // namespace elanus::server
