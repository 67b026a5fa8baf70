#include "access/authenticator.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/passwords.h"
#include "base/base64.h"
#include "meta/memory/memory_meta_store.h"

namespace elanus::access {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class AuthenticatorTest : public ::testing::Test {
 protected:
  Result<std::string> LogIn(const std::string& token,
                            const std::string& address = "ipv4:1.2.3.4:5") {
    return authenticator_->UserOf(EncodeBase64(token), address, now_);
  }
  void ExpectRefused(const Result<std::string>& user, const char* text) {
    EXPECT_EQ(user.status().code(), Code::kNotAuthenticated);
    EXPECT_THAT(user.status().message(), HasSubstr(text));
  }

  meta::MemoryMetaStore store_;
  std::unique_ptr<meta::Catalog> catalog_ = meta::Catalog::Open(&store_).take();
  std::unique_ptr<AccessControl> control_ = AccessControl::Open(catalog_.get(), {}).take();
  std::unique_ptr<Authenticator> authenticator_ =
      Authenticator::Make(
          control_.get(),
          {{{"a-key-of-16-chars", "root"}, {"key-of-nobody-12", "x"}}, 3, seconds(8)})
          .take();
  Authenticator::Clock::time_point now_{};
};

TEST_F(AuthenticatorTest, KnowsAUserByPasswordOrKey) {
  EXPECT_EQ(LogIn("root:Milvus").value(), "root");
  EXPECT_EQ(LogIn("root:Milvus").value(), "root");
  EXPECT_EQ(LogIn("a-key-of-16-chars").value(), "root");
  ExpectRefused(LogIn("another-key"), "please check api key is correct");
  ExpectRefused(LogIn("key-of-nobody-12"), "please check api key is correct");
  ExpectRefused(LogIn("root:milvus"), "please check username and password are correct");
  ExpectRefused(LogIn("nobody:Milvus"), "please check username and password are correct");
  ExpectRefused(authenticator_->UserOf("", "a"), "missing authorization in header");
  ExpectRefused(authenticator_->UserOf("no base64!", "a"), "invalid token format");
}

TEST_F(AuthenticatorTest, ForgetsAPasswordThatWasChanged) {
  ASSERT_TRUE(control_->CreateUser("alice", "secret1", "").ok());
  EXPECT_TRUE(LogIn("alice:secret1").ok());
  ASSERT_TRUE(control_->ChangeUser("alice", "secret1", {"secret2", std::nullopt}, false).ok());
  EXPECT_FALSE(LogIn("alice:secret1").ok());
  EXPECT_TRUE(LogIn("alice:secret2").ok());
  ASSERT_TRUE(control_->DropUser("alice").ok());
  EXPECT_FALSE(LogIn("alice:secret2").ok());
}

TEST_F(AuthenticatorTest, SlowsDownWhoGuesses) {
  EXPECT_TRUE(LogIn("root:Milvus").ok());
  for (int i = 0; i < 3; ++i) ExpectRefused(LogIn("root:wrong"), "are correct");
  ExpectRefused(LogIn("root:wrong"), "too many wrong passwords");
  // Other addresses, other users, and who has been let in before are not held up.
  ExpectRefused(LogIn("root:wrong", "ipv4:9.9.9.9:5"), "are correct");
  EXPECT_TRUE(LogIn("root:Milvus").ok());
  ASSERT_TRUE(control_->CreateUser("alice", "secret1", "").ok());
  EXPECT_TRUE(LogIn("alice:secret1").ok());
  // A second, then two, then four.
  now_ += seconds(1);
  EXPECT_THAT(LogIn("root:wrong").status().message(), Not(HasSubstr("too many")));
  now_ += seconds(1);
  ExpectRefused(LogIn("root:wrong"), "too many wrong passwords");
  now_ += seconds(1);
  EXPECT_THAT(LogIn("root:wrong").status().message(), Not(HasSubstr("too many")));
}

TEST(Passwords, AreHashedWithASaltOfTheirOwn) {
  const std::string one = HashPassword("secret", 4).take(),
                    other = HashPassword("secret", 4).take();
  EXPECT_NE(one, other);
  EXPECT_TRUE(IsPasswordHash(one));
  EXPECT_TRUE(VerifyPassword("secret", one));
  EXPECT_FALSE(VerifyPassword("Secret", one));
  EXPECT_FALSE(VerifyPassword("secret", "*0"));
  // As Milvus writes them (golang.org/x/crypto/bcrypt).
  EXPECT_TRUE(VerifyPassword("secret", "$2a$" + one.substr(4)));
}

}  // namespace
}  // namespace elanus::access
