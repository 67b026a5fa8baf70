// Settings: everything a user can set, as the option structs of the modules that use it.
// The one table in settings.cc gives each its key, default, range and meaning; the configuration
// file, environment, flags, `elanus config` and config/elanus.yaml all come from that table.
// A key is Milvus's where milvus.yaml has one.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "access/access_control.h"
#include "access/authenticator.h"
#include "base/log.h"
#include "base/status.h"
#include "gateway/limits.h"
#include "gateway/quotas.h"
#include "server/admin/admin_server.h"
#include "server/milvus/access_guard.h"
#include "server/server.h"
#include "shard/shard_host.h"
#include "wal/file/file_log.h"

namespace elanus::app {

struct Settings {
  std::string data = "./elanus-data";
  std::string listen = "127.0.0.1:19530";
  std::string admin = "127.0.0.1:9091";

  LogOptions log;
  gateway::Limits limits;
  gateway::QuotaOptions quotas;
  server::ServerOptions server;       // but for its endpoint: Validated() fills it in from `listen`
  server::AdminOptions admin_server;  // likewise from `admin`
  uint64_t memory_limit = 0;          // 0: a share of what the system allows
  size_t request_threads_max = 256;
  std::chrono::milliseconds drain_max{5'000};
  int64_t slow_request_ms = 1'000;
  std::chrono::milliseconds rest_timeout{30'000};
  bool authorization = false;
  server::TlsOptions tls;
  access::AccessOptions access;
  server::AccessGuard::Options guard;
  access::AuthenticatorOptions authenticator;  // but for its keys: Validated() reads them
  std::string super_users;
  std::string api_keys;
  wal::FileLogOptions wal;
  shard::HostOptions shard;
};

// A row of the table.
struct Setting {
  std::string key;
  std::string range;    // "1 .. 65535", "true, false", "text"
  std::string meaning;  // one or two sentences, with the unit
  // The value in `settings`, as it is written in the file.
  std::function<std::string(const Settings& settings)> get;
  // False: `text` is no value of this setting, or out of range; nothing changed.
  std::function<bool(std::string_view text, Settings* settings)> set;
};

// In the order they are printed; settings of one section are together.
const std::vector<Setting>& AllSettings();

// kParameterInvalid, naming key, value and range; kNotFound for a key that does not exist.
Status Set(std::string_view key, std::string_view value, Settings* settings);

std::vector<std::string> SplitAtCommas(std::string_view text);

// Checks what concerns several settings, parses the addresses.
Result<Settings> Validated(Settings settings);

// The YAML file that sets every setting to what it is, with default, range and meaning as comments.
std::string RenderYaml(const Settings& settings);

}  // namespace elanus::app
