#include "access/passwords.h"

#include <memory>

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <sys/random.h>

namespace elanus::access {
namespace {

// Empty: it cannot be hashed.
std::string Crypt(const std::string& password, const std::string& setting) {
  // Larger than a thread's stack should hold.
  const auto data = std::make_unique<crypt_data>();
  const char* hash = crypt_r(password.c_str(), setting.c_str(), data.get());
  std::string result = hash == nullptr || hash[0] == '*' ? "" : hash;
  OPENSSL_cleanse(data.get(), sizeof *data);
  return result;
}

}  // namespace

Result<std::string> HashPassword(const std::string& password, int cost) {
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), nullptr, 0, setting,
                       sizeof setting) == nullptr) {
    return Fail(Code::kInternal, "encrypt password failed: this system's crypt has no bcrypt");
  }
  std::string hash = Crypt(password, setting);
  if (hash.empty()) return Fail(Code::kInternal, "encrypt password failed");
  return hash;
}

bool VerifyPassword(const std::string& password, const std::string& hash) {
  if (!IsPasswordHash(hash)) return false;
  const std::string same = Crypt(password, hash);
  return !same.empty() && EqualInConstantTime(same, hash);
}

bool IsPasswordHash(const std::string& hash) {
  constexpr size_t kBcryptSize = 60;
  return hash.size() == kBcryptSize &&
         (hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$"));
}

std::string Fingerprint(std::string_view salt, std::string_view secret) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(HMAC(EVP_sha256(), salt.data(), static_cast<int>(salt.size()),
             reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest,
             &size) != nullptr);
  return {reinterpret_cast<const char*>(digest), size};
}

Result<std::string> RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  if (getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count))
    return Fail(Code::kInternal, "the system gives no random bytes");
  return bytes;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace elanus::access
