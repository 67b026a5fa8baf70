#include "app/settings.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/settings_sources.h"

namespace elanus::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Setting& Find(std::string_view key) {
  for (const Setting& setting : AllSettings()) {
    if (setting.key == key) return setting;
  }
  ADD_FAILURE() << key;
  return AllSettings()[0];
}

TEST(Settings, EveryKeyIsThereOnceAndHasAMeaning) {
  std::set<std::string> keys, names;
  for (const Setting& setting : AllSettings()) {
    EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
    EXPECT_TRUE(names.insert(EnvironmentName(setting.key)).second) << setting.key;
    EXPECT_FALSE(setting.meaning.empty()) << setting.key;
    EXPECT_FALSE(setting.range.empty()) << setting.key;
  }
}

TEST(Settings, EveryDefaultIsInItsRange) {
  const Settings defaults;
  for (const Setting& setting : AllSettings()) {
    Settings settings;
    EXPECT_TRUE(setting.set(setting.get(defaults), &settings)) << setting.key;
    EXPECT_EQ(setting.get(settings), setting.get(defaults)) << setting.key;
  }
}

TEST(Settings, SetsTheOptionOfItsModule) {
  Settings settings;
  ASSERT_TRUE(Set("proxy.maxNameLength", "64", &settings).ok());
  EXPECT_EQ(settings.limits.name_length_max, 64);
  ASSERT_TRUE(Set("quotaAndLimits.limits.topK", "100", &settings).ok());
  EXPECT_EQ(settings.limits.top_k_max, 100);
  ASSERT_TRUE(Set("quotaAndLimits.limits.maxInsertSize", "-1", &settings).ok());
  EXPECT_EQ(settings.limits.insert_bytes_max, -1);
  ASSERT_TRUE(Set("log.level", "warn", &settings).ok());
  EXPECT_EQ(settings.log.level, LogLevel::kWarning);
  ASSERT_TRUE(Set("log.format", "json", &settings).ok());
  EXPECT_TRUE(settings.log.json);
  ASSERT_TRUE(Set("wal.direct", "False", &settings).ok());
  EXPECT_FALSE(settings.wal.direct);
  ASSERT_TRUE(Set("log.file.maxSize", "3", &settings).ok());
  EXPECT_EQ(settings.log.file_bytes_max, size_t{3} << 20);
  ASSERT_TRUE(Set("server.drainMs", "250", &settings).ok());
  EXPECT_EQ(settings.drain_max, std::chrono::milliseconds(250));
}

TEST(Settings, RefusesWhatIsOutOfRangeAndSaysTheRange) {
  Settings settings;
  const Status status = Set("proxy.maxFieldNum", "0", &settings);
  EXPECT_EQ(status.message(),
            "setting proxy.maxFieldNum: '0' is not in 1 .. 1024: invalid parameter");
  for (const std::string_view bad : {"", "x", "1x", "1.5", "-1", "1025", "99999999999999999999"}) {
    EXPECT_FALSE(Set("proxy.maxFieldNum", bad, &settings).ok()) << bad;
  }
  EXPECT_FALSE(Set("quotaAndLimits.limits.maxInsertSize", "-2", &settings).ok());
  EXPECT_FALSE(Set("wal.fileSize", "9223372036854775807", &settings).ok());
  EXPECT_FALSE(Set("log.level", "loud", &settings).ok());
  EXPECT_FALSE(Set("wal.direct", "yes", &settings).ok());
  EXPECT_EQ(RenderYaml(settings), RenderYaml(Settings()));
}

TEST(Settings, SaysThatAKeyIsUnknown) {
  Settings settings;
  EXPECT_THAT(Set("proxy.maxNameLenght", "1", &settings).message(),
              HasSubstr("there is no setting 'proxy.maxNameLenght'"));
}

TEST(Settings, AddressesAreParsed) {
  Settings settings;
  settings.listen = "0.0.0.0:1234";
  const Settings valid = Validated(settings).take();
  EXPECT_EQ(valid.server.listener.endpoint.port, 1234);
  EXPECT_FALSE(valid.server.listener.endpoint.IsLoopback());
  EXPECT_TRUE(valid.admin_server.endpoint.IsLoopback());
  settings.listen = "nowhere";
  EXPECT_FALSE(Validated(settings).ok());
}

TEST(Settings, ApiKeysAreReadAndNeverRepeatedInAnError) {
  Settings settings;
  settings.api_keys = "a-key-of-16-chars=root, another-key=of-16=alice";
  const Settings valid = Validated(settings).take();
  ASSERT_EQ(valid.authenticator.api_keys.size(), 2U);
  EXPECT_EQ(valid.authenticator.api_keys[0].first, "a-key-of-16-chars");
  EXPECT_EQ(valid.authenticator.api_keys[1].first, "another-key=of-16");
  EXPECT_EQ(valid.authenticator.api_keys[1].second, "alice");
  for (const char* wrong : {"short=root", "a-key-of-16-chars", "a-key-of-16-chars="}) {
    settings.api_keys = wrong;
    const Status status = Validated(settings).status();
    EXPECT_EQ(status.code(), Code::kParameterInvalid);
    EXPECT_EQ(status.message().find(wrong), std::string::npos) << status.message();
  }
}

TEST(Settings, TheYamlReadsBackAsItself) {
  Settings settings;
  for (const Setting& setting : AllSettings()) {
    if (setting.range.find("..") == std::string::npos) continue;
    const std::string least = setting.range.substr(0, setting.range.find(' '));
    ASSERT_TRUE(setting.set(least, &settings)) << setting.key;
  }
  settings.log.json = true;
  settings.data = "/tmp/it's here: # no";
  Settings again;
  EXPECT_THAT(ApplyYaml(RenderYaml(settings), "x.yaml", &again).value(), IsEmpty());
  EXPECT_EQ(RenderYaml(again), RenderYaml(settings));
}

// `elanus config > config/elanus.yaml` makes it.
TEST(Settings, TheFileInTheRepositoryIsThatOfTheTable) {
  std::ifstream file(ELANUS_SOURCE_DIR "/config/elanus.yaml");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), RenderYaml(Settings()));
}

TEST(SettingsYaml, TakesSectionsAndDottedKeys) {
  Settings settings;
  const auto unknown = ApplyYaml(
      "proxy:\n  maxNameLength: 10\n  grpc:\n    serverMaxRecvSize: 2048\n"
      "quotaAndLimits.limits.topK: 7\n",
      "x.yaml", &settings);
  EXPECT_THAT(unknown.value(), IsEmpty());
  EXPECT_EQ(settings.limits.name_length_max, 10);
  EXPECT_EQ(settings.server.grpc.request_bytes_max, 2048U);
  EXPECT_EQ(settings.limits.top_k_max, 7);
}

TEST(SettingsYaml, NamesTheKeysItDoesNotKnow) {
  Settings settings;
  const auto unknown =
      ApplyYaml("etcd:\n  endpoints: [a, b]\nminio:\n  port: 9000\n", "milvus.yaml", &settings);
  EXPECT_THAT(unknown.value(), ElementsAre("etcd.endpoints", "minio.port"));
}

TEST(SettingsYaml, AnEmptyFileSetsNothing) {
  Settings settings;
  EXPECT_TRUE(ApplyYaml("", "x.yaml", &settings).ok());
  EXPECT_TRUE(ApplyYaml("# only a comment\n", "x.yaml", &settings).ok());
}

TEST(SettingsYaml, ErrorsNameTheFile) {
  Settings settings;
  for (const std::string_view bad :
       {"a: [", "- 1\n", "proxy:\n  maxFieldNum: many\n", "proxy:\n  maxFieldNum: [1]\n"}) {
    const auto result = ApplyYaml(bad, "x.yaml", &settings);
    ASSERT_FALSE(result.ok()) << bad;
    EXPECT_THAT(result.status().message(), HasSubstr("x.yaml")) << bad;
  }
}

TEST(SettingsEnvironment, SetsBySectionAndKeyInCapitals) {
  Settings settings;
  const auto unknown = ApplyEnvironment({{"ELANUS_PROXY_MAXNAMELENGTH", "9"},
                                         {"ELANUS_LISTEN", "127.0.0.1:1"},
                                         {"ELANUS_NO_SUCH", "1"},
                                         {"PATH", "/bin"}},
                                        &settings);
  EXPECT_THAT(unknown.value(), ElementsAre("ELANUS_NO_SUCH"));
  EXPECT_EQ(settings.limits.name_length_max, 9);
  EXPECT_EQ(settings.listen, "127.0.0.1:1");
  EXPECT_THAT(ApplyEnvironment({{"ELANUS_LOG_LEVEL", "loud"}}, &settings).status().message(),
              HasSubstr("ELANUS_LOG_LEVEL: setting log.level"));
}

TEST(SettingsAssignment, NeedsAKnownKeyAndAValue) {
  Settings settings;
  EXPECT_TRUE(ApplyAssignment("log.file.path=a=b", &settings).ok());
  EXPECT_EQ(settings.log.file, "a=b");
  EXPECT_FALSE(ApplyAssignment("log.file.path", &settings).ok());
  EXPECT_FALSE(ApplyAssignment("no.such=1", &settings).ok());
  EXPECT_EQ(Find("log.file.path").get(settings), "a=b");
}

}  // namespace
}  // namespace elanus::app
