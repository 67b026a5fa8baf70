#include "gateway/quotas.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "gateway/request.h"
#include "gateway/text.h"

namespace elanus::gateway {
namespace {

constexpr double kMegabyte = 1 << 20;

bool Writes(Use use) { return use == Use::kInsert || use == Use::kDelete; }
bool Reads(Use use) { return use == Use::kSearch || use == Use::kQuery; }

// A rate that a property of the collection sets; nothing: none, or no number.
std::optional<double> OwnRate(const Properties& properties, Use use) {
  struct Key {
    Use use;
    std::string_view key;
    double unit;
  };
  static constexpr Key kKeys[] = {{Use::kInsert, "collection.insertRate.max.mb", kMegabyte},
                                  {Use::kDelete, "collection.deleteRate.max.mb", kMegabyte},
                                  {Use::kSearch, "collection.searchRate.max.vps", 1},
                                  {Use::kQuery, "collection.queryRate.max.qps", 1}};
  for (const Key& key : kKeys) {
    if (key.use != use) continue;
    const std::string* text = FindProperty(properties, key.key);
    if (text == nullptr) return std::nullopt;
    double rate = 0;
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, rate);
    if (error != std::errc() || stop != end || rate < 0) return std::nullopt;
    return rate * key.unit;
  }
  return std::nullopt;
}

Status Denied(std::string_view reason) {
  return FailWith(Code::kQuotaExceeded,
                  {{"reason", Concat("access has been disabled by the administrator: ", reason)}});
}

// As Go prints a float64: no more digits than it takes.
std::string Printed(double number) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number);
  return error == std::errc() ? std::string(text, end) : std::to_string(number);
}

}  // namespace

std::string_view NameOf(Use use) {
  switch (use) {
    case Use::kInsert:
      return "DMLInsert";
    case Use::kDelete:
      return "DMLDelete";
    case Use::kSearch:
      return "DQLSearch";
    case Use::kQuery:
      return "DQLQuery";
    case Use::kCollectionDdl:
      return "DDLCollection";
    case Use::kPartitionDdl:
      return "DDLPartition";
    case Use::kIndex:
      return "DDLIndex";
    case Use::kFlush:
      return "DDLFlush";
    case Use::kCompaction:
      return "DDLCompaction";
    case Use::kDatabaseDdl:
      return "DDLDB";
  }
  return "";
}

Quotas::Quotas(const QuotaOptions& options, roles::Coordinator* coordinator, const Clock* clock)
    : options_(options), coordinator_(coordinator), clock_(clock) {}

// A database that is closed stays open to what alters databases: it could not be opened again.
Status Quotas::CheckOpen(Use use, const DatabaseInfo* database) const {
  if (Writes(use) && options_.deny_writing) return Denied("config force deny writing");
  if (Reads(use) && options_.deny_reading) return Denied("config force deny reading");
  const bool ddl = !Writes(use) && !Reads(use) && use != Use::kDatabaseDdl;
  if (ddl && options_.deny_ddl) return Denied("config force deny ddl");
  if (database == nullptr || database->properties.empty()) return {};
  const Properties& properties = database->properties;
  if (Writes(use) && IsTrue(properties, "database.force.deny.writing")) {
    return Denied("force deny writing in database properties");
  }
  if (Reads(use) && IsTrue(properties, "database.force.deny.reading")) {
    return Denied("force deny reading in database properties");
  }
  if (!ddl) return {};
  constexpr std::string_view kDdl = "force deny DDL in database properties";
  const auto own_key = [use]() -> std::string_view {
    switch (use) {
      case Use::kCollectionDdl:
        return "database.force.deny.collectionDDL";
      case Use::kPartitionDdl:
        return "database.force.deny.partitionDDL";
      case Use::kIndex:
        return "database.force.deny.index";
      case Use::kFlush:
        return "database.force.deny.flush";
      case Use::kCompaction:
        return "database.force.deny.compaction";
      case Use::kInsert:
      case Use::kDelete:
      case Use::kSearch:
      case Use::kQuery:
      case Use::kDatabaseDdl:
        break;
    }
    return "";
  };
  if (IsTrue(properties, "database.force.deny.ddl") || IsTrue(properties, own_key())) {
    return Denied(kDdl);
  }
  return {};
}

bool Quotas::RatesHold(Use use) const {
  switch (use) {
    case Use::kInsert:
    case Use::kDelete:
      return options_.dml;
    case Use::kSearch:
    case Use::kQuery:
      return options_.dql;
    case Use::kCollectionDdl:
    case Use::kPartitionDdl:
      return options_.ddl;
    case Use::kIndex:
      return options_.index;
    case Use::kFlush:
      return options_.flush;
    case Use::kCompaction:
      return options_.compaction;
    case Use::kDatabaseDdl:
      return options_.database;
  }
  return false;
}

// Of DDL only a flush is counted by collection.
std::vector<Quotas::Limit> Quotas::LimitsOf(const Request& request,
                                            const DatabaseInfo* database) const {
  std::vector<Limit> limits;
  const Use use = request.use;
  const Rates rates = RatesHold(use) ? options_.rates[static_cast<size_t>(use)] : Rates();
  const auto add = [&](double rate, int64_t of_database, int64_t collection, int64_t partition) {
    if (rate >= 0) limits.push_back({{use, of_database, collection, partition}, rate});
  };
  add(rates.server, 0, 0, 0);
  if (database == nullptr) return limits;
  add(rates.database, database->id, 0, 0);
  if (!Writes(use) && !Reads(use) && use != Use::kFlush) return limits;
  for (const std::string_view name : request.collections) {
    const auto found = coordinator_->Find(database->name, name);
    if (!found.ok()) continue;
    const CollectionInfo& info = **found;
    const std::optional<double> own = OwnRate(info.properties, use);
    add(own.value_or(rates.collection), database->id, info.id.value, 0);
    if (rates.partition < 0) continue;
    for (const std::string_view partition_name : request.partitions) {
      const Partition* partition = info.FindPartition(partition_name);
      if (partition == nullptr) continue;
      add(rates.partition, database->id, info.id.value, partition->id.value);
    }
  }
  return limits;
}

Status Quotas::Admit(const Request& request) {
  if (!options_.enabled) return {};
  std::optional<DatabaseInfo> database;
  if (request.use != Use::kDatabaseDdl) {
    auto found = coordinator_->FindDatabase(request.database);
    if (found.ok()) database = std::move(found).take();
  }
  const DatabaseInfo* known = database.has_value() ? &*database : nullptr;
  TRY(CheckOpen(request.use, known));
  const std::vector<Limit> limits = LimitsOf(request, known);
  if (limits.empty()) return {};
  for (const Limit& limit : limits) {
    if (limit.rate == 0) {
      return FailWith(Code::kQuotaExceeded,
                      {{"reason", Concat("rate type: ", NameOf(request.use))}});
    }
  }
  const double amount = request.amount();
  return amount > 0 ? Take(limits, amount) : Status();
}

Status Quotas::Take(const std::vector<Limit>& limits, double amount) {
  const int64_t now_ms = clock_->NowMs();
  const std::lock_guard lock(mutex_);
  std::vector<Bucket*> taken;
  for (const Limit& limit : limits) {
    const auto [place, is_new] = buckets_.try_emplace(limit.scope);
    Bucket& bucket = place->second;
    if (is_new) bucket = {limit.rate, now_ms};
    const double since_s = static_cast<double>(std::max<int64_t>(0, now_ms - bucket.at_ms)) / 1000;
    bucket.tokens = std::min(limit.rate, bucket.tokens + since_s * limit.rate);
    bucket.at_ms = std::max(bucket.at_ms, now_ms);
    if (bucket.tokens < 0) {
      for (Bucket* other : taken) other->tokens += amount;
      return FailWith(Code::kRateLimitExceeded,
                      "request is rejected by grpc RateLimiter middleware, please retry later",
                      {{"rate", Printed(limit.rate)}});
    }
    bucket.tokens -= amount;
    taken.push_back(&bucket);
  }
  if (buckets_.size() >= forget_at_) ForgetFullBuckets(now_ms);
  return {};
}

// A bucket that nobody has taken from for a while and that owes nothing is as good as a new one.
void Quotas::ForgetFullBuckets(int64_t now_ms) {
  constexpr int64_t kFullAfterMs = 1000;
  std::erase_if(buckets_, [&](const auto& entry) {
    return entry.second.tokens >= 0 && now_ms - entry.second.at_ms > kFullAfterMs;
  });
  forget_at_ = std::max<size_t>(1024, 2 * buckets_.size());
}

std::vector<Quotas::Closed> Quotas::ClosedNow() {
  std::vector<Closed> closed;
  if (!options_.enabled) return closed;
  const auto add = [&](Use use, const DatabaseInfo* database) {
    const Status status = CheckOpen(use, database);
    if (!status.ok()) closed.push_back({Writes(use), status.message()});
  };
  add(Use::kInsert, nullptr);
  add(Use::kSearch, nullptr);
  if (!closed.empty()) return closed;
  for (const std::string& name : coordinator_->Databases()) {
    const auto database = coordinator_->FindDatabase(name);
    if (!database.ok() || database->properties.empty()) continue;
    add(Use::kInsert, &*database);
    add(Use::kSearch, &*database);
  }
  return closed;
}

}  // namespace elanus::gateway
