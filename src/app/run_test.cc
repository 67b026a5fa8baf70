#include "app/run.h"

#include <sstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "app/data_folder.h"
#include "app/process.h"
#include "app/version.h"
#include "base/log.h"
#include "io/memory/memory_file_system.h"

namespace elanus::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunTest : public ::testing::Test {
 protected:
  struct Recorder final : Service {
    explicit Recorder(std::vector<std::string>* list) : events(list) {}
    ~Recorder() override { events->push_back("closed"); }
    void Stop(std::chrono::milliseconds drain_max) override {
      events->push_back("stop " + std::to_string(drain_max.count()));
    }
    std::vector<std::string>* events;
  };

  int Run(std::vector<std::string_view> arguments,
          std::map<std::string, std::string> environment = {}) {
    environment.emplace("ELANUS_LOG_FILE_PATH", "/dev/null");
    out_.str("");
    err_.str("");
    return app::Run(
        {arguments, std::move(environment), fs_, out_, err_,
         [this](const Settings& settings, io::FileSystem&) -> Result<std::unique_ptr<Service>> {
           events_.push_back("start");
           settings_ = settings;
           if (!start_.ok()) return start_;
           return std::unique_ptr<Service>(new Recorder(&events_));
         },
         [this] {
           events_.push_back("wait");
           return std::string("test");
         },
         [](io::FileSystem&, const std::string&,
            CatalogUse) -> Result<std::unique_ptr<meta::MetaStore>> {
           return Status(Code::kIoFailed, "no catalog here");
         }});
  }
  void Write(const std::string& path, std::string_view text) {
    ASSERT_TRUE(io::WriteFileAtomically(fs_, path, text).ok());
  }

  io::MemoryFileSystem fs_;
  std::ostringstream out_, err_;
  std::vector<std::string> events_;
  Settings settings_;
  Status start_;
};

TEST_F(RunTest, ServesUntilToldToStopThenDrains) {
  EXPECT_EQ(Run({"serve", "--set", "server.drainMs=12"}), 0);
  EXPECT_THAT(events_, ElementsAre("start", "wait", "stop 12", "closed"));
}

TEST_F(RunTest, WithoutArgumentsServesTheDefaults) {
  EXPECT_EQ(Run({}), 0);
  EXPECT_EQ(settings_.data, "./elanus-data");
  EXPECT_EQ(settings_.server.listener.endpoint.ToString(), "127.0.0.1:19530");
  EXPECT_EQ(settings_.admin_server.endpoint.ToString(), "127.0.0.1:9091");
}

TEST_F(RunTest, LaterSourcesWin) {
  Write("c.yaml", "listen: 127.0.0.1:1\nadmin: 127.0.0.1:1\ndata: file\nlog: {level: warn}\n");
  EXPECT_EQ(
      Run({"--config", "c.yaml", "--set", "admin=127.0.0.1:3", "--data=flag", "--set", "data=set"},
          {{"ELANUS_LISTEN", "127.0.0.1:2"}, {"ELANUS_ADMIN", "127.0.0.1:2"}}),
      0);
  EXPECT_EQ(settings_.log.level, LogLevel::kWarning);
  EXPECT_EQ(settings_.listen, "127.0.0.1:2");
  EXPECT_EQ(settings_.admin, "127.0.0.1:3");
  EXPECT_EQ(settings_.data, "flag");
}

TEST_F(RunTest, PrintsItsVersion) {
  for (const std::string_view argument : {"--version", "version"}) {
    EXPECT_EQ(Run({argument}), 0);
    EXPECT_EQ(out_.str(), std::string(kVersion) + "\n");
  }
  EXPECT_EQ(Run({"serve", "--version"}), 0);
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(RunTest, PrintsHelp) {
  for (const std::string_view argument : {"--help", "-h", "help"}) {
    EXPECT_EQ(Run({argument}), 0);
    EXPECT_THAT(out_.str(), HasSubstr("--listen HOST:PORT"));
  }
}

TEST_F(RunTest, PrintsTheSettingsInEffect) {
  EXPECT_EQ(Run({"config", "--set", "proxy.maxNameLength=17"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("  # Default: 255. Range: 1 .. 65535.\n  maxNameLength: 17\n"));
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(RunTest, SaysWhatIsWrongWithTheCommandLine) {
  const std::pair<std::vector<std::string_view>, std::string> cases[] = {
      {{"fly"}, "unknown command fly"},
      {{"--fast", "1"}, "unknown flag --fast"},
      {{"--data"}, "--data needs a value"},
      {{"serve", "here"}, "unexpected argument here"},
      {{"--set", "x"}, "expected key=value"},
      {{"--set", "no.such=1"}, "there is no setting 'no.such'"},
      {{"--config", "missing.yaml"}, "missing.yaml"},
  };
  for (const auto& [arguments, text] : cases) {
    EXPECT_EQ(Run(arguments), 2) << text;
    EXPECT_THAT(err_.str(), HasSubstr(text));
  }
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(RunTest, FailsWhenItCannotStart) {
  start_ = Status(Code::kIoFailed, "data folder d is used by another process");
  EXPECT_EQ(Run({}), 1);
  EXPECT_EQ(err_.str(), "elanus: data folder d is used by another process\n");
  EXPECT_THAT(events_, ElementsAre("start"));
}

TEST_F(RunTest, FailsOnAnAddressThatIsNone) {
  EXPECT_EQ(Run({"--listen", "nowhere"}), 1);
  EXPECT_THAT(events_, IsEmpty());
}

TEST(DataFolder, IsHeldByOne) {
  io::MemoryFileSystem fs;
  auto folder = DataFolder::Open(fs, "d").take();
  EXPECT_EQ(folder->meta(), "d/meta");
  EXPECT_TRUE(fs.Exists(folder->wal()).value());
  EXPECT_TRUE(fs.Exists(folder->shards()).value());
  auto second = DataFolder::Open(fs, "d");
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.status().message(), HasSubstr("data folder d is used by another process"));
  folder.reset();
  EXPECT_TRUE(DataFolder::Open(fs, "d").ok());
}

TEST(Process, RaisesTheLimitOfOpenFiles) {
  const uint64_t now = RaiseFileLimit();
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(now, limit.rlim_cur);
  EXPECT_EQ(limit.rlim_cur, limit.rlim_max);
}

TEST(Process, WaitsForASignalToStop) {
  StopSignals signals;
  raise(SIGTERM);
  EXPECT_EQ(signals.Wait(), SIGTERM);
}

}  // namespace
}  // namespace elanus::app
