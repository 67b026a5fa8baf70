// Authenticator: who a request comes from, by what it brings along. Thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "access/access_control.h"
#include "base/status.h"

namespace elanus::access {

struct AuthenticatorOptions {
  std::vector<std::pair<std::string, std::string>> api_keys;  // key, user
  // After so many wrong passwords in a row for one user from one address, further ones are refused
  // unread, first for a second, then twice as long each time, up to the limit.
  int free_failures = 5;
  std::chrono::seconds wait_max{60};
};

class Authenticator {
 public:
  using Clock = std::chrono::steady_clock;
  // `control` outlives it.
  static Result<std::unique_ptr<Authenticator>> Make(const AccessControl* control,
                                                     AuthenticatorOptions options);

  // The user behind the `authorization` of a request: base64 of "user:password" or of an API key.
  // kNotAuthenticated, with Milvus's texts. A password costs tens of milliseconds the first time;
  // then it is remembered, as a fingerprint, until the user's password changes.
  Result<std::string> UserOf(std::string_view authorization, std::string_view address,
                             Clock::time_point now = Clock::now());

 private:
  Authenticator(const AccessControl* control, AuthenticatorOptions options, std::string salt)
      : control_(control), options_(std::move(options)), salt_(std::move(salt)) {}

  struct Verified {
    std::string user;
    std::string password_hash;
  };
  struct Failures {
    int count = 0;
    Clock::time_point until;  // refused unread before
  };

  Result<std::string> OfPassword(const std::string& user, const std::string& password,
                                 std::string_view address, const std::string& fingerprint,
                                 Clock::time_point now);
  Result<std::string> OfApiKey(const std::string& key) const;
  bool MayTry(const std::string& user_and_address, Clock::time_point now);
  void CountFailure(const std::string& user_and_address, Clock::time_point now);

  const AccessControl* const control_;
  const AuthenticatorOptions options_;
  const std::string salt_;  // of fingerprints; of this process alone

  std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, Verified> verified_;
  std::unordered_map<std::string, Failures> failures_;
};

}  // namespace elanus::access
