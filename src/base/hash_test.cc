#include "base/hash.h"

#include <bit>
#include <random>
#include <string>
#include <unordered_set>

#include <gtest/gtest.h>

namespace elanus {
namespace {

std::string RandomBytes(std::mt19937_64& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// These values are in files: they may never change.
TEST(Hash, IsStable) {
  EXPECT_EQ(HashInt(0), 0xe220a8397b1dcdafU);
  EXPECT_EQ(HashInt(42), 0xbdd732262feb6e95U);
  EXPECT_EQ(HashBytes(""), 0xae33b725440a0fa2U);
  EXPECT_EQ(HashBytes("a"), 0xb5d80532801fe66aU);
  EXPECT_EQ(HashBytes("elanus"), 0xcda108c0cccfe112U);
  EXPECT_EQ(HashBytes("elanus caeruleus", 7), 0xda154742a4a4b6feU);
  EXPECT_EQ(HashBytes(std::string(100, 'k')), 0x6c153de0c520c051U);
}

TEST(Hash, HasNoCollisionsAmongAMillionShortKeys) {
  std::unordered_set<uint64_t> seen;
  seen.reserve(1'000'000);
  for (int i = 0; i < 1'000'000; ++i) seen.insert(HashBytes("key_" + std::to_string(i)));
  EXPECT_EQ(seen.size(), 1'000'000U);
}

TEST(Hash, DistinguishesRunsOfOneByteByLength) {
  std::unordered_set<uint64_t> seen;
  for (size_t size = 0; size < 300; ++size) seen.insert(HashBytes(std::string(size, '\0')));
  EXPECT_EQ(seen.size(), 300U);
}

// Flipping any input bit flips each output bit with a chance of about one half.
TEST(Hash, Avalanches) {
  std::mt19937_64 random(1);
  for (const size_t size : {1U, 3U, 4U, 8U, 12U, 16U, 17U, 40U, 48U, 49U, 100U, 200U}) {
    int64_t flips = 0;
    int64_t trials = 0;
    int flips_of_bit[64] = {};
    for (int round = 0; round < 40; ++round) {
      std::string bytes = RandomBytes(random, size);
      const uint64_t before = HashBytes(bytes);
      for (size_t bit = 0; bit < size * 8; ++bit, ++trials) {
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        const uint64_t changed = before ^ HashBytes(bytes);
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        ASSERT_GT(std::popcount(changed), 10) << "size " << size << " bit " << bit;
        flips += std::popcount(changed);
        for (int out = 0; out < 64; ++out) flips_of_bit[out] += (changed >> out) & 1;
      }
    }
    EXPECT_NEAR(static_cast<double>(flips) / static_cast<double>(trials), 32, 1) << size;
    for (const int count : flips_of_bit) {
      EXPECT_NEAR(static_cast<double>(count) / static_cast<double>(trials), 0.5, 0.15) << size;
    }
  }
}

TEST(Hash, SeedChangesTheHash) {
  EXPECT_NE(HashBytes("key", 1), HashBytes("key", 2));
  EXPECT_NE(HashBytes("", 1), HashBytes("", 2));
}

TEST(Hash, SpreadsOverLowAndHighBits) {
  int low[256] = {};
  int high[256] = {};
  for (int i = 0; i < 256'000; ++i) {
    const uint64_t hash = HashBytes(std::to_string(i));
    ++low[hash & 0xff];
    ++high[hash >> 56];
  }
  for (int bucket = 0; bucket < 256; ++bucket) {
    EXPECT_NEAR(low[bucket], 1'000, 200);
    EXPECT_NEAR(high[bucket], 1'000, 200);
  }
}

}  // namespace
}  // namespace elanus
