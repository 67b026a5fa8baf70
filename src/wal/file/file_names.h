// The names in a log's folder.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace elanus::wal {

constexpr std::string_view kLockName = "LOCK";
constexpr std::string_view kReserveName = "reserve";
constexpr std::string_view kLogPrefix = "log-";      // log-000000000001
constexpr std::string_view kSparePrefix = "spare-";  // spare-000000000001

inline std::string NumberedName(std::string_view prefix, uint64_t number) {
  const std::string digits = std::to_string(number);
  constexpr size_t kDigits = 12;
  const size_t zeros = digits.size() < kDigits ? kDigits - digits.size() : 0;
  return std::string(prefix) + std::string(zeros, '0') + digits;
}

// nullopt unless `name` is `prefix` and a number.
inline std::optional<uint64_t> NumberOf(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace elanus::wal
