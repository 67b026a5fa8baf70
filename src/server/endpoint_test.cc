#include "server/endpoint.h"

#include <gtest/gtest.h>

namespace elanus::server {
namespace {

TEST(Endpoint, ReadsHostAndPort) {
  auto v4 = Endpoint::Parse("127.0.0.1:19530");
  ASSERT_TRUE(v4.ok());
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, 19530);
  EXPECT_TRUE(v4->IsLoopback());

  auto v6 = Endpoint::Parse("[::]:0");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->host, "::");
  EXPECT_FALSE(v6->IsLoopback());
  EXPECT_EQ(v6->ToString(), "[::]:0");
}

TEST(Endpoint, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "localhost", ":1", "host:", "host:x", "host:65536", "host:-1",
                           "::1:19530", "host:1 "}) {
    EXPECT_FALSE(Endpoint::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace elanus::server
