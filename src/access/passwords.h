// Passwords: hashed as crypt(5) writes bcrypt, which is what Milvus keeps too.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace elanus::access {

// Takes about `1 << cost` rounds: tens of milliseconds at 10.
constexpr int kPasswordCost = 10;

Result<std::string> HashPassword(const std::string& password, int cost = kPasswordCost);
// Takes as long as the hash did.
bool VerifyPassword(const std::string& password, const std::string& hash);
// Whether VerifyPassword can read it.
bool IsPasswordHash(const std::string& hash);

// 32 bytes that say `secret` to whoever has `salt`, and nothing to others (HMAC-SHA-256).
std::string Fingerprint(std::string_view salt, std::string_view secret);
// So many bytes that nobody can foretell.
Result<std::string> RandomBytes(size_t count);
// Takes the same time wherever they differ.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace elanus::access
