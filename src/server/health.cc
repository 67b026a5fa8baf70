#include "server/health.h"

#include <utility>

#include <health/health.pb.h>

namespace elanus::server {

namespace pb = grpc::health::v1;

void AddHealthService(HealthCheck check, RpcTable* table) {
  table->AddTo(
      "grpc.health.v1.Health", "Check",
      [check = std::move(check)](Call&, const pb::HealthCheckRequest& request,
                                 pb::HealthCheckResponse* response) -> Status {
        if (!request.service().empty() && request.service() != RpcTable::kMilvusService) {
          return FailWith(Code::kNotFound, {{"service", request.service()}});
        }
        response->set_status(check().healthy ? pb::HealthCheckResponse::SERVING
                                             : pb::HealthCheckResponse::NOT_SERVING);
        return {};
      },
      Runs::kWhereItArrives);
}

}  // namespace elanus::server
