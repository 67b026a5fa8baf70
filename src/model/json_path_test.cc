#include "model/json_path.h"

#include <random>

#include <gtest/gtest.h>

namespace elanus {
namespace {

std::string Encoded(std::string_view text) {
  auto binary = EncodeJson(text);
  EXPECT_TRUE(binary.ok()) << text;
  return *binary;
}

TEST(JsonPath, FindsAKeyWhereverItStands) {
  const std::vector<std::string> names = {"b", "c"};
  JsonPath path(names);
  EXPECT_EQ(path.Find(Encoded(R"({"b": {"c": 1}})")).int64(), 1);
  EXPECT_EQ(path.Find(Encoded(R"({"a": 0, "b": {"a": 0, "c": 2}})")).int64(), 2);
  EXPECT_EQ(path.Find(Encoded(R"({"b": {"c": 3}, "z": 0})")).int64(), 3);
  EXPECT_FALSE(path.Find(Encoded(R"({"bc": {"c": 4}, "z": 0})")).exists());
  EXPECT_FALSE(path.Find(Encoded("[1, 2]")).exists());
  EXPECT_FALSE(path.Find("").exists());
}

TEST(JsonPath, GoesIntoArrays) {
  const std::vector<std::string> names = {"a", "1", "x"};
  JsonPath path(names);
  EXPECT_EQ(path.Find(Encoded(R"({"a": [0, {"x": 5}]})")).int64(), 5);
  EXPECT_EQ(path.Find(Encoded(R"({"a": {"1": {"x": 6}}})")).int64(), 6);
}

TEST(JsonPath, TellsAKeyFromALongerOne) {
  const std::vector<std::string> names = {"key"};
  JsonPath path(names);
  EXPECT_EQ(path.Find(Encoded(R"({"key": 1})")).int64(), 1);
  EXPECT_FALSE(path.Find(Encoded(R"({"keys": 1})")).exists());
  EXPECT_FALSE(path.Find(Encoded(R"({"ke": 1})")).exists());
  const std::vector<std::string> long_name = {std::string(300, 'k')};
  JsonPath long_path(long_name);
  EXPECT_EQ(long_path.Find(Encoded("{\"" + long_name[0] + "\": 2}")).int64(), 2);
}

TEST(JsonPath, AgreesWithWalk) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::vector<std::string> names = {"b", "a"};
  JsonPath path(names);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = "{";
    for (size_t i = 0; i < random() % 5; ++i) {
      text += (i == 0 ? "\"" : ", \"") + std::string(1, static_cast<char>('a' + random() % 4)) +
              "\": " + (random() % 2 == 0 ? R"({"a": 7, "c": "x"})" : "[1]");
    }
    const std::string binary = Encoded(text + "}");
    EXPECT_EQ(path.Find(binary).bytes(), JsonView(binary).Walk(names).bytes()) << text;
  }
}

TEST(JsonPath, ReadsDamagedBytesWithoutLeavingThem) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::vector<std::string> names = {"b", "a"};
  const std::string whole = Encoded(R"({"a": [1], "b": {"a": 7, "c": "x"}, "d": null})");
  JsonPath path(names);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = whole;
    for (int i = 0; i < 2; ++i) damaged[random() % whole.size()] = static_cast<char>(random());
    if (random() % 2 == 0) damaged.resize(random() % whole.size());
    const std::string_view bytes = std::string_view(damaged);
    const std::string_view found = path.Find(bytes).bytes();
    if (found.empty()) continue;
    EXPECT_GE(found.data(), bytes.data());
    EXPECT_LE(found.data() + found.size(), bytes.data() + bytes.size());
  }
}

}  // namespace
}  // namespace elanus
