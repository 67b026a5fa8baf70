// SlowRequest: follows one read, and writes a line into the log if it took longer than the setting
// allows: what was asked, its predicates with rows in and out, by index or by scan, and the time of
// each stage.
#pragma once

#include <string>
#include <string_view>

#include "base/log.h"
#include "base/profile.h"
#include "server/rpc_table.h"

namespace elanus::server {

class SlowRequest {
 public:
  // `limit_ms` 0: nothing is slow. The strings are borrowed. While it lives the call's context has
  // its profile.
  SlowRequest(int64_t limit_ms, Call* call, std::string_view collection, std::string_view filter)
      : limit_ms_(limit_ms), call_(call), collection_(collection), filter_(filter) {
    if (limit_ms_ > 0) call_->context.SetProfile(&profile_);
  }
  SlowRequest(const SlowRequest&) = delete;
  SlowRequest& operator=(const SlowRequest&) = delete;
  ~SlowRequest() {
    if (limit_ms_ == 0) return;
    call_->context.SetProfile(nullptr);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(profile_.elapsed());
    if (ms.count() < limit_ms_) return;
    constexpr size_t kFilterShown = 1024;
    LOG_WARNING("slow request", {"method", call_->method}, {"peer", call_->peer},
                {"collection", collection_}, {"filter", filter_.substr(0, kFilterShown)},
                {"ms", ms.count()}, {"vectors", call_->vectors}, {"plan", profile_.Plan()},
                {"stages", profile_.Stages()});
  }

 private:
  const int64_t limit_ms_;
  Call* call_;
  std::string_view collection_, filter_;
  Profile profile_;
};

}  // namespace elanus::server
