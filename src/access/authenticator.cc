#include "access/authenticator.h"

#include <algorithm>
#include <optional>

#include "access/passwords.h"
#include "base/base64.h"

namespace elanus::access {
namespace {

// More are forgotten, the oldest with them.
constexpr size_t kVerifiedMax = 4096;
constexpr size_t kFailuresMax = 65'536;

Status Refused(const char* text) { return Status(Code::kNotAuthenticated, text); }

Status WrongPassword() {
  return Refused("auth check failure, please check username and password are correct");
}

}  // namespace

Result<std::unique_ptr<Authenticator>> Authenticator::Make(const AccessControl* control,
                                                           AuthenticatorOptions options) {
  constexpr size_t kSaltBytes = 32;
  std::string salt = TRY(RandomBytes(kSaltBytes));
  return std::unique_ptr<Authenticator>(
      new Authenticator(control, std::move(options), std::move(salt)));
}

Result<std::string> Authenticator::UserOf(std::string_view authorization, std::string_view address,
                                          Clock::time_point now) {
  if (authorization.empty()) return Refused("missing authorization in header");
  const std::string fingerprint = Fingerprint(salt_, authorization);
  {
    const auto rules = control_->rules();
    const std::lock_guard lock(mutex_);
    if (const auto found = verified_.find(fingerprint); found != verified_.end()) {
      const auto user = rules->users.find(found->second.user);
      if (user != rules->users.end() && user->second.password_hash == found->second.password_hash) {
        return found->second.user;
      }
      verified_.erase(found);
    }
  }
  const std::optional<std::string> token = DecodeBase64(authorization);
  if (!token) return Refused("invalid token format");
  const size_t colon = token->find(':');
  if (colon == std::string::npos) return OfApiKey(*token);
  return OfPassword(token->substr(0, colon), token->substr(colon + 1), address, fingerprint, now);
}

Result<std::string> Authenticator::OfApiKey(const std::string& key) const {
  // All are looked at, so that the time taken says nothing.
  const std::string* user = nullptr;
  for (const auto& [known, of] : options_.api_keys) {
    if (EqualInConstantTime(Fingerprint(salt_, known), Fingerprint(salt_, key))) user = &of;
  }
  if (user == nullptr || !control_->rules()->users.contains(*user)) {
    return Refused("auth check failure, please check api key is correct");
  }
  return *user;
}

Result<std::string> Authenticator::OfPassword(const std::string& user, const std::string& password,
                                              std::string_view address,
                                              const std::string& fingerprint,
                                              Clock::time_point now) {
  // The port changes from one connection to the next.
  const std::string from = user + '\0' + std::string(address.substr(0, address.rfind(':')));
  if (!MayTry(from, now)) {
    return Refused(
        "auth check failure, please check username and password are correct: too many wrong "
        "passwords, try again later");
  }
  // As they are before the password is checked: a change meanwhile makes it unverified again.
  const auto rules = control_->rules();
  if (!control_->IsPassword(user, password)) {
    CountFailure(from, now);
    return WrongPassword();
  }
  const auto found = rules->users.find(user);
  if (found == rules->users.end()) return WrongPassword();
  const std::lock_guard lock(mutex_);
  failures_.erase(from);
  if (verified_.size() >= kVerifiedMax) verified_.clear();
  verified_[fingerprint] = {user, found->second.password_hash};
  return user;
}

bool Authenticator::MayTry(const std::string& user_and_address, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find(user_and_address);
  return found == failures_.end() || now >= found->second.until;
}

void Authenticator::CountFailure(const std::string& user_and_address, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (failures_.size() >= kFailuresMax) failures_.clear();
  Failures& failures = failures_[user_and_address];
  const int over = ++failures.count - options_.free_failures;
  if (over < 0) return;
  constexpr int kDoublingsMax = 20;
  const auto wait = std::chrono::seconds(int64_t{1} << std::min(over, kDoublingsMax));
  failures.until = now + std::min<std::chrono::seconds>(wait, options_.wait_max);
}

}  // namespace elanus::access
