#include "app/settings.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <type_traits>
#include <utility>

namespace elanus::app {
namespace {

constexpr int64_t kAny = std::numeric_limits<int64_t>::max();

int64_t NumberOf(std::chrono::milliseconds value) { return value.count(); }
template <std::integral T>
int64_t NumberOf(T value) {
  return static_cast<int64_t>(value);
}

// `field` is a function that gives the member: FIELD(limits.top_k_max).
#define FIELD(member) [](auto& settings) -> auto& { return settings.member; }

// A whole number of `unit`s of the field: milliseconds, rows, or bytes unless said otherwise.
template <typename Access>
Setting Number(std::string key, Access field, int64_t min, int64_t max, std::string meaning,
               int64_t unit = 1) {
  using Field = std::remove_reference_t<decltype(field(std::declval<Settings&>()))>;
  const std::string range = max == kAny ? "at least " + std::to_string(min)
                                        : std::to_string(min) + " .. " + std::to_string(max);
  return {std::move(key), range, std::move(meaning),
          [=](const Settings& settings) {
            const int64_t value = NumberOf(field(settings));
            return std::to_string(value < 0 ? value : value / unit);
          },
          [=](std::string_view text, Settings* settings) {
            int64_t value = 0;
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), value);
            if (error != std::errc() || end != text.data() + text.size()) return false;
            if (value < min || value > std::min(max, kAny / unit)) return false;
            field(*settings) = static_cast<Field>(value < 0 ? value : value * unit);
            return true;
          }};
}

// A rate, in `unit`s of the field; -1: any.
template <typename Access>
Setting Rate(std::string key, Access field, std::string meaning, double unit = 1) {
  return {std::move(key), "-1, or a number from 0 on", std::move(meaning),
          [=](const Settings& settings) {
            const double value = field(settings);
            char text[32];
            const auto [end, error] =
                std::to_chars(text, text + sizeof text, value < 0 ? -1 : value / unit);
            return std::string(text, error == std::errc() ? end : text);
          },
          [=](std::string_view text, Settings* settings) {
            double value = 0;
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), value);
            if (error != std::errc() || end != text.data() + text.size()) return false;
            if (!(value >= 0) && value != -1) return false;
            field(*settings) = value < 0 ? -1 : value * unit;
            return true;
          }};
}

// One of a few words, each a value of the field.
template <typename Access, typename Value>
Setting Choice(std::string key, Access field, std::vector<std::pair<std::string, Value>> choices,
               std::string meaning) {
  std::string range;
  for (const auto& [name, value] : choices) range += (range.empty() ? "" : ", ") + name;
  return {std::move(key), std::move(range), std::move(meaning),
          [=](const Settings& settings) {
            for (const auto& [name, value] : choices) {
              if (value == field(settings)) return name;
            }
            return std::string();
          },
          [=](std::string_view text, Settings* settings) {
            for (const auto& [name, value] : choices) {
              if (name != text) continue;
              field(*settings) = value;
              return true;
            }
            return false;
          }};
}

template <typename Access>
Setting Flag(std::string key, Access field, std::string meaning) {
  Setting setting =
      Choice(std::move(key), field,
             std::vector<std::pair<std::string, bool>>{{"true", true}, {"false", false}},
             std::move(meaning));
  const auto exact = setting.set;
  setting.set = [exact](std::string_view text, Settings* settings) {
    if (text == "True" || text == "TRUE") text = "true";
    if (text == "False" || text == "FALSE") text = "false";
    return exact(text, settings);
  };
  return setting;
}

template <typename Access>
Setting Text(std::string key, Access field, std::string range, std::string meaning) {
  return {std::move(key), std::move(range), std::move(meaning),
          [=](const Settings& settings) { return field(settings); },
          [=](std::string_view text, Settings* settings) {
            field(*settings) = text;
            return true;
          }};
}

// The text of an error does not hold a key.
Result<std::vector<std::pair<std::string, std::string>>> ParseApiKeys(const std::string& text) {
  constexpr size_t kKeyMin = 16;
  std::vector<std::pair<std::string, std::string>> keys;
  for (const std::string& part : SplitAtCommas(text)) {
    const size_t equals = part.rfind('=');
    if (equals == std::string::npos || equals < kKeyMin || equals + 1 == part.size() ||
        part.find(':') != std::string::npos) {
      return Fail(Code::kParameterInvalid,
                  "setting common.security.apiKeys: entry " + std::to_string(keys.size() + 1) +
                      " is not KEY=USER with a key of at least " + std::to_string(kKeyMin) +
                      " characters, none of them ':'");
    }
    keys.emplace_back(part.substr(0, equals), part.substr(equals + 1));
  }
  return keys;
}

std::vector<Setting> Table() {
  constexpr int64_t kMiB = 1 << 20;
  std::vector<Setting> table;
  const auto add = [&](Setting setting) { table.push_back(std::move(setting)); };

  add(Text("data", FIELD(data), "a folder", "Where everything is kept; made if it is not there."));
  add(Text("listen", FIELD(listen), "HOST:PORT",
           "The address clients use, for gRPC and HTTP. Anyone who reaches it may do everything "
           "while authorization is off."));
  add(Text("admin", FIELD(admin), "HOST:PORT", "The address of health checks and metrics."));

  add(Choice("log.level", FIELD(log.level),
             std::vector<std::pair<std::string, LogLevel>>{{"debug", LogLevel::kDebug},
                                                           {"info", LogLevel::kInfo},
                                                           {"warn", LogLevel::kWarning},
                                                           {"error", LogLevel::kError}},
             "The least severe events that are logged."));
  add(Choice("log.format", FIELD(log.json),
             std::vector<std::pair<std::string, bool>>{{"text", false}, {"json", true}},
             "How an event is written; always one line."));
  add(Text("log.file.path", FIELD(log.file), "a file, or empty", "Empty: standard error."));
  add(Number("log.file.maxSize", FIELD(log.file_bytes_max), 1, 1 << 20,
             "MiB after which a new file is begun.", kMiB));
  add(Number("log.file.maxBackups", FIELD(log.files_max), 1, 1000,
             "Log files kept, with the current one."));

  add(Number("proxy.maxNameLength", FIELD(limits.name_length_max), 1, 65535,
             "Characters in the name of a collection, field, partition, alias or index."));
  add(Number("proxy.maxCollectionDescriptionLength", FIELD(limits.collection_description_max), 0,
             kMiB, "Bytes in the description of a collection."));
  add(Number("proxy.maxFieldNum", FIELD(limits.fields_max), 1, 1024, "Fields of a collection."));
  add(Number("proxy.maxVectorFieldNum", FIELD(limits.vector_fields_max), 1, 64,
             "Vector fields of a collection."));
  add(Number("proxy.maxShardNum", FIELD(limits.shards_max), 1, 1024,
             "The shards_num a collection may be created with."));
  add(Number("proxy.maxDimension", FIELD(limits.dim_max), 2, 1 << 20,
             "Dimensions of a vector; eight times as many for binary ones."));
  add(Number("proxy.maxVarCharLength", FIELD(limits.varchar_length_max), 1, 65535,
             "Bytes that max_length of a VarChar may allow."));
  add(Number("proxy.maxArrayCapacity", FIELD(limits.array_capacity_max), 1, 65535,
             "Elements that max_capacity of an Array may allow."));
  add(Number("proxy.maxIndexParamsSize", FIELD(limits.index_params_bytes_max), 1, 64 * kMiB,
             "Bytes of the parameters of one index."));
  add(Number("proxy.minPasswordLength", FIELD(access.password_min), 1, 72, "Bytes of a password."));
  add(Number("proxy.maxPasswordLength", FIELD(access.password_max), 1, 72,
             "Bytes of a password; bcrypt reads no more than 72."));
  add(Number("proxy.maxUsernameLength", FIELD(access.user_name_max), 1, 255,
             "Characters in the name of a user."));
  add(Number("proxy.maxUserNum", FIELD(access.users_max), 1, 1'000'000, "Users."));
  add(Number("proxy.maxRoleNum", FIELD(access.roles_max), 2, 1'000'000,
             "Roles, with admin and public."));
  add(Number("proxy.grpc.serverMaxRecvSize", FIELD(server.grpc.request_bytes_max), 1024,
             (int64_t{1} << 31) - 1, "Bytes of one request."));
  add(Number("proxy.grpc.serverMaxSendSize", FIELD(server.grpc.response_bytes_max), 1024,
             (int64_t{1} << 31) - 1, "Bytes of one response."));

  add(Number("proxy.http.requestTimeoutMs", FIELD(rest_timeout), 1, 86'400'000,
             "Milliseconds that a REST request is given, if its header Request-Timeout names no "
             "seconds."));

  add(Number("rootCoord.maxDatabaseNum", FIELD(limits.databases_max), 0, kAny,
             "Databases beside `default`."));
  add(Number("rootCoord.maxPartitionNum", FIELD(limits.partitions_max), 1, 65536,
             "Partitions of a collection, with _default."));
  add(Number("rootCoord.maxGeneralCapacity", FIELD(limits.general_capacity_max), 1, kAny,
             "Sum of partitions x shards over all collections."));

  add(Number("quotaAndLimits.limits.maxCollectionNum", FIELD(limits.collections_max), 1, kAny,
             "Collections in all."));
  add(Number("quotaAndLimits.limits.maxCollectionNumPerDB",
             FIELD(limits.collections_per_database_max), 1, kAny, "Collections of one database."));
  add(Number("quotaAndLimits.limits.maxResourceGroupNumOfQueryNode",
             FIELD(limits.resource_groups_max), 1, kAny, "Resource groups, with the default one."));
  add(Number("quotaAndLimits.limits.topK", FIELD(limits.top_k_max), 1, kMiB,
             "Hits that a search may ask for."));
  add(Number("quotaAndLimits.limits.nq", FIELD(limits.queries_max), 1, kMiB,
             "Query vectors in one search."));
  add(Number("quotaAndLimits.limits.maxQueryResultWindow", FIELD(limits.result_window_max), 1, kAny,
             "Offset and limit of a search or query together."));
  add(Number("quotaAndLimits.limits.maxOutputSize", FIELD(limits.output_bytes_max), 1024, kAny,
             "Bytes of one result."));
  add(Number("quotaAndLimits.limits.maxInsertSize", FIELD(limits.insert_bytes_max), -1, kAny,
             "Bytes of one insert or upsert; -1: as many as a request may have."));

  add(Flag("quotaAndLimits.enabled", FIELD(quotas.enabled),
           "Whether requests are held against quotas: the settings below, and properties of "
           "collections and databases."));
  using gateway::Use;
#define RATE(use, scope) FIELD(quotas.rates[static_cast<size_t>(Use::use)].scope)
  add(Flag("quotaAndLimits.ddl.enabled", FIELD(quotas.ddl), "Whether these two hold."));
  add(Rate("quotaAndLimits.ddl.collectionRate", RATE(kCollectionDdl, server),
           "Creating, dropping, loading and releasing collections, a second."));
  add(Rate("quotaAndLimits.ddl.partitionRate", RATE(kPartitionDdl, server),
           "The same of partitions."));
  add(Rate("quotaAndLimits.ddl.db.collectionRate", RATE(kCollectionDdl, database),
           "In one database."));
  add(Rate("quotaAndLimits.ddl.db.partitionRate", RATE(kPartitionDdl, database),
           "In one database."));
  add(Flag("quotaAndLimits.indexRate.enabled", FIELD(quotas.index), "Whether these hold."));
  add(Rate("quotaAndLimits.indexRate.max", RATE(kIndex, server),
           "Creating and dropping indexes, a second."));
  add(Rate("quotaAndLimits.indexRate.db.max", RATE(kIndex, database), "In one database."));
  add(Flag("quotaAndLimits.flushRate.enabled", FIELD(quotas.flush), "Whether these hold."));
  add(Rate("quotaAndLimits.flushRate.max", RATE(kFlush, server), "Flushes a second."));
  add(Rate("quotaAndLimits.flushRate.db.max", RATE(kFlush, database), "In one database."));
  add(Rate("quotaAndLimits.flushRate.collection.max", RATE(kFlush, collection),
           "Of one collection."));
  add(Flag("quotaAndLimits.compactionRate.enabled", FIELD(quotas.compaction),
           "Whether these hold."));
  add(Rate("quotaAndLimits.compactionRate.max", RATE(kCompaction, server),
           "Requests for a compaction, a second."));
  add(Rate("quotaAndLimits.compactionRate.db.max", RATE(kCompaction, database),
           "In one database."));
  add(Flag("quotaAndLimits.dbRate.enabled", FIELD(quotas.database), "Whether this holds."));
  add(Rate("quotaAndLimits.dbRate.max", RATE(kDatabaseDdl, server),
           "Creating, dropping and altering databases, a second."));
  add(Flag("quotaAndLimits.dml.enabled", FIELD(quotas.dml), "Whether these hold."));
  const auto add_rates = [&](Use use, const std::string& key, const std::string& what,
                             double unit) {
    const auto at = static_cast<size_t>(use);
    const auto add_one = [&](const std::string& scope, const std::string& meaning, auto field) {
      add(Rate(
          key + scope, [=](auto& settings) -> auto& { return field(settings.quotas.rates[at]); },
          meaning, unit));
    };
    add_one(".max", what, FIELD(server));
    add_one(".db.max", "In one database.", FIELD(database));
    add_one(".collection.max", "In one collection.", FIELD(collection));
    add_one(".partition.max", "In one partition.", FIELD(partition));
  };
  add_rates(Use::kInsert, "quotaAndLimits.dml.insertRate", "MiB of inserts and upserts a second.",
            kMiB);
  add_rates(Use::kDelete, "quotaAndLimits.dml.deleteRate", "MiB of delete requests a second.",
            kMiB);
  add(Flag("quotaAndLimits.dql.enabled", FIELD(quotas.dql), "Whether these hold."));
  add_rates(Use::kSearch, "quotaAndLimits.dql.searchRate", "Vectors searched with, a second.", 1);
  add_rates(Use::kQuery, "quotaAndLimits.dql.queryRate", "Queries a second.", 1);
#undef RATE
  add(Flag("quotaAndLimits.limitWriting.forceDeny", FIELD(quotas.deny_writing),
           "Whether every insert, upsert and delete is refused."));
  add(Flag("quotaAndLimits.limitReading.forceDeny", FIELD(quotas.deny_reading),
           "Whether every search and query is refused."));
  add(Flag("quotaAndLimits.forceDenyAllDDL", FIELD(quotas.deny_ddl),
           "Whether every change to collections, partitions and indexes is refused."));

  add(Number("common.JSONMaxLength", FIELD(limits.json_length_max), 1, 64 * kMiB,
             "Bytes of one JSON value."));
  add(Choice("common.security.tlsMode", FIELD(tls.mode),
             std::vector<std::pair<std::string, server::TlsOptions::Mode>>{
                 {"0", server::TlsOptions::Mode::kOff},
                 {"1", server::TlsOptions::Mode::kServer},
                 {"2", server::TlsOptions::Mode::kMutual}},
             "0: both ports in the clear. 1: TLS on both. 2: clients show a certificate, too."));
  add(Flag("common.security.authorizationEnabled", FIELD(authorization),
           "Whether users must log in."));
  add(Text("common.security.defaultRootPassword", FIELD(access.root_password), "text",
           "The password of root until it is changed."));
  add(Text("common.security.superUsers", FIELD(super_users), "names, with commas between",
           "Who may change anybody's password without the old one."));
  add(Flag("common.security.rootShouldBindRole", FIELD(guard.root_is_bound),
           "Whether root, too, may only do what its roles allow."));
  add(Flag(
      "common.security.enablePublicPrivilege", FIELD(access.public_privileges),
      "Whether the role public may describe collections, indexes and aliases; read when a data "
      "folder is made."));
  add(Text("common.security.apiKeys", FIELD(api_keys), "KEY=USER, with commas between",
           "Tokens that log a user in without a password. Keep them in a file that others cannot "
           "read, or in the environment."));

  add(Text(
      "tls.serverPemPath", FIELD(tls.certificate), "a PEM file",
      "The server's certificate, then those between it and the root. Replaced files are taken up "
      "without a restart."));
  add(Text("tls.serverKeyPath", FIELD(tls.key), "a PEM file", "The key of that certificate."));
  add(Text("tls.caPemPath", FIELD(tls.ca), "a PEM file",
           "Who signs the certificates of clients; for tlsMode 2."));

  add(Number("gateway.maxSearchIterators", FIELD(limits.search_iterators_max), 1, kAny,
             "Search iterators remembered; over it the longest resting is forgotten."));
  add(Number("gateway.searchIteratorIdleSeconds", FIELD(limits.search_iterator_idle_s), 1, kAny,
             "How long a search iterator may rest between two pages."));

  add(Number("server.connectionsMax", FIELD(server.listener.connections_max), 1, kMiB,
             "Connections on the client port; more are closed at once."));
  add(Number("server.requestsMax", FIELD(server.grpc.requests_max), 1, kMiB,
             "Requests in flight, those that wait included; more are refused."));
  add(Number("server.requestBytesMax", FIELD(server.grpc.bytes_max), kMiB, kAny,
             "Bytes of all requests and responses in flight; more are refused."));
  add(Number("server.requestThreadsMax", FIELD(request_threads_max), 1, 4096,
             "Requests that are worked on at a time; the others wait."));
  add(Number("server.drainMs", FIELD(drain_max), 0, 3'600'000,
             "Milliseconds that requests in flight are given when the server stops."));
  add(Number("server.slowRequestMs", FIELD(slow_request_ms), 0, 86'400'000,
             "Searches and queries that take as long are logged with their plan; 0: none."));

  add(Number("memory.limit", FIELD(memory_limit), 0, 1 << 30,
             "MiB of memory that the process may take, mapped files aside: rows not yet in files, "
             "index builds, requests. 0: 70 % of what its control group, its resource limits and "
             "the machine allow.",
             kMiB));

  add(Number("wal.fileSize", FIELD(wal.file_bytes), 1, 4096, "MiB of one file of the log.", kMiB));
  add(Flag("wal.direct", FIELD(wal.direct), "Whether the log goes past the page cache."));
  add(Number("wal.softLimit", FIELD(shard.log_bytes_soft), 64, 1 << 20,
             "MiB of log after which the shards that hold it back are flushed.", kMiB));

  add(Number("shard.growingLimit", FIELD(shard.growing_bytes_max), 64, 1 << 20,
             "MiB of rows that are not in segment files yet; writers wait at it.", kMiB));
  add(Number("shard.sealRows", FIELD(shard.shard.seal_rows), 1024, kMiB,
             "Rows at which a growing segment is sealed."));
  add(Number("shard.sealSize", FIELD(shard.shard.seal_bytes), 1, 4096,
             "MiB at which a growing segment is sealed.", kMiB));
  add(Number("shard.segmentSize", FIELD(shard.shard.segment_bytes_max), 64, 65536,
             "MiB up to which segments are merged.", kMiB));
  add(Number("shard.indexMinRows", FIELD(shard.shard.index_rows_min), 1, kMiB,
             "Smaller segments are searched exactly, without the index that was asked for."));
  add(Number("shard.quietMs", FIELD(shard.shard.quiet_ms), 0, 86'400'000,
             "Milliseconds without writes after which a shard is merged and indexed whatever its "
             "size."));
  add(Number("shard.historyMs", FIELD(shard.shard.history_ms), 0, 86'400'000,
             "Milliseconds for which what was deleted stays readable at an earlier timestamp."));
  add(Number(
      "shard.ttlGraceMs", FIELD(shard.shard.ttl_grace_ms), 0, 86'400'000,
      "How long rows that outlived their collection's TTL are kept, unseen: so long a longer "
      "TTL brings them back."));
  add(Number("shard.backgroundRate", FIELD(shard.background_bytes_per_second), 0, kMiB,
             "MiB a second that merges and index builds write; 0: as fast as they can.", kMiB));
  add(Number("shard.buildThreads", FIELD(shard.shard.build_threads), 1, 1024,
             "Threads that build one index."));
  return table;
}

#undef FIELD

}  // namespace

const std::vector<Setting>& AllSettings() {
  static const std::vector<Setting> table = Table();
  return table;
}

Status Set(std::string_view key, std::string_view value, Settings* settings) {
  for (const Setting& setting : AllSettings()) {
    if (setting.key != key) continue;
    if (setting.set(value, settings)) return Status();
    return Fail(Code::kParameterInvalid, "setting " + setting.key + ": '" + std::string(value) +
                                             "' is not in " + setting.range);
  }
  return Fail(Code::kNotFound,
              "there is no setting '" + std::string(key) + "'; `elanus config` prints them all");
}

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return parts;
}

Result<Settings> Validated(Settings settings) {
  settings.authenticator.api_keys = TRY(ParseApiKeys(settings.api_keys));
  settings.server.tls = settings.tls;
  settings.admin_server.tls = settings.tls;
  if (settings.data.empty()) {
    return Fail(Code::kParameterInvalid, "setting data: must name a folder");
  }
  constexpr uint64_t kLeastMemory = 32 << 20;
  if (settings.memory_limit != 0 && settings.memory_limit < kLeastMemory) {
    return Fail(Code::kParameterInvalid, "setting memory.limit: must be 0, or at least 32");
  }
  settings.server.listener.endpoint = TRY(server::Endpoint::Parse(settings.listen));
  settings.admin_server.endpoint = TRY(server::Endpoint::Parse(settings.admin));
  return settings;
}

}  // namespace elanus::app
