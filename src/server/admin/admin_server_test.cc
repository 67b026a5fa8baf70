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

TEST_F(AdminServerTest, KnowsNoOtherPage) {
  EXPECT_TRUE(Get("/webui").starts_with("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace elanus::server
