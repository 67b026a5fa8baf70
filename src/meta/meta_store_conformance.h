// What every MetaStore must do. A backend's test instantiates MetaStoreConformance with a fixture
// that derives from MetaStoreFixture:
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, MetaStoreConformance, MemoryFixture);
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "meta/meta_store.h"

namespace elanus::meta {

// Fixture: a default-constructible type with `MetaStore& store()`.
template <typename Fixture>
class MetaStoreConformance : public ::testing::Test {
 protected:
  MetaStore& store() { return fixture_.store(); }

  std::optional<std::string> Get(std::string_view key) {
    auto value = store().Get(key);
    EXPECT_TRUE(value.ok()) << value.status().message();
    return value.ok() ? *value : std::nullopt;
  }
  bool Commit(const Transaction& transaction) {
    auto done = store().Commit(transaction);
    EXPECT_TRUE(done.ok()) << done.status().message();
    return done.ok() && *done;
  }
  std::vector<std::pair<std::string, std::string>> Scan(std::string_view prefix) {
    std::vector<std::pair<std::string, std::string>> found;
    const Status status = store().Scan(prefix, [&](std::string_view key, std::string_view value) {
      found.emplace_back(key, value);
      return Status();
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return found;
  }

 private:
  Fixture fixture_;
};
TYPED_TEST_SUITE_P(MetaStoreConformance);

using Pairs = std::vector<std::pair<std::string, std::string>>;

TYPED_TEST_P(MetaStoreConformance, GivesBackWhatWasPut) {
  EXPECT_EQ(this->Get("a"), std::nullopt);
  EXPECT_TRUE(this->Commit({{}, {{"a", "1"}, {"b", ""}}, {}}));
  EXPECT_EQ(this->Get("a"), "1");
  EXPECT_EQ(this->Get("b"), "");
  EXPECT_TRUE(this->Commit({{}, {{"a", "2"}}, {"b"}}));
  EXPECT_EQ(this->Get("a"), "2");
  EXPECT_EQ(this->Get("b"), std::nullopt);
}

TYPED_TEST_P(MetaStoreConformance, HoldsAnyBytes) {
  const std::string key("k\0\xff", 3);
  std::string value(100'000, '\0');
  value[5] = '\n';
  EXPECT_TRUE(this->Commit({{}, {{key, value}}, {}}));
  EXPECT_EQ(this->Get(key), value);
  EXPECT_EQ(this->Get("k"), std::nullopt);
}

TYPED_TEST_P(MetaStoreConformance, ScansAPrefixInOrder) {
  EXPECT_TRUE(
      this->Commit({{}, {{"b/2", "y"}, {"a/9", "z"}, {"b/1", "x"}, {"b", "w"}, {"c", "v"}}, {}}));
  EXPECT_EQ(this->Scan("b/"), (Pairs{{"b/1", "x"}, {"b/2", "y"}}));
  EXPECT_EQ(this->Scan("").size(), 5);
  EXPECT_TRUE(this->Scan("d").empty());
}

TYPED_TEST_P(MetaStoreConformance, ScanOrdersKeysAsUnsignedBytes) {
  EXPECT_TRUE(this->Commit({{}, {{"k\xff", "2"}, {"k\x01", "1"}}, {}}));
  EXPECT_EQ(this->Scan("k"), (Pairs{{"k\x01", "1"}, {"k\xff", "2"}}));
}

TYPED_TEST_P(MetaStoreConformance, ScanStopsAtTheFirstError) {
  EXPECT_TRUE(this->Commit({{}, {{"a", "1"}, {"b", "2"}}, {}}));
  int calls = 0;
  const Status status = this->store().Scan("", [&](std::string_view, std::string_view) {
    ++calls;
    return Status(Code::kInternal, "enough");
  });
  EXPECT_EQ(status.message(), "enough");
  EXPECT_EQ(calls, 1);
}

TYPED_TEST_P(MetaStoreConformance, ScanMayCallTheStore) {
  EXPECT_TRUE(this->Commit({{}, {{"a", "1"}, {"b", "2"}}, {}}));
  const Status status = this->store().Scan("", [&](std::string_view key, std::string_view) {
    EXPECT_TRUE(this->Commit({{}, {}, {std::string(key)}}));
    return Status();
  });
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(this->Scan("").empty());
}

TYPED_TEST_P(MetaStoreConformance, WritesOnlyIfEveryCompareHolds) {
  EXPECT_TRUE(this->Commit({{{"a", std::nullopt}}, {{"a", "1"}}, {}}));
  EXPECT_FALSE(this->Commit({{{"a", std::nullopt}}, {{"a", "2"}}, {}}));
  EXPECT_FALSE(this->Commit({{{"a", "2"}}, {{"a", "3"}, {"b", "3"}}, {}}));
  EXPECT_FALSE(this->Commit({{{"a", "1"}, {"b", "1"}}, {{"c", "3"}}, {"a"}}));
  EXPECT_EQ(this->Scan(""), (Pairs{{"a", "1"}}));
  EXPECT_TRUE(this->Commit({{{"a", "1"}, {"b", std::nullopt}}, {{"b", "2"}}, {"a"}}));
  EXPECT_EQ(this->Scan(""), (Pairs{{"b", "2"}}));
}

TYPED_TEST_P(MetaStoreConformance, DistinguishesEmptyFromAbsent) {
  EXPECT_FALSE(this->Commit({{{"a", ""}}, {{"a", "1"}}, {}}));
  EXPECT_TRUE(this->Commit({{}, {{"a", ""}}, {}}));
  EXPECT_FALSE(this->Commit({{{"a", std::nullopt}}, {{"a", "1"}}, {}}));
  EXPECT_TRUE(this->Commit({{{"a", ""}}, {{"a", "1"}}, {}}));
}

TYPED_TEST_P(MetaStoreConformance, CommitsOfSeveralThreadsAreOneAfterAnother) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 25;
  EXPECT_TRUE(this->Commit({{}, {{"n", "0"}}, {}}));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int done = 0; done < kRounds;) {
        const std::string n = this->Get("n").value();
        if (this->Commit({{{"n", n}}, {{"n", std::to_string(std::stoi(n) + 1)}}, {}})) ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(this->Get("n"), std::to_string(kThreads * kRounds));
}

TYPED_TEST_P(MetaStoreConformance, AgreesWithAMapOverRandomCommits) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  auto key = [&] { return std::string(1, static_cast<char>('a' + random() % 6)); };
  std::map<std::string, std::string> model;
  for (int step = 0; step < 200; ++step) {
    Transaction transaction;
    bool holds = true;
    for (auto n = random() % 3; n > 0; --n) {
      const std::string k = key();
      const auto found = model.find(k);
      std::optional<std::string> expected;
      if (found != model.end()) expected = found->second;
      if (random() % 8 == 0) expected = "other";
      holds &= expected.has_value() ? found != model.end() && found->second == *expected
                                    : found == model.end();
      transaction.compares.emplace_back(k, expected);
    }
    auto after = model;
    const std::string put = key(), gone = key();
    transaction.puts.emplace_back(put, std::to_string(step));
    after[put] = std::to_string(step);
    if (gone != put) {
      transaction.deletes.push_back(gone);
      after.erase(gone);
    }
    ASSERT_EQ(this->Commit(transaction), holds);
    if (holds) model = after;
    ASSERT_EQ(this->Scan(""), Pairs(model.begin(), model.end()));
  }
}

REGISTER_TYPED_TEST_SUITE_P(MetaStoreConformance, GivesBackWhatWasPut, HoldsAnyBytes,
                            ScansAPrefixInOrder, ScanOrdersKeysAsUnsignedBytes,
                            ScanStopsAtTheFirstError, ScanMayCallTheStore,
                            WritesOnlyIfEveryCompareHolds, DistinguishesEmptyFromAbsent,
                            CommitsOfSeveralThreadsAreOneAfterAnother,
                            AgreesWithAMapOverRandomCommits);

}  // namespace elanus::meta
