// Random requests of several threads against a naive model, with flushes, compactions, restarts,
// kills and power losses between them. Reads and exact searches answer what the model says, to the
// bit; an approximate index finds what it should.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "faults/books.h"

namespace elanus::testing {
namespace {

constexpr int kThreads = 3;
constexpr int64_t kKeysEach = 150;
constexpr int kOpsBetween = 200;  // of all threads, from one disturbance to the next
constexpr double kRecallFloor = 0.95;

struct Row {
  int32_t n = 0;
  int v[4] = {};
};

int Distance(const Row& row, const int* query) {
  int sum = 0;
  for (int i = 0; i < 4; ++i) sum += (row.v[i] - query[i]) * (row.v[i] - query[i]);
  return sum;
}

std::string TextOf(const int* vector) {
  std::string text = "[";
  for (int i = 0; i < 4; ++i) text += (i == 0 ? "" : ", ") + std::to_string(vector[i]);
  return text + "]";
}

using Rows = std::map<int64_t, Row>;

// The nearest as a search answers them.
std::vector<std::pair<int, int64_t>> Nearest(const Rows& rows, const int* query, size_t limit) {
  std::vector<std::pair<int, int64_t>> all;
  for (const auto& [key, row] : rows) all.emplace_back(Distance(row, query), key);
  std::sort(all.begin(), all.end());
  if (all.size() > limit) all.resize(limit);
  return all;
}

class Model : public ::testing::Test {
 protected:
  static Database::Options TinyOptions() {
    Database::Options options = SmallLogOptions();
    options.host.shard.seal_rows = 200;
    options.host.shard.history_ms = 0;
    return options;
  }

  std::string Say(const std::string& statement) {
    const Result<Outcome> outcome = RunStatement(database_, statement);
    return outcome.ok() ? outcome->text : "script: " + outcome.status().message();
  }
  void Expect(const std::string& statement, const std::string& answer) {
    const std::string said = Say(statement);
    if (said == answer) return;
    wrong_ = true;
    ADD_FAILURE() << statement << "\nsaid:\n" << said << "expected:\n" << answer;
  }

  static std::string RowsOf(const Rows& rows) {
    std::string text;
    for (const auto& [key, row] : rows)
      text += "{\"n\":" + std::to_string(row.n) + ", \"id\":" + std::to_string(key) + "}\n";
    return text.empty() ? "nothing\n" : text;
  }

  // One request of thread `t`, whose rows are its own.
  void Step(int t, std::mt19937_64& random) {
    Rows& rows = rows_[t];
    const auto below = [&random](uint64_t n) { return static_cast<int>(random() % n); };
    const std::string owned = "owner == " + std::to_string(t);
    const int64_t first = 1000 * t;
    const int kind = below(10);
    if (kind < 4) {
      std::string statement = kind < 2 ? "insert m" : "upsert m";
      Rows batch;
      for (int i = below(6); i >= 0; --i) {
        Row& row = batch[first + below(kKeysEach)];
        row.n = below(100);
        for (int& x : row.v) x = below(20);
      }
      for (const auto& [key, row] : batch) {
        rows[key] = row;
        const std::string vector = TextOf(row.v);
        statement += "\n  {\"id\": " + std::to_string(key) + ", \"owner\": " + std::to_string(t) +
                     ", \"n\": " + std::to_string(row.n) + ", \"v\": " + vector +
                     ", \"w\": " + vector + "}";
      }
      Expect(statement, "");
    } else if (kind == 4 && !rows.empty()) {
      auto victim = rows.begin();
      std::advance(victim, below(rows.size()));
      const int64_t key = victim->first;
      rows.erase(victim);
      Expect("delete m where id == " + std::to_string(key), "deleted 1\n");
    } else if (kind == 5 && below(5) == 0) {
      const int bound = 60 + below(40);
      const size_t gone =
          std::erase_if(rows, [bound](const auto& entry) { return entry.second.n > bound; });
      Expect("delete m where " + owned + " and n > " + std::to_string(bound),
             "deleted " + std::to_string(gone) + "\n");
    } else if (kind < 8) {
      const int bound = below(100);
      Rows some;
      for (const auto& entry : rows) {
        if (entry.second.n > bound) some.insert(entry);
      }
      Expect("query m select n where " + owned + " and n > " + std::to_string(bound), RowsOf(some));
    } else {
      int query[4];
      for (int& x : query) x = below(20);
      std::string nearest;
      for (const auto& [distance, key] : Nearest(rows, query, 5))
        nearest += std::to_string(key) + " " + std::to_string(distance) + "\n";
      Expect("search m v " + TextOf(query) + " limit 5 where " + owned,
             nearest.empty() ? "nothing\n" : nearest);
    }
  }

  void Work(int t, uint64_t seed, int ops) {
    std::mt19937_64 random(seed);
    while (!wrong_ && done_ < ops) {
      const std::shared_lock running(disturbing_);
      Step(t, random);
      ++done_;
    }
  }

  // Nobody writes: all of it.
  void CheckAll(std::mt19937_64& random) {
    Rows all;
    for (const Rows& rows : rows_) all.insert(rows.begin(), rows.end());
    Expect("query m select n where id >= 0", RowsOf(all));
    Expect("count m", std::to_string(all.size()) + "\n");
    if (all.size() < 10) return;
    for (int i = 0; i < 5; ++i) {
      int query[4];
      for (int& x : query) x = static_cast<int>(random() % 20);
      const int farthest = Nearest(all, query, 10).back().first;
      const std::string said = Say("search m w " + TextOf(query) + " limit 10");
      // A hit counts if nothing nearer was left out for it.
      size_t at = 0;
      while (at < said.size()) {
        const size_t space = said.find(' ', at), end = said.find('\n', at);
        if (space == std::string::npos || end == std::string::npos || space > end) break;
        found_ += std::atoi(said.c_str() + space + 1) <= farthest ? 1 : 0;
        at = end + 1;
      }
      wanted_ += 10;
    }
  }

  void Disturb(std::mt19937_64& random) {
    const std::unique_lock alone(disturbing_);
    database_.clock().Advance(100);  // so that ended rows go
    Status back;
    switch (random() % 6) {
      case 0:
        back = database_.Restart();
        break;
      case 1:
        back = database_.Kill();
        break;
      case 2:
        back = database_.Crash();
        break;
      case 3:
        back = database_.Crash(random());
        break;
      case 4:
        back = database_.FlushAll();
        break;
      default:
        database_.clock().Advance(static_cast<int64_t>(random() % 250'000) - 100'000);
        break;
    }
    if (!back.ok()) {
      wrong_ = true;
      ADD_FAILURE() << back.message();
      return;
    }
    CheckAll(random);
  }

  Database database_{TinyOptions()};
  Rows rows_[kThreads];
  std::shared_mutex disturbing_;
  std::atomic<int> done_{0};
  std::atomic<bool> wrong_{false};
  int64_t found_ = 0, wanted_ = 0;
};

TEST_F(Model, AnswersAreThoseOfANaiveModelThroughRestartsKillsAndPowerLosses) {
  LogOptions quiet;
  quiet.level = LogLevel::kError;
  (void)ConfigureLog(quiet);
  const uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  const char* asked = std::getenv("ELANUS_MODEL_OPS");
  const int ops = asked == nullptr ? 20'000 : std::atoi(asked);
  ASSERT_TRUE(database_.Start().ok());
  Expect("create m (id Int64 primary, owner Int32, n Int32, v FloatVector(4), w FloatVector(4))",
         "");
  Expect("index m v metric L2 type FLAT", "");
  Expect("index m w metric L2 type HNSW", "");
  Expect("index m n type INVERTED", "");
  Expect("load m", "");
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] { Work(t, seed + static_cast<uint64_t>(t) + 1, ops); });
  std::mt19937_64 random(seed);
  int disturbances = 0;
  for (int next = kOpsBetween; next < ops && !wrong_; next += kOpsBetween) {
    while (!wrong_ && done_ < next) std::this_thread::yield();
    Disturb(random);
    ++disturbances;
    if (random() % 4 == 0) (void)Say("flush");  // while they go on
  }
  for (std::thread& thread : threads) thread.join();
  if (!wrong_) CheckAll(random);
  const double recall =
      static_cast<double>(found_) / static_cast<double>(std::max<int64_t>(wanted_, 1));
  EXPECT_GE(recall, kRecallFloor);
  std::printf("%d operations, %d disturbances, recall %.3f\n", done_.load(), disturbances, recall);
}

// The wall clock leaps by up to an hour, back as well, also while the machine is down.
TEST(ClockLeaps, NeverMakeATimestampRepeatOrGoBack) {
  const uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  Database database;
  Books books(&database);
  ASSERT_TRUE(database.Start().ok());
  ASSERT_EQ(books.Create(), "");
  Timestamp last = 0;
  for (int i = 0; i < 300; ++i) {
    database.clock().Advance(static_cast<int64_t>(random() % 7'200'000) - 3'600'000);
    if (i % 10 == 9) {
      ASSERT_TRUE((i % 20 == 9 ? database.Kill() : database.Crash(random())).ok());
    }
    // The newest stands for its key, whatever the clock said.
    ASSERT_EQ(books.Insert({{random() % 20, i}}), "");
    const auto all = database.coordinator().List(kDefaultDatabaseName).take();
    const auto written = database.shards().Open(all.at(0)).take()->Flush(Context());
    ASSERT_TRUE(written.ok()) << written.status().message();
    EXPECT_GT(written->timestamp, last);
    last = written->timestamp;
  }
  books.Check("after all leaps");
}

}  // namespace
}  // namespace elanus::testing
