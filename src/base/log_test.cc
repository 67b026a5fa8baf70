#include "base/log.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace elanus {
namespace {

class LogTest : public testing::Test {
 protected:
  LogTest() {
    folder_ = std::filesystem::temp_directory_path() / ("elanus_log_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    options_.file = folder_ / "elanus.log";
  }
  void TearDown() override {
    EXPECT_TRUE(ConfigureLog({}).ok());
    std::filesystem::remove_all(folder_);
  }
  std::vector<std::string> Lines(const std::string& name = "elanus.log") const {
    std::ifstream in(folder_ / name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  std::filesystem::path folder_;
  LogOptions options_;
};

TEST_F(LogTest, TextLineHasTimeLevelMessageAndFields) {
  ASSERT_TRUE(ConfigureLog(options_).ok());
  LOG_INFO("segment flushed", {"shard", 3}, {"rows", size_t{7}}, {"path", "a b"}, {"ok", true});
  ASSERT_EQ(Lines().size(), 1U);
  EXPECT_TRUE(std::regex_match(Lines()[0],
                               std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z I )"
                                          R"(segment flushed shard=3 rows=7 path="a b" ok=true)")))
      << Lines()[0];
}

TEST_F(LogTest, JsonLineIsJsonWhateverTheBytes) {
  options_.json = true;
  ASSERT_TRUE(ConfigureLog(options_).ok());
  LOG_ERROR("a \"quote\"\nand \x01", {"bad utf8", "\xff x"}, {"n", -5}, {"x", std::nan("")},
            {"good", "\xc3\xa9"}, {"no", false});
  ASSERT_EQ(Lines().size(), 1U);
  EXPECT_TRUE(Lines()[0].ends_with(
      R"(Z","level":"error","msg":"a \"quote\"\nand \u0001","bad utf8":")"
      "\xef\xbf\xbd x\",\"n\":-5,\"x\":\"nan\",\"good\":\"\xc3\xa9\",\"no\":false}"))
      << Lines()[0];
  EXPECT_TRUE(Lines()[0].starts_with(R"({"time":"2)"));
}

TEST_F(LogTest, AMessageCannotForgeALine) {
  ASSERT_TRUE(ConfigureLog(options_).ok());
  LOG_INFO("name\n2026-01-01T00:00:00.000Z E forged", {"key", "x\ny"});
  EXPECT_EQ(Lines().size(), 1U);
}

TEST_F(LogTest, LevelsBelowTheLeastAreNotEvenEvaluated) {
  options_.level = LogLevel::kWarning;
  ASSERT_TRUE(ConfigureLog(options_).ok());
  int evaluated = 0;
  LOG_INFO("no", {"n", ++evaluated});
  LOG_WARNING("yes");
  EXPECT_EQ(evaluated, 0);
  EXPECT_EQ(Lines().size(), 1U);
}

TEST_F(LogTest, FilesAreRotatedAndOnlySoManyKept) {
  options_.file_bytes_max = 1'000;
  options_.files_max = 3;
  ASSERT_TRUE(ConfigureLog(options_).ok());
  for (int i = 0; i < 100; ++i) LOG_INFO("filling the file with lines of some length", {"i", i});
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_LE(entry.file_size(), 1'000U);
    ++files;
  }
  EXPECT_EQ(files, 3U);
  EXPECT_FALSE(Lines("elanus.2.log").empty());
}

TEST_F(LogTest, AnUnwritableFileIsAnErrorThatNamesIt) {
  ASSERT_TRUE(ConfigureLog(options_).ok());
  LogOptions bad;
  bad.file = folder_ / "elanus.log" / "below-a-file";
  const Status status = ConfigureLog(bad);
  EXPECT_EQ(status.code(), Code::kIoFailed);
  EXPECT_NE(status.message().find("below-a-file"), std::string::npos);
  LOG_INFO("still here");
  EXPECT_EQ(Lines().size(), 1U);
}

TEST_F(LogTest, LinesOfManyThreadsDoNotMix) {
  ASSERT_TRUE(ConfigureLog(options_).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 200; ++i) LOG_INFO("line", {"end", "x"});
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(Lines().size(), 800U);
  for (const std::string& line : Lines()) EXPECT_TRUE(line.ends_with("Z I line end=x")) << line;
}

}  // namespace
}  // namespace elanus
