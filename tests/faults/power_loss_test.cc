// Power lost at any moment: while a history of writes, flushes, merges and index builds goes on,
// images are taken of what a power loss would leave right then: whatever was synced, of the rest
// any sectors and any prefix of a folder's changes of names. Each image opens, and holds exactly
// the requests that were answered by then, and the one in flight whole or not at all.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "faults/books.h"

namespace elanus::testing {
namespace {

constexpr int kImages = 500;  // ELANUS_IMAGES: another number
constexpr int64_t kKeys = 60;

int ImagesWanted() {
  const char* number = std::getenv("ELANUS_IMAGES");
  return number == nullptr ? kImages : std::atoi(number);
}

// What the rows are after each request; the requests are numbered.
class History {
 public:
  // Before a request is made: what it will have made of the rows.
  void Begin(std::string rows) {
    const std::lock_guard lock(mutex_);
    states_.push_back(std::move(rows));
  }
  void Answered() {
    const std::lock_guard lock(mutex_);
    answered_ = first_ + states_.size() - 1;
  }
  // The newest that was answered; those before it are forgotten.
  size_t ForgetBeforeAnswered() {
    const std::lock_guard lock(mutex_);
    for (; first_ < answered_; ++first_) states_.pop_front();
    return answered_;
  }
  size_t begun() const {
    const std::lock_guard lock(mutex_);
    return first_ + states_.size() - 1;
  }
  // After the first that is known, up to `last`.
  bool Was(const std::string& rows, size_t last) const {
    const std::lock_guard lock(mutex_);
    const auto end = states_.begin() + static_cast<ptrdiff_t>(last + 1 - first_);
    return std::find(states_.begin(), end, rows) != end;
  }
  std::string First() const {
    const std::lock_guard lock(mutex_);
    return states_.front();
  }

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> states_;
  size_t first_ = 0;  // the number of the first of them
  size_t answered_ = 0;
};

Database::Options TinyOptions() {
  Database::Options options = SmallLogOptions();
  options.host.shard.seal_rows = 40;
  options.host.shard.history_ms = 0;
  return options;
}

class PowerLoss : public ::testing::Test {
 protected:
  // One request after the other until `stop`. Says what went wrong, or nothing.
  std::string Write(std::mt19937_64 random, const std::atomic<bool>& stop) {
    const auto below = [&random](uint64_t n) { return static_cast<int64_t>(random() % n); };
    while (!stop) {
      std::map<int64_t, int32_t> next = books_.expected;
      std::string error;
      const int64_t kind = below(10);
      if (kind < 6) {
        std::map<int64_t, int32_t> rows;
        for (int64_t i = below(6); i >= 0; --i)
          rows[below(kKeys)] = static_cast<int32_t>(below(1000));
        for (const auto& [key, number] : rows) next[key] = number;
        history_.Begin(Books::Text(next));
        error = books_.Insert(rows, kind < 3 ? "insert" : "upsert");
      } else if (kind < 8 && !next.empty()) {
        auto victim = next.begin();
        std::advance(victim, below(next.size()));
        const int64_t key = victim->first;
        next.erase(victim);
        history_.Begin(Books::Text(next));
        error = books_.Delete(key);
      } else if (kind == 8) {
        const auto bound = static_cast<int32_t>(500 + below(500));
        std::erase_if(next, [bound](const auto& row) { return row.second > bound; });
        history_.Begin(Books::Text(next));
        error = books_.DeleteNumbersAbove(bound);
      } else {
        history_.Begin(Books::Text(next));
        error = books_.Say("flush");
      }
      if (!error.empty()) return error;
      history_.Answered();
    }
    return "";
  }

  void CheckImage(uint64_t seed) {
    SCOPED_TRACE("image " + std::to_string(seed));
    Database image(TinyOptions());
    const size_t first = history_.ForgetBeforeAnswered();
    // Every seventh has the synced bytes alone.
    image.BecomeImageOf(database_, seed % 7 == 0 ? std::nullopt : std::optional<uint64_t>(seed));
    const size_t last = history_.begun();
    const Status started = image.Start();
    ASSERT_TRUE(started.ok()) << started.message();
    Books books(&image);
    const std::string rows = books.Rows();
    EXPECT_TRUE(history_.Was(rows, last)) << "requests " << first << " to " << last << ":\n"
                                          << rows << "expected:\n"
                                          << history_.First();
    // It takes writes, and keeps them through another power loss.
    if (seed % 10 != 0) return;
    EXPECT_EQ(books.Say("delete books where id >= 0").substr(0, 7), "deleted");
    EXPECT_EQ(books.Insert({{1, 1}, {2, 2}}), "");
    ASSERT_TRUE(image.Crash(seed).ok());
    EXPECT_EQ(books.Rows(), Books::Text(books.expected));
  }

  Database database_{TinyOptions()};
  Books books_{&database_};
  History history_;
};

TEST_F(PowerLoss, AtAnyMomentLosesNothingAnsweredAndTearsNoRequest) {
  ASSERT_TRUE(database_.Start().ok());
  ASSERT_EQ(books_.Create(), "");
  history_.Begin(Books::Text({}));
  history_.Answered();
  const uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::atomic<bool> stop = false;
  std::string wrong;
  std::thread writer([&] { wrong = Write(std::mt19937_64(seed), stop); });
  const int images = ImagesWanted();
  for (int i = 0; i < images && !HasFailure(); ++i)
    CheckImage(seed * 1'000'003 + static_cast<uint64_t>(i));
  stop = true;
  writer.join();
  EXPECT_EQ(wrong, "");
  std::printf("%d images of %zu requests\n", images, history_.begun());
  RecordProperty("images", images);
}

}  // namespace
}  // namespace elanus::testing
