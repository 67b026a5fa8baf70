#include "server/admin/admin_server.h"

#include <atomic>

#include <gtest/gtest.h>

#include "server/client_testing.h"

namespace elanus::server {
namespace {

class AdminServerTest : public testing::Test {
 protected:
  AdminServerTest() {
    AdminOptions options;
    options.endpoint.port = 0;
    auto health = [this] {
      bool ok = healthy_;
      return Health{ok, ok ? "OK" : "the disk is full", {{"proxy", ok ? 1 : 2}, {"shard", 1}}};
    };
    admin_ = std::move(AdminServer::Start(options, health, [] { return "up 1\n"; })).take();
  }

  std::string Get(const std::string& target, const std::string& header = "") {
    RawSocket socket(admin_->port());
    socket.Send("GET " + target + " HTTP/1.1\r\nConnection: close\r\n" + header + "\r\n");
    return socket.ReadToEnd();
  }

  std::atomic<bool> healthy_{true};
  std::unique_ptr<AdminServer> admin_;
};

TEST_F(AdminServerTest, TellsThatItIsHealthy) {
  for (const char* page : {"/healthz", "/health", "/livez", "/healthz?x=1"}) {
    std::string answer = Get(page);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nOK<closed>")) << answer;
  }
}

TEST_F(AdminServerTest, TellsItInJsonToWhoAsksForIt) {
  EXPECT_TRUE(
      Get("/healthz", "content-type: application/json\r\n")
          .ends_with("\r\n\r\n{\"state\":\"OK\",\"detail\":[{\"name\":\"proxy\",\"code\":1},"
                     "{\"name\":\"shard\",\"code\":1}]}<closed>"));
}

TEST_F(AdminServerTest, Answers500WhenItIsNotHealthy) {
  healthy_ = false;
  EXPECT_TRUE(Get("/healthz").starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(Get("/healthz").ends_with("\r\n\r\nthe disk is full<closed>"));
  EXPECT_TRUE(Get("/livez").starts_with("HTTP/1.1 200 "));
}

TEST_F(AdminServerTest, ShowsMoreThanHealthOnlyToWhomItAdmits) {
  AdminOptions options;
  options.endpoint.port = 0;
  admin_ = AdminServer::Start(
               options, [] { return Health{true, "OK", {}}; }, [] { return "up 1\n"; },
               [](const HttpRequest& request) { return AuthorizationOf(request) == "YTpi"; })
               .take();
  EXPECT_TRUE(Get("/healthz").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(Get("/metrics").starts_with("HTTP/1.1 401 "));
  EXPECT_NE(Get("/metrics").find("WWW-Authenticate: Basic"), std::string::npos);
  EXPECT_TRUE(Get("/metrics", "Authorization: Basic YTpi\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(Get("/metrics", "Authorization: Bearer a:b\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_F(AdminServerTest, ShowsTheMetrics) {
  for (const char* page : {"/metrics", "/metrics_default"}) {
    std::string answer = Get(page);
    EXPECT_NE(answer.find("Content-Type: text/plain; version=0.0.4"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nup 1\n<closed>")) << answer;
  }
}

class ManagementTest : public AdminServerTest {
 protected:
  ManagementTest() {
    AdminOptions options;
    options.endpoint.port = 0;
    Management management;
    management.stop = [this] { ++stops_; };
    management.setting = [](std::string_view key) -> std::optional<std::string> {
      if (key == "log.level") return "info";
      if (key == "common.security.defaultRootPassword") return "Milvus";
      return std::nullopt;
    };
    management.address = "here:1";
    management.admits = [](const HttpRequest& request) {
      return AuthorizationOf(request) == "YTpi";
    };
    auto health = [this] { return Health{healthy_, healthy_ ? "OK" : "the disk is full", {}}; };
    admin_ =
        AdminServer::Start(options, health, [] { return "up 1\n"; }, nullptr, management).take();
  }
  std::string Ask(const std::string& page, const std::string& header = "") {
    return Get("/management/" + page, "Authorization: Basic YTpi\r\n" + header);
  }

  std::atomic<int> stops_{0};
};

TEST_F(ManagementTest, IsForWhomItAdmits) {
  EXPECT_TRUE(Get("/management/stop").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(Get("/management/nothing").starts_with("HTTP/1.1 401 "));
  EXPECT_EQ(stops_, 0);
  EXPECT_TRUE(Ask("stop").ends_with("{\"msg\": \"OK\"}<closed>"));
  EXPECT_EQ(stops_, 1);
}

TEST_F(ManagementTest, IsNotForBrowsers) {
  EXPECT_TRUE(Ask("stop", "Origin: http://elsewhere\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(Ask("stop", "Sec-Fetch-Site: cross-site\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_EQ(stops_, 0);
}

TEST_F(ManagementTest, TellsWhetherItIsReady) {
  EXPECT_TRUE(Ask("check/ready?role=querynode").starts_with("HTTP/1.1 200 "));
  healthy_ = false;
  const std::string answer = Ask("check/ready");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
  EXPECT_NE(answer.find("the disk is full"), std::string::npos);
  EXPECT_TRUE(
      Ask("querycoord/node/list")
          .ends_with(R"({"nodeInfos":[{"ID":1,"address":"here:1","state":"Abnormal"}]}<closed>)"));
}

TEST_F(ManagementTest, TellsSettingsButNoSecrets) {
  EXPECT_TRUE(Ask("config/get?keys=log.level,,nope,common.security.defaultRootPassword")
                  .ends_with(R"({"configs":[{"key":"log.level","value":"info"},)"
                             R"({"key":"nope","error":"key not found: nope"},)"
                             R"({"key":"common.security.defaultRootPassword",)"
                             R"("error":"access to sensitive config key is denied"}]}<closed>)"));
  EXPECT_TRUE(Ask("config/get").starts_with("HTTP/1.1 400 "));
}

TEST_F(ManagementTest, KnowsNoOtherPage) {
  EXPECT_TRUE(Ask("wal/alter").starts_with("HTTP/1.1 404 "));
}

TEST_F(AdminServerTest, KnowsNoOtherPage) {
  EXPECT_TRUE(Get("/webui").starts_with("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace elanus::server
