// Databases of LocalCoordinator.
#include <utility>

#include "base/crash_point.h"
#include "coordinator/local_coordinator.h"

namespace elanus::coordinator {

Status LocalCoordinator::CreateDatabase(std::string_view name, const Properties& properties) {
  const std::lock_guard lock(ddl_mutex_);
  if (view_.HasDatabase(name)) {
    return Fail(Code::kParameterInvalid, "database already exist: " + std::string(name));
  }
  if (static_cast<int64_t>(view_.Databases().size()) > options_.databases_max) {
    return FailWith(Code::kDatabaseCountExceeded,
                    {{"limit", std::to_string(options_.databases_max)}});
  }
  DatabaseInfo database;
  database.id = TRY(catalog_->AllocateIds(1));
  database.name = name;
  database.created = oracle_->Next();
  database.properties = properties;
  TRY(catalog_->PutDatabase(database));
  CrashHere(CrashPoint::kDatabasePut);
  view_.PutDatabase(std::move(database));
  return {};
}

Status LocalCoordinator::DropDatabase(std::string_view name) {
  const std::lock_guard lock(ddl_mutex_);
  if (name == kDefaultDatabaseName) {
    return Fail(Code::kParameterInvalid, "can not drop default database");
  }
  if (!view_.HasDatabase(name)) return {};
  if (view_.size(name) > 0) {
    return Fail(Code::kParameterInvalid,
                "database:" + std::string(name) +
                    " not empty, must drop all collections before drop database");
  }
  TRY(catalog_->DropDatabase(std::string(name)));
  CrashHere(CrashPoint::kDatabaseDropped);
  view_.RemoveDatabase(name);
  return {};
}

Status LocalCoordinator::AlterDatabase(std::string_view name, const roles::PropertyChange& change) {
  const std::lock_guard lock(ddl_mutex_);
  DatabaseInfo database = TRY(view_.FindDatabase(name));
  if (!Apply(change, &database.properties)) return {};
  TRY(catalog_->PutDatabase(database));
  view_.PutDatabase(std::move(database));
  return {};
}

}  // namespace elanus::coordinator
