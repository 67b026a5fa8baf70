#include "shard/shard_host.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <malloc.h>

#include "base/background.h"
#include "base/crash_point.h"
#include "base/log.h"

namespace elanus::shard {
namespace {

constexpr int64_t kObjectBlock = 1000;
constexpr uint64_t kIdleBlockBytes = 128 << 20;
constexpr std::chrono::seconds kTick(1);
constexpr std::chrono::seconds kLookAround(15);
constexpr std::chrono::seconds kTrimInterval(5);
// Of index files, in a tick in which there was nothing else to do.
constexpr size_t kScrubbedBytes = 32 << 20;
constexpr size_t kScrubbedShards = 100;
// Growing segments of fewer bytes are not worth a file, even when memory is short.
constexpr uint64_t kRelievedBytes = 256 << 10;

HostOptions Fitted(HostOptions options, const MemoryBudget& budget) {
  options.growing_bytes_max = std::min<size_t>(options.growing_bytes_max, budget.Share(1, 4));
  // Chunks double: a segment takes up to twice its data, so four of them fit.
  options.shard.seal_bytes =
      std::min<size_t>(options.shard.seal_bytes, std::max<uint64_t>(budget.Share(1, 32), 1 << 20));
  return options;
}

std::shared_ptr<MemoryBudget> OrUnlimited(std::shared_ptr<MemoryBudget> budget) {
  return budget != nullptr ? std::move(budget) : std::make_shared<MemoryBudget>();
}

}  // namespace

ShardHost::ShardHost(HostOptions options, io::FileSystem* fs, std::string dir,
                     meta::Catalog* catalog, wal::Log* log, roles::Oracle* oracle,
                     const Clock* clock)
    : budget_(OrUnlimited(options.budget)),
      options_(Fitted(std::move(options), *budget_)),
      catalog_(catalog),
      log_(log),
      fs_(fs),
      pace_(options_.background_bytes_per_second),
      paced_fs_(fs, &pace_),
      memory_(
          options_.growing_bytes_max, budget_.get(),
          [this] {
            if (relief_due_.exchange(true)) return;
            const std::lock_guard lock(work_mutex_);
            flusher_wake_.notify_one();
          },
          options_.memory_wait),
      compactions_(catalog),
      lane_(std::make_unique<Lane>(log, oracle)) {
  env_.fs = fs;
  env_.paced_fs = &paced_fs_;
  env_.dir = std::move(dir);
  env_.catalog = catalog;
  env_.oracle = oracle;
  env_.clock = clock;
  env_.lane = lane_.get();
  env_.memory = &memory_;
  env_.budget = budget_.get();
  env_.blocks = std::make_shared<segment::BlockPool>(
      std::min<uint64_t>(kIdleBlockBytes, budget_->Share(1, 16)), budget_);
  env_.options = options_.shard;
  env_.next_object = [this] { return NextObject(); };
  env_.wake_flusher = [this](ShardId id) {
    const std::lock_guard lock(work_mutex_);
    to_flush_.insert(id);
    flusher_wake_.notify_one();
  };
  env_.wake_worker = [this](ShardId id) {
    const std::lock_guard lock(work_mutex_);
    to_work_.insert(id);
    worker_wake_.notify_one();
  };
}

ShardHost::~ShardHost() {
  {
    const std::lock_guard lock(work_mutex_);
    stopping_ = true;
  }
  for (const ShardRef& shard : All()) shard->CancelJobs();
  pace_.Stop();
  flusher_wake_.notify_all();
  worker_wake_.notify_all();
  if (flusher_.joinable()) flusher_.join();
  if (worker_.joinable()) worker_.join();
  lane_.reset();
  shards_.clear();
  budget_->Add(MemoryUse::kResident, -resident_bytes_);
}

Status ShardHost::Recover(const std::vector<roles::CollectionPtr>& collections) {
  const auto begun = std::chrono::steady_clock::now();
  TRY(fs_->CreateDirs(env_.dir));
  std::map<ShardId, roles::CollectionPtr> by_shard;
  for (const roles::CollectionPtr& collection : collections)
    by_shard[collection->shard] = collection;
  TRY(CheckFolders(by_shard));
  std::map<ShardId, uint64_t> applied;
  for (const auto& [shard, lsn] : TRY(catalog_->LoadAppliedLsns())) applied[shard] = lsn;

  size_t records = 0;
  const Status read = log_->Read(
      log_->LowWater(), [&](wal::Lsn lsn, std::span<const std::string_view> frame) -> Status {
        for (const std::string_view bytes : frame) {
          const auto [id, ts] = TRY(PeekRecord(bytes));
          const auto collection = by_shard.find(id);
          if (collection == by_shard.end() || lsn <= applied[id]) continue;
          if (broken_.count(id) != 0) continue;
          auto opened = Open(collection->second);
          // A device may fail a call and answer the next one; damage stays.
          if (!opened.ok() && opened.status().code() == Code::kIoFailed)
            opened = Open(collection->second);
          if (!opened.ok()) {
            LOG_ERROR("collection cannot be opened; the others are served",
                      {"collection", collection->second->name},
                      {"error", opened.status().message()});
            const std::lock_guard lock(shards_mutex_);
            broken_[id] = {opened.status(), applied[id] + 1};
            continue;
          }
          TRY(Find(id)->Replay(TRY(DecodeWrite(bytes)), lsn));
          ++records;
          CrashHere(CrashPoint::kRecordReplayed);
        }
        // There may be less memory than when this was written.
        if (memory_.nearly_full() || budget_->Above(MemoryBudget::Line::kSoft)) {
          for (const ShardRef& shard : All()) {
            if (shard->damage().ok()) TRY(shard->FlushFrozen());
          }
          RelieveMemory();
        }
        return {};
      });
  TRY(Status(read));
  CrashHere(CrashPoint::kLogReplayed);
  for (const ShardRef& shard : All()) shard->FinishReplay();
  if (records > 0) {
    LOG_INFO("log replayed", {"records", records}, {"shards", shards_.size()},
             {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::steady_clock::now() - begun)
                        .count()});
  }
  TRY(compactions_.Load());
  CrashHere(CrashPoint::kCompactionsLoaded);
  for (const ShardId id : compactions_.Unfinished()) {
    const auto collection = by_shard.find(id);
    if (collection == by_shard.end()) {
      TRY(compactions_.Forget(id));
      continue;
    }
    const auto opened = Open(collection->second);
    if (!opened.ok()) {
      LOG_ERROR("collection cannot be opened to be compacted",
                {"collection", collection->second->name}, {"error", opened.status().message()});
    }
  }
  flusher_ = std::thread([this] { FlusherLoop(); });
  worker_ = std::thread([this] { WorkerLoop(); });
  return {};
}

// A folder goes before its shard is forgotten. So one of no collection tells of a catalog that has
// lost entries: to go on would lose rows without a word.
Status ShardHost::CheckFolders(const std::map<ShardId, roles::CollectionPtr>& known) {
  const std::vector<ShardId> dropped = TRY(catalog_->LoadTombstones());
  for (const std::string& name : TRY(fs_->List(env_.dir))) {
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const ShardId id(std::strtoll(name.c_str(), nullptr, 10));
    if (known.contains(id) || std::find(dropped.begin(), dropped.end(), id) != dropped.end())
      continue;
    return Fail(Code::kCorruption, "catalog: it has no collection for the files in " +
                                       io::JoinPath(env_.dir, name) +
                                       ": restore the whole data folder, or move them away");
  }
  return {};
}

Result<roles::ShardPtr> ShardHost::Open(const roles::CollectionPtr& collection) {
  if (ShardRef shard = Find(collection->shard)) return roles::ShardPtr(std::move(shard));
  const std::lock_guard opening(open_mutex_);
  if (ShardRef shard = Find(collection->shard)) return roles::ShardPtr(std::move(shard));
  {
    const std::lock_guard lock(shards_mutex_);
    if (const auto broken = broken_.find(collection->shard); broken != broken_.end())
      return broken->second.error;
  }
  ShardRef shard = TRY(LocalShard::Open(&env_, collection));
  if (flusher_.joinable()) {  // not while the log is being replayed
    lane_->RunTask([&] { shard->FinishReplay(); });
  }
  {
    const std::lock_guard lock(shards_mutex_);
    shards_[collection->shard] = shard;
  }
  env_.wake_worker(collection->shard);
  return roles::ShardPtr(std::move(shard));
}

Status ShardHost::Update(const roles::CollectionPtr& collection) {
  // A shard that is not open reads the catalog when it opens.
  if (const ShardRef shard = Find(collection->shard)) shard->Update(collection);
  return {};
}

Result<Compaction> ShardHost::Compact(const roles::CompactionRequest& request) {
  TRY(Open(request.collection));
  const ShardRef shard = Find(request.collection->shard);
  if (shard == nullptr) {
    return FailWith(Code::kCollectionNotFound, {{"collection", request.collection->name}});
  }
  const std::lock_guard planning(planning_mutex_);
  Compaction compaction =
      TRY(shard->PlanCompaction(request, compactions_.BusyIn(request.collection->shard)));
  if (compaction.plans.empty()) return compaction;
  compaction.id = TRY(NextObject());
  for (CompactionPlan& plan : compaction.plans) plan.id = TRY(NextObject());
  CrashHere(CrashPoint::kCompactionPlanned);
  TRY(compactions_.Begin(compaction));
  CrashHere(CrashPoint::kCompactionBegun);
  env_.wake_worker(request.collection->shard);
  return compaction;
}

// Worker thread. False: no plan of this shard waits, or what there is must wait longer.
bool ShardHost::RunNextPlan(const ShardRef& shard) {
  const auto next = compactions_.NextOf(shard->id());
  if (!next) return false;
  const int64_t id = next->compaction.id;
  CompactionPlan plan = next->compaction.plans[next->plan];
  auto targets = shard->RunPlan(next->compaction, plan, [&](const auto& made) {
    plan.targets = made;
    return compactions_.Note(id, next->plan, plan);
  });
  if (targets.ok()) {
    plan.targets = std::move(targets).take();
    plan.state = CompactionPlan::State::kDone;
  } else if (targets.status().code() == Code::kCancelled) {
    return false;  // goes on after the next start
  } else if (targets.status().code() == Code::kMemoryLimitExceeded) {
    return false;  // is tried again
  } else {
    LOG_ERROR("compaction failed", {"shard", shard->id().value}, {"compaction", id},
              {"error", targets.status().message()});
    plan.targets.clear();
    plan.state = CompactionPlan::State::kFailed;
    plan.failure = targets.status().message();
  }
  CrashHere(CrashPoint::kCompactionRun);
  if (const Status noted = compactions_.Note(id, next->plan, std::move(plan)); !noted.ok()) {
    LOG_ERROR("compaction not noted", {"compaction", id}, {"error", noted.message()});
    return false;
  }
  CrashHere(CrashPoint::kCompactionNoted);
  return true;
}

Status ShardHost::Drop(ShardId id) {
  ShardRef shard;
  {
    const std::lock_guard opening(open_mutex_);
    const std::lock_guard lock(shards_mutex_);
    broken_.erase(id);
    const auto found = shards_.find(id);
    if (found != shards_.end()) {
      shard = std::move(found->second);
      shards_.erase(found);
    }
  }
  if (shard != nullptr) {
    TRY(shard->Drop());
  } else {
    TRY(fs_->RemoveTree(io::JoinPath(env_.dir, std::to_string(id.value))));
    TRY(fs_->SyncDir(env_.dir));
  }
  CrashHere(CrashPoint::kShardFilesRemoved);
  TRY(compactions_.Forget(id));
  CrashHere(CrashPoint::kCompactionsForgotten);
  TRY(catalog_->ForgetShard(id));
  CrashHere(CrashPoint::kShardForgotten);
  return {};
}

Result<int64_t> ShardHost::NextObject() {
  const std::lock_guard lock(objects_mutex_);
  if (next_object_ == objects_end_) {
    next_object_ = TRY(catalog_->AllocateIds(kObjectBlock));
    objects_end_ = next_object_ + kObjectBlock;
  }
  return next_object_++;
}

ShardHost::ShardRef ShardHost::Find(ShardId id) const {
  const std::lock_guard lock(shards_mutex_);
  const auto found = shards_.find(id);
  return found == shards_.end() ? nullptr : found->second;
}

std::vector<ShardHost::ShardRef> ShardHost::All() const {
  const std::lock_guard lock(shards_mutex_);
  std::vector<ShardRef> shards;
  for (const auto& [id, shard] : shards_) shards.push_back(shard);
  return shards;
}

std::string ShardHost::problem() const {
  if (!log_->healthy()) return "the log cannot be written";
  const std::lock_guard lock(work_mutex_);
  return flush_problem_;
}

void ShardHost::FlusherLoop() {
  SetThreadName("flusher");
  std::unique_lock lock(work_mutex_);
  while (!stopping_) {
    flusher_wake_.wait_for(lock, kTick,
                           [this] { return stopping_ || !to_flush_.empty() || relief_due_; });
    if (stopping_) return;
    const std::set<ShardId> due = std::exchange(to_flush_, {});
    relief_due_ = false;
    lock.unlock();
    std::string problem;
    for (const ShardId id : due) {
      const ShardRef shard = Find(id);
      if (shard == nullptr || !shard->damage().ok()) continue;
      if (const Status flushed = shard->FlushFrozen(); !flushed.ok()) {
        // Rows stay in memory and in the log; tried again at the next tick.
        LOG_ERROR("flush failed", {"shard", id.value}, {"error", flushed.message()});
        problem = "rows cannot be flushed: " + flushed.message();
        const std::lock_guard retry(work_mutex_);
        retry_flush_.insert(id);
      }
    }
    WatchMemory();
    ShortenLog();
    TruncateLog();
    lock.lock();
    if (!due.empty()) flush_problem_ = std::move(problem);
    if (to_flush_.empty() && !retry_flush_.empty()) {
      flusher_wake_.wait_for(lock, kTick, [this] { return stopping_; });
      to_flush_.merge(retry_flush_);
      retry_flush_.clear();
    }
  }
}

// What no call counts by itself, and what is to be done when too much is taken.
void ShardHost::WatchMemory() {
  CountResident();
  if (options_.anonymous_bytes) budget_->Observe(options_.anonymous_bytes());
  if (memory_.nearly_full() || budget_->Above(MemoryBudget::Line::kSoft)) RelieveMemory();
}

// At most a sixteenth of a processor, however many shards there are.
void ShardHost::CountResident() {
  const auto begun = std::chrono::steady_clock::now();
  if (begun < next_count_) return;
  int64_t bytes = 0;
  for (const ShardRef& shard : All()) bytes += static_cast<int64_t>(shard->ResidentBytes());
  budget_->Add(MemoryUse::kResident, bytes - resident_bytes_);
  resident_bytes_ = bytes;
  next_count_ = begun + 16 * (std::chrono::steady_clock::now() - begun);
}

// Seals and flushes the largest growing segments until what is left, once all that is frozen is
// flushed, takes half the cap and 70 % of the budget; gives back what is kept for later use.
void ShardHost::RelieveMemory() {
  std::vector<std::pair<uint64_t, ShardRef>> largest;
  uint64_t growing = 0;
  for (const ShardRef& shard : All()) {
    const uint64_t bytes = shard->GrowingBytes();
    if (bytes == 0 || !shard->damage().ok()) continue;
    growing += bytes;
    largest.emplace_back(bytes, shard);
  }
  std::sort(largest.begin(), largest.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  env_.blocks->Trim();
  const uint64_t all = memory_.bytes();
  const uint64_t frozen = all - std::min(all, growing);
  const uint64_t used = budget_->used();
  const uint64_t kept = budget_->Share(7, 10);
  const uint64_t half = memory_.bytes_max() / 2;
  uint64_t too_much = growing - std::min<uint64_t>(growing, half);
  if (budget_->Above(MemoryBudget::Line::kSoft)) {
    too_much = std::max(too_much, used - std::min(used, frozen + kept));
  }
  uint64_t sealed = 0;
  for (const auto& [bytes, shard] : largest) {
    if (sealed >= too_much || bytes < kRelievedBytes) break;
    sealed += bytes;
    LOG_INFO("segment is sealed early to free memory", {"shard", shard->id().value},
             {"bytes", bytes}, {"used", used}, {"limit", budget_->limit()});
    if (const Status flushed = shard->SealAndFlush(); !flushed.ok()) {
      LOG_ERROR("flush failed", {"shard", shard->id().value}, {"error", flushed.message()});
      const std::lock_guard retry(work_mutex_);
      retry_flush_.insert(shard->id());
    }
  }
  env_.blocks->Trim();
  if (!budget_->Above(MemoryBudget::Line::kSoft)) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_trim_) return;
  next_trim_ = now + kTrimInterval;
  for (const ShardRef& shard : All()) shard->DropCaches();
  malloc_trim(0);
}

// Flushes the shards whose unflushed rows hold the oldest part of a log that has become too long.
void ShardHost::ShortenLog() {
  uint64_t bytes = 0;
  lane_->RunTask([&] { bytes = log_->bytes(); });
  if (bytes < options_.log_bytes_soft) return;
  std::vector<std::pair<wal::Lsn, ShardRef>> holders;
  const std::vector<ShardRef> shards = All();
  lane_->RunTask([&] {
    for (const ShardRef& shard : shards) {
      if (const wal::Lsn needed = shard->OldestNeeded(); needed != LocalShard::kMaxLsn)
        holders.emplace_back(needed, shard);
    }
  });
  std::sort(holders.begin(), holders.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  if (holders.size() > 4) holders.resize(4);
  for (const auto& [lsn, shard] : holders) {
    if (!shard->damage().ok()) continue;
    if (const auto flushed = shard->Flush(Context()); !flushed.ok()) {
      LOG_ERROR("flush failed", {"shard", shard->id().value},
                {"error", flushed.status().message()});
    }
  }
}

void ShardHost::TruncateLog() {
  const std::vector<ShardRef> shards = All();
  Status truncated;
  wal::Lsn broken = LocalShard::kMaxLsn;
  {
    const std::lock_guard lock(shards_mutex_);
    for (const auto& [id, shard] : broken_) broken = std::min(broken, shard.needed);
  }
  lane_->RunTask([&] {
    wal::Lsn keep = std::min(log_->next(), broken);
    for (const ShardRef& shard : shards) keep = std::min(keep, shard->OldestNeeded());
    if (keep > log_->LowWater() && log_->healthy()) truncated = log_->Truncate(keep);
  });
  if (!truncated.ok()) LOG_WARNING("log not truncated", {"error", truncated.message()});
}

// One step in the first shard that has an index to be looked at; the others are taken off the list.
void ShardHost::ScrubSome(std::set<ShardId>* shards) {
  for (size_t looked = 0; looked < kScrubbedShards && !shards->empty(); ++looked) {
    const ShardRef shard = Find(*shards->begin());
    if (shard != nullptr && shard->Scrub(kScrubbedBytes)) return;
    shards->erase(shards->begin());
  }
}

void ShardHost::WorkerLoop() {
  SetThreadName("worker");
  MakeThreadBackground();
  std::unique_lock lock(work_mutex_);
  auto look_around = std::chrono::steady_clock::now() + kLookAround;
  std::set<ShardId> to_scrub;
  while (!stopping_) {
    worker_wake_.wait_for(lock, kTick, [this] { return stopping_ || !to_work_.empty(); });
    if (stopping_) return;
    // What no event tells of: rows that expired, history that nobody can read any more.
    if (const auto now = std::chrono::steady_clock::now(); now >= look_around) {
      look_around = now + kLookAround;
      lock.unlock();
      const std::vector<ShardRef> shards = All();
      lock.lock();
      for (const ShardRef& shard : shards) {
        to_work_.insert(shard->id());
        to_scrub.insert(shard->id());
      }
    }
    const std::set<ShardId> due = std::exchange(to_work_, {});
    lock.unlock();
    std::set<ShardId> again;
    bool progressed = false;
    for (const ShardId id : due) {
      const ShardRef shard = Find(id);
      if (shard == nullptr) continue;
      // One job a shard and turn, so that a long queue of one does not starve the others. A shard
      // whose work waits for quiet, or failed, is looked at again at the next tick.
      const bool done = RunNextPlan(shard) || shard->RunOneJob();
      progressed = progressed || done;
      if (done || shard->HasJobWhenQuiet() || compactions_.NextOf(id)) again.insert(id);
    }
    if (!progressed) ScrubSome(&to_scrub);
    lock.lock();
    if (!progressed && !again.empty() && to_work_.empty()) {
      worker_wake_.wait_for(lock, kTick, [this] { return stopping_ || !to_work_.empty(); });
    }
    to_work_.merge(again);
  }
}

}  // namespace elanus::shard
