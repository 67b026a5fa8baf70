#include "base/crc32c.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace elanus {
namespace {

TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(Crc32c(""), 0U);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aaU);  // RFC 3720, B.4
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43U);
}

TEST(Crc32c, KernelsAgreeOnEveryLengthAndOffset) {
  std::mt19937 random(7);
  std::string bytes(70'000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  const std::string_view view = bytes;
  for (size_t size = 0; size < view.size(); size = size < 1'600 ? size + 1 : size + 1'021) {
    const std::string_view part = view.substr(size % 17, size);
    const auto seed = static_cast<uint32_t>(size * 77);
    ASSERT_EQ(Crc32c(part, seed), internal::Crc32cByTable(part.data(), part.size(), seed)) << size;
  }
}

TEST(Crc32c, ContinuesOverPieces) {
  const std::string bytes(100'000, 'x');
  const std::string_view view = bytes;
  EXPECT_EQ(Crc32c(view.substr(12'345), Crc32c(view.substr(0, 12'345))), Crc32c(view));
}

}  // namespace
}  // namespace elanus
