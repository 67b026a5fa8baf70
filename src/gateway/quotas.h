// Quotas: how often and how much, for the whole server, a database, a collection and a partition.
// Limits are token buckets as Milvus has them: a request passes while its bucket is not in debt,
// however large it is, and those that follow wait until the debt is paid. Rates come from settings,
// and from properties of collections; databases may also be closed to writes, reads or DDL by
// properties. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "roles/coordinator.h"

namespace elanus::gateway {

// What is counted: bytes of inserts and deletes, vectors searched with, requests of all others.
enum class Use : uint8_t {
  kInsert,
  kDelete,
  kSearch,
  kQuery,
  kCollectionDdl,
  kPartitionDdl,
  kIndex,
  kFlush,
  kCompaction,
  kDatabaseDdl
};
inline constexpr size_t kUses = 10;
std::string_view NameOf(Use use);  // as Milvus names it: DMLInsert

struct Rates {
  double server = -1;  // a second; negative: any
  double database = -1;
  double collection = -1;
  double partition = -1;

  bool operator==(const Rates&) const = default;
};

struct QuotaOptions {
  bool enabled = true;  // all of this
  bool deny_writing = false;
  bool deny_reading = false;
  bool deny_ddl = false;
  // Whether the rates of these uses hold.
  bool dml = false, dql = false, ddl = false, index = false, flush = false, compaction = false,
       database = false;
  std::array<Rates, kUses> rates;

  Rates& Of(Use use) { return rates[static_cast<size_t>(use)]; }
};

class Quotas {
 public:
  // Both outlive it.
  Quotas(const QuotaOptions& options, roles::Coordinator* coordinator, const Clock* clock);

  struct Request {
    Use use;
    std::string_view database;
    std::vector<std::string_view>
        collections;                           // names or aliases; what is not there is not limited
    std::vector<std::string_view> partitions;  // of the one collection
    std::function<double()> amount;            // asked only where something is limited
  };
  // kRateLimitExceeded or kQuotaExceeded, and nothing is taken; or all limits have room.
  Status Admit(const Request& request);

  // What is closed, as a health check tells: of the settings, and of databases.
  struct Closed {
    bool writing;  // else reading
    std::string reason;
  };
  std::vector<Closed> ClosedNow();

 private:
  // The server has no database, a database no collection.
  using Scope = std::tuple<Use, int64_t, int64_t, int64_t>;
  struct Bucket {
    double tokens = 0;
    int64_t at_ms = 0;
  };
  struct Limit {
    Scope scope;
    double rate;
  };

  Status CheckOpen(Use use, const DatabaseInfo* database) const;
  bool RatesHold(Use use) const;
  std::vector<Limit> LimitsOf(const Request& request, const DatabaseInfo* database) const;
  Status Take(const std::vector<Limit>& limits, double amount);
  void ForgetFullBuckets(int64_t now_ms);

  const QuotaOptions options_;
  roles::Coordinator* const coordinator_;
  const Clock* const clock_;

  std::mutex mutex_;  // guards what follows
  std::map<Scope, Bucket> buckets_;
  size_t forget_at_ = 1024;
};

}  // namespace elanus::gateway
