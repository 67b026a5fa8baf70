#include "app/main/standalone.h"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "access/access_control.h"
#include "access/authenticator.h"
#include "access/policy.h"
#include "app/data_folder.h"
#include "app/gauges.h"
#include "app/version.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/memory_limit.h"
#include "base/metrics.h"
#include "base/thread_pool.h"
#include "coordinator/local_coordinator.h"
#include "coordinator/local_oracle.h"
#include "gateway/gateway.h"
#include "meta/catalog.h"
#include "meta/rocksdb/rocks_meta_store.h"
#include "server/admin/admin_server.h"
#include "server/health.h"
#include "server/milvus/access_guard.h"
#include "server/milvus/quota_limiter.h"
#include "server/milvus/service.h"
#include "server/rest/rest_service.h"
#include "server/server.h"
#include "shard/shard_host.h"
#include "wal/file/file_log.h"

namespace elanus::app {
namespace {

server::Hardware ReadHardware(const std::string& folder) {
  const ProcessUse process = ReadProcessUse();
  const MachineUse machine = ReadMachineUse(folder);
  server::Hardware hardware;
  hardware.cores = machine.cores;
  hardware.cpu_percent = machine.cpu_percent;
  // What the system allows, and of it what it cannot take back: pages of mapped files it can.
  const uint64_t allowed = FindMemoryLimit();
  hardware.memory_bytes = allowed == 0 ? machine.memory_bytes : static_cast<double>(allowed);
  hardware.resident_bytes = static_cast<double>(ReadAnonymousBytes());
  hardware.disk_bytes = machine.disk_bytes;
  hardware.disk_used_bytes = machine.disk_used_bytes;
  const auto started = static_cast<time_t>(process.start_s);
  std::tm utc{};
  gmtime_r(&started, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S +0000 UTC", &utc);
  hardware.started = text;
  return hardware;
}

// What is left is for what nobody counts, and for the pages of mapped files.
constexpr uint64_t kBudgetPercent = 70;

std::shared_ptr<MemoryBudget> MakeBudget(const Settings& settings) {
  const uint64_t allowed = FindMemoryLimit();
  uint64_t limit = settings.memory_limit;
  if (limit == 0) limit = allowed / 100 * kBudgetPercent;
  LOG_INFO("memory", {"limit_mb", limit >> 20}, {"system_allows_mb", allowed >> 20});
  if (allowed != 0 && limit > allowed)
    LOG_WARNING("memory.limit is more than the system allows", {"limit_mb", limit >> 20},
                {"system_allows_mb", allowed >> 20});
  return std::make_shared<MemoryBudget>(limit == 0 ? MemoryBudget::kUnlimited : limit);
}

// Members are destroyed from the last to the first: each uses only those above it.
class Standalone final : public Service {
 public:
  static Result<std::unique_ptr<Service>> Start(const Settings& settings, io::FileSystem& fs) {
    auto made = std::make_unique<Standalone>();
    TRY(made->OpenData(settings, fs));
    TRY(made->Serve(settings));
    return std::unique_ptr<Service>(std::move(made));
  }

  void Stop(std::chrono::milliseconds drain_max) override { server_->Stop(drain_max); }

 private:
  Status OpenData(const Settings& settings, io::FileSystem& fs) {
    // A taken port or folder is found before anything heavy is done.
    budget_ = MakeBudget(settings);
    server::ServerOptions options = settings.server;
    options.grpc.budget = budget_.get();
    options.grpc.bytes_max = std::min<size_t>(options.grpc.bytes_max, budget_->Share(1, 4));
    options.http.body_bytes_max = options.grpc.request_bytes_max;
    options.http.connections_max = options.listener.connections_max;
    server_ = TRY(server::Server::Open(options));
    folder_ = TRY(DataFolder::Open(fs, settings.data));
    store_ = TRY(meta::RocksMetaStore::Open(&fs, folder_->meta()));
    catalog_ = TRY(meta::Catalog::Open(store_.get()));
    oracle_ = TRY(coordinator::LocalOracle::Open(catalog_.get(), &clock_));

    wal::FileLogOptions log = settings.wal;
    std::random_device random;
    log.salt = (uint64_t{random()} << 32) | random();
    log_ = TRY(wal::FileLog::Open(fs, folder_->wal(), log));

    std::vector<roles::CollectionPtr> collections;
    for (CollectionInfo& info : TRY(catalog_->LoadCollections())) {
      collections.push_back(std::make_shared<const CollectionInfo>(std::move(info)));
    }
    shard::HostOptions shards = settings.shard;
    shards.budget = budget_;
    shards.anonymous_bytes = [] { return ReadAnonymousBytes(); };
    shards_ =
        std::make_unique<shard::ShardHost>(std::move(shards), &fs, folder_->shards(),
                                           catalog_.get(), log_.get(), oracle_.get(), &clock_);
    TRY(shards_->Recover(collections));

    coordinator::CoordinatorOptions limits;
    limits.databases_max = settings.limits.databases_max;
    limits.collections_max = settings.limits.collections_max;
    limits.collections_per_database_max = settings.limits.collections_per_database_max;
    limits.partitions_max = settings.limits.partitions_max;
    limits.general_capacity_max = settings.limits.general_capacity_max;
    limits.resource_groups_max = settings.limits.resource_groups_max;
    coordinator_ = TRY(
        coordinator::LocalCoordinator::Open(catalog_.get(), oracle_.get(), shards_.get(), limits));
    return Status();
  }

  Status Serve(const Settings& settings) {
    gateway_ = std::make_unique<gateway::Gateway>(
        coordinator_.get(), shards_.get(),
        std::make_shared<const gateway::Limits>(settings.limits));
    access_ = TRY(access::AccessControl::Open(catalog_.get(), settings.access));
    authenticator_ = TRY(access::Authenticator::Make(access_.get(), settings.authenticator));
    guard_ = std::make_unique<server::AccessGuard>(access_.get(), authenticator_.get(),
                                                   coordinator_.get(), settings.guard);
    quotas_ = std::make_unique<gateway::Quotas>(settings.quotas, coordinator_.get(), &clock_);
    limiter_ = std::make_unique<server::QuotaLimiter>(quotas_.get());
    service_.gateway = gateway_.get();
    service_.quotas = quotas_.get();
    service_.access_control = access_.get();
    service_.super_users = SplitAtCommas(settings.super_users);
    service_.version = kVersion;
    service_.address = settings.listen;
    service_.message_bytes_max = settings.server.grpc.response_bytes_max;
    service_.slow_request_ms = settings.slow_request_ms;
    server::RegisterMilvus(&service_, &table_);
    server::AddHealthService([this] { return Health(); }, &table_);
    if (settings.quotas.enabled) table_.Limit(limiter_.get());
    if (settings.authorization) {
      table_.Protect(guard_.get());
      if (access_->has_default_password()) {
        LOG_WARNING("root still has the default password: change it");
      }
    }
    service_.hardware = [folder = settings.data] { return ReadHardware(folder); };
    service_.problem = [this] { return shards_->problem(); };
    pool_ = std::make_unique<ThreadPool>("request", settings.request_threads_max,
                                         settings.server.grpc.requests_max);
    server::RestOptions rest;
    rest.requests_max = settings.server.grpc.requests_max;
    rest.bytes_max = std::min<size_t>(settings.server.grpc.bytes_max, budget_->Share(1, 4));
    rest.budget = budget_.get();
    rest.response_bytes_max = settings.server.grpc.response_bytes_max;
    rest.timeout = settings.rest_timeout;
    std::random_device random;
    rest_ = std::make_unique<server::RestService>(rest, &table_, pool_.get(), std::string(kVersion),
                                                  (uint64_t{random()} << 32) | random());
    TRY(server_->Start(&table_, pool_.get(),
                       [this](server::HttpRequest request, server::HttpReply reply) {
                         rest_->Handle(std::move(request), std::move(reply));
                       }));
    gauges_ = std::make_unique<Gauges>(
        coordinator_.get(), shards_.get(), [this] { return shards_->growing_bytes(); },
        budget_.get());
    server::AdminServer::Admits admits;
    if (!settings.admin_server.endpoint.IsLoopback()) {
      admits = [this](const server::HttpRequest& request) {
        return authenticator_->UserOf(server::AuthorizationOf(request), request.peer).ok();
      };
    }
    admin_ = TRY(server::AdminServer::Start(
        settings.admin_server, [this] { return Health(); }, [this] { return gauges_->Render(); },
        std::move(admits), ManagementOf(settings)));
    return Status();
  }

  // An operator is whoever reaches a loopback port of a server that knows no users; else root, or a
  // user with the role admin.
  server::Management ManagementOf(const Settings& settings) {
    server::Management management;
    management.stop = [] { ::kill(::getpid(), SIGTERM); };
    management.setting = [settings](std::string_view key) -> std::optional<std::string> {
      for (const Setting& setting : AllSettings()) {
        if (setting.key == key) return setting.get(settings);
      }
      return std::nullopt;
    };
    management.address = settings.listen;
    if (settings.authorization || !settings.admin_server.endpoint.IsLoopback()) {
      management.admits = [this](const server::HttpRequest& request) {
        const auto user = authenticator_->UserOf(server::AuthorizationOf(request), request.peer);
        if (!user.ok()) return false;
        if (*user == access::kRootUser) return true;
        const auto rules = access_->rules();
        const auto found = rules->users.find(*user);
        return found != rules->users.end() &&
               std::ranges::find(found->second.roles, access::kAdminRole) !=
                   found->second.roles.end();
      };
    }
    return management;
  }

  server::Health Health() const {
    server::Health health;
    const std::string problem = shards_->problem();
    health.healthy = problem.empty();
    if (!health.healthy) health.state = problem;
    health.components.push_back({"standalone", health.healthy ? 1 : 2});
    return health;
  }

  SystemClock clock_;
  std::shared_ptr<MemoryBudget> budget_;
  std::unique_ptr<DataFolder> folder_;
  std::unique_ptr<meta::RocksMetaStore> store_;
  std::unique_ptr<meta::Catalog> catalog_;
  std::unique_ptr<coordinator::LocalOracle> oracle_;
  std::unique_ptr<wal::Log> log_;
  std::unique_ptr<shard::ShardHost> shards_;
  std::unique_ptr<coordinator::LocalCoordinator> coordinator_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<gateway::Quotas> quotas_;
  std::unique_ptr<server::QuotaLimiter> limiter_;
  std::unique_ptr<access::AccessControl> access_;
  std::unique_ptr<access::Authenticator> authenticator_;
  std::unique_ptr<server::AccessGuard> guard_;
  CallbackGauge default_password_{"elanus_default_root_password",
                                  "1 while root has the password of the settings.",
                                  [this] { return access_->has_default_password() ? 1.0 : 0.0; }};
  server::MilvusService service_;
  server::RpcTable table_;
  std::unique_ptr<server::RestService> rest_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<Gauges> gauges_;
  std::unique_ptr<server::AdminServer> admin_;
};

}  // namespace

Result<std::unique_ptr<Service>> StartStandalone(const Settings& settings, io::FileSystem& fs) {
  return Standalone::Start(settings, fs);
}

Result<std::unique_ptr<meta::MetaStore>> OpenCatalog(io::FileSystem& fs, const std::string& path,
                                                     CatalogUse use) {
  auto store = TRY(use == CatalogUse::kRead ? meta::RocksMetaStore::OpenToRead(&fs, path)
                                            : meta::RocksMetaStore::Open(&fs, path));
  return std::unique_ptr<meta::MetaStore>(std::move(store));
}

}  // namespace elanus::app
