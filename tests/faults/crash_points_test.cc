// The machine stops at each named point (base/crash_points.inc) of a history that goes through all
// of them; killed, or without power. Then it starts: what was answered is there, the step in flight
// is there whole or not at all, no file is left over or missing, and it takes writes.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/crash_point.h"
#include "faults/books.h"

namespace elanus::testing {
namespace {

// Stops the machine when a point is reached for the n-th time.
class Stopper final : public CrashListener {
 public:
  explicit Stopper(Database* database) : database_(database) { SetCrashListener(this); }
  ~Stopper() override { SetCrashListener(nullptr); }

  void StopAt(CrashPoint point, int nth) {
    left_ = nth;
    point_ = static_cast<int>(point);
  }
  void Reached(CrashPoint point) override {
    ++counts_[static_cast<size_t>(point)];
    if (static_cast<int>(point) != point_ || --left_ != 0) return;
    database_->files().Halt();
    down_ = true;
  }
  bool down() const { return down_; }
  void Disarm() { point_ = -1; }
  int count(CrashPoint point) const { return counts_[static_cast<size_t>(point)]; }

 private:
  Database* const database_;
  std::atomic<int> point_{-1};
  std::atomic<int> left_{0};
  std::atomic<bool> down_{false};
  std::atomic<int> counts_[kCrashPoints] = {};
};

Database::Options TinyOptions() {
  Database::Options options = SmallLogOptions();
  options.host.shard.history_ms = 0;
  options.host.shard.quiet_ms = 10'000;  // merges wait for `later`
  return options;
}

// Everything that a client can see, without ids and times.
std::string StateOf(Database& database, Books& books) {
  std::string text;
  for (const std::string& name : database.coordinator().Databases())
    text += "database " + name + "\n";
  const auto collections = database.coordinator().List(kDefaultDatabaseName);
  if (!collections.ok()) return collections.status().message();
  for (const roles::CollectionPtr& info : *collections) {
    text += "collection " + info->name;
    for (const Partition& partition : info->partitions) text += " partition=" + partition.name;
    for (const IndexInfo& index : info->indexes) text += " index=" + index.name;
    for (const std::string& alias : info->aliases) text += " alias=" + alias;
    for (const auto& [key, value] : info->properties) text += " " + key + "=" + value;
    text += "\n" + books.Say("count " + info->name) +
            books.Say("query " + info->name + " select n limit 10000");
  }
  return text;
}

std::set<std::string> FilesUnder(io::FileSystem& files, const std::string& folder) {
  std::set<std::string> found;
  const auto names = files.List(folder);
  if (!names.ok()) return found;
  for (const std::string& name : *names) {
    const std::string path = io::JoinPath(folder, name);
    if (files.List(path).ok()) {
      found.merge(FilesUnder(files, path));
    } else {
      found.insert(path);
    }
  }
  return found;
}

std::set<std::string> FilesOfHeads(Database& database) {
  std::set<std::string> named;
  const auto collections = database.catalog().LoadCollections();
  if (!collections.ok()) return {collections.status().message()};
  for (const CollectionInfo& info : *collections) {
    const auto head = database.catalog().LoadHead(info.shard);
    if (!head.ok()) return {head.status().message()};
    const std::string folder =
        io::JoinPath(Database::kShardsFolder, std::to_string(info.shard.value)) + "/";
    for (const meta::SegmentMeta& segment : head->segments) {
      named.insert(folder + std::to_string(segment.id.value) + ".seg");
      if (segment.delta != 0) named.insert(folder + std::to_string(segment.delta) + ".del");
      for (const meta::IndexObject& index : segment.indexes)
        named.insert(folder + std::to_string(index.object) + ".idx");
    }
  }
  return named;
}

class History {
 public:
  explicit History(Database* database, Stopper* stopper)
      : database_(*database), stopper_(*stopper), books_(database) {}

  // What each step says and, where it is asked for, what the state is after each. Ends early when
  // the machine is down.
  struct Run {
    std::vector<std::string> answers;
    std::vector<std::string> states;  // before the first step, after each
  };
  Run RunAll(bool states) {
    Run run;
    if (states) run.states.push_back("database default\n");
    for (const auto& step : Steps()) {
      run.answers.push_back(step());
      if (stopper_.down()) break;
      if (states) run.states.push_back(StateOf(database_, books_));
    }
    return run;
  }
  Books& books() { return books_; }

 private:
  using Step = std::function<std::string()>;

  Step Say(std::string statement) {
    return [this, statement = std::move(statement)] { return books_.Say(statement); };
  }
  Step Insert(int64_t first, int64_t count, size_t pad) {
    return [this, first, count, pad] {
      std::map<int64_t, int32_t> rows;
      for (int64_t key = first; key < first + count; ++key) rows[key] = static_cast<int32_t>(key);
      books_.pad = pad;
      return books_.Insert(rows);
    };
  }
  // A step, and what it causes in the background until that has come to a point.
  Step Until(CrashPoint point, Step cause, std::function<void()> hurry) {
    return [this, point, cause = std::move(cause), hurry = std::move(hurry)]() -> std::string {
      const int before = stopper_.count(point);
      if (std::string said = cause(); !said.empty() && !said.starts_with("deleted")) return said;
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
      while (!stopper_.down() && stopper_.count(point) == before) {
        hurry();
        if (std::chrono::steady_clock::now() > deadline)
          return "never reached: " + std::string(NameOf(point));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      return "";
    };
  }
  // The next sync of a file whose path has this in it fails.
  void FailSyncOf(std::string part) {
    auto failed = std::make_shared<std::atomic<bool>>(false);
    database_.files().SetFault([part = std::move(part), failed](const io::FileCall& call) {
      if (call.kind != io::FileCall::Kind::kSync ||
          call.path.find(part) == std::string_view::npos || failed->exchange(true)) {
        return Status();
      }
      return Fail(Code::kIoFailed, "injected fault");
    });
  }
  roles::CollectionPtr Collection(const std::string& name) {
    auto found = database_.coordinator().List(kDefaultDatabaseName);
    if (!found.ok()) return nullptr;
    for (const roles::CollectionPtr& info : *found) {
      if (info->name == name) return info;
    }
    return nullptr;
  }
  std::string Compact() {
    const roles::CollectionPtr info = Collection("books");
    if (info == nullptr) return "no books";
    roles::CompactionRequest request;
    request.collection = info;
    const auto begun = database_.shards().Compact(request);
    if (!begun.ok()) return begun.status().message();
    if (begun->plans.empty()) return "no plans";
    while (!stopper_.down()) {
      const auto now = database_.shards().FindCompaction(begun->id);
      if (now && now->done()) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return "";
  }

  std::vector<Step> Steps() {
    const auto flush = [this] { (void)books_.Say("flush"); };
    const auto later = [this] { database_.clock().Advance(11'000); };
    const auto later_and_flush = [flush, later] {
      later();
      flush();
    };
    return {
        [this] { return database_.Start().message(); },
        [this] { return database_.coordinator().CreateDatabase("shelf", {}).message(); },
        Say("create books (id Int64 primary, n Int32, s VarChar(60000), v FloatVector(2))"),
        Say("index books n type INVERTED"),
        Say("index books v type AUTOINDEX metric L2"),
        Say("load books"),
        Insert(0, 10, 1),
        Insert(10, 10, 3000),
        Say("flush"),
        Say("delete books where id == 3"),
        Insert(20, 10, 3000),
        Say("flush"),
        Say("delete books where n > 27"),
        Say("flush"),
        Insert(40, 2, 50'000),
        Insert(50, 3, 10),
        [this] {
          FailSyncOf(std::string(Database::kLogFolder) + "/");
          // Should the machine stop right then it is in the log: of no visible effect.
          const std::string said = books_.Say("delete books where id == 777");
          database_.files().SetFault(nullptr);
          return said.starts_with("deleted") ? "the sync did not fail" : "";
        },
        Insert(53, 3, 10),
        [this] { return database_.Restart().message(); },
        Insert(60, 3, 10),
        Say("flush"),
        Until(
            CrashPoint::kIndexInstalled, [this] { return Compact(); }, later_and_flush),
        [this] {
          FailSyncOf(std::string(Database::kCatalogFolder) + "/");
          std::string said = books_.Say("alias novels books");
          database_.files().SetFault(nullptr);
          return said;
        },
        Until(CrashPoint::kIndexesForgotten, Say("drop index books n"), flush),
        // A log that is too long may have flushed them before.
        Until(CrashPoint::kQuietSealed, Insert(70, 5, 10),
              [this, later, calls = 0]() mutable {
                if (++calls % 200 == 0) (void)Insert(70, 5, 10)();
                later();
              }),
        Until(CrashPoint::kHistoryForgotten, Say("delete books where id < 15"), later_and_flush),
        Say("partition books old"),
        Say("release books in old"),
        Say("drop partition books old"),
        Say("alter books collection.ttl.seconds=1000000"),
        Say("drop alias novels"),
        Say("rename books volumes"),
        Say("truncate volumes"),
        Say("rename volumes books"),
        Insert(1, 5, 10),
        Say("flush"),
        [this] {
          const roles::CollectionPtr info = Collection("books");
          const std::string orphan = io::JoinPath(
              io::JoinPath(Database::kShardsFolder, std::to_string(info->shard.value)), "1.seg");
          (void)database_.files().Create(orphan);
          const Status back = database_.Restart();
          return back.ok() ? books_.Say("count books").substr(0, 0) : back.message();
        },
        Say("create other (id Int64 primary, n Int32, v FloatVector(2))"),
        Say("index other v type AUTOINDEX metric L2"),
        Say("load other"),
        Say("insert other\n  {\"id\": 1, \"n\": 1, \"v\": [1, 2]}"),
        Say("flush"),
        Say("drop other"),
        [this] { return database_.coordinator().DropDatabase("shelf").message(); },
        [this] { return database_.Restart().message(); },
        Say("drop books"),
    };
  }

  Database& database_;
  Stopper& stopper_;
  Books books_;
};

class CrashPoints : public ::testing::Test {
 protected:
  // Once without a stop.
  static const History::Run& Undisturbed() {
    static const History::Run run = [] {
      Database database(TinyOptions());
      Stopper stopper(&database);
      History history(&database, &stopper);
      History::Run whole = history.RunAll(true);
      for (size_t i = 0; i < kCrashPoints; ++i)
        Counts()[i] = stopper.count(static_cast<CrashPoint>(i));
      database.Stop();
      return whole;
    }();
    return run;
  }
  static std::vector<int>& Counts() {
    static std::vector<int> counts(kCrashPoints);
    return counts;
  }

  // False: the point was not reached so often this time.
  bool StopAt(CrashPoint point, int nth, uint64_t seed) {
    const bool power_loss = seed % 2 == 0;
    SCOPED_TRACE(std::string(power_loss ? "power lost" : "killed") + " at " +
                 std::string(NameOf(point)) + ", time " + std::to_string(nth) + ", seed " +
                 std::to_string(seed));
    Database database(TinyOptions());
    Stopper stopper(&database);
    stopper.StopAt(point, nth);
    History history(&database, &stopper);
    const History::Run run = history.RunAll(false);
    if (!stopper.down()) return false;
    stopper.Disarm();
    const Status started = !power_loss     ? database.Kill()
                           : seed % 3 == 0 ? database.Crash()
                                           : database.Crash(seed);
    EXPECT_TRUE(started.ok()) << started.message();
    if (!started.ok()) return true;

    Books& books = history.books();
    const size_t last = run.answers.size();  // of the steps, from 1
    const std::string state = StateOf(database, books);
    const std::string& before = Undisturbed().states[last - 1];
    const std::string& after = Undisturbed().states[last];
    const bool answered = run.answers.back().empty() || run.answers.back().starts_with("deleted");
    EXPECT_TRUE(state == after || (!answered && state == before))
        << "step " << last << " said: " << run.answers.back() << "\nfound:\n"
        << state << "before:\n"
        << before << "after:\n"
        << after;
    ExpectNoStrayFiles(database);

    EXPECT_EQ(books.Say("create more (id Int64 primary, n Int32, v FloatVector(2))"), "");
    EXPECT_EQ(books.Say("serve more L2"), "");
    EXPECT_EQ(books.Say("insert more\n  {\"id\": 1, \"n\": 1, \"v\": [1, 2]}"), "");
    const std::string written = StateOf(database, books);
    const Status again = database.Crash();
    EXPECT_TRUE(again.ok()) << again.message();
    if (again.ok()) {
      EXPECT_EQ(StateOf(database, books), written);
    }
    database.Stop();
    return true;
  }

  // Jobs that a start has begun come to an end.
  static void ExpectNoStrayFiles(Database& database) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (true) {
      const std::set<std::string> named = FilesOfHeads(database);
      const std::set<std::string> found = FilesUnder(database.files(), Database::kShardsFolder);
      if (named == found) return;
      if (std::chrono::steady_clock::now() > deadline) {
        EXPECT_EQ(found, named);
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
};

TEST_F(CrashPoints, TheHistoryReachesEveryPoint) {
  for (const std::string& answer : Undisturbed().answers)
    EXPECT_TRUE(answer.empty() || answer.starts_with("deleted")) << answer;
  EXPECT_GE(kCrashPoints, 60U);
  for (size_t i = 0; i < kCrashPoints; ++i)
    EXPECT_GT(Counts()[i], 0) << NameOf(static_cast<CrashPoint>(i)) << " is never reached";
}

TEST_F(CrashPoints, AStopAtAnyLosesNothingAnsweredAndLeavesNoHalfStep) {
  const uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  (void)Undisturbed();
  const char* asked = std::getenv("ELANUS_CRASH_ROUNDS");
  const int rounds = asked == nullptr ? 1 : std::atoi(asked);
  std::mt19937_64 random(seed);
  int stops = 0;
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < kCrashPoints && !HasFailure(); ++i) {
      const auto point = static_cast<CrashPoint>(i);
      const auto count = static_cast<uint64_t>(std::max(Counts()[i], 1));
      // What runs in the background does not come to a point equally often each time.
      if (StopAt(point, static_cast<int>(1 + random() % count), random()) ||
          StopAt(point, 1, random())) {
        ++stops;
      } else {
        ADD_FAILURE() << NameOf(point) << " was not reached this time";
      }
    }
  }
  std::printf("%d stops at %zu points\n", stops, kCrashPoints);
  RecordProperty("stops", stops);
}

}  // namespace
}  // namespace elanus::testing
