#include "base/coding.h"

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace elanus {
namespace {

TEST(Coding, ReadsBackWhatWasWritten) {
  std::string bytes;
  Writer writer(&bytes);
  writer.U8(200);
  writer.U32(0xdeadbeef);
  writer.U64(std::numeric_limits<uint64_t>::max());
  writer.I64(-5);
  writer.F64(-0.25);
  writer.Varint(300);
  writer.Bytes("name");
  writer.Raw("xy", 2);

  Reader reader(bytes);
  EXPECT_EQ(reader.U8().take(), 200);
  EXPECT_EQ(reader.U32().take(), 0xdeadbeefU);
  EXPECT_EQ(reader.U64().take(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(reader.I64().take(), -5);
  EXPECT_EQ(reader.F64().take(), -0.25);
  EXPECT_EQ(reader.Varint().take(), 300U);
  EXPECT_EQ(reader.Bytes().take(), "name");
  EXPECT_EQ(reader.Raw(2).take(), "xy");
  EXPECT_TRUE(reader.done());
}

TEST(Coding, IsLittleEndian) {
  std::string bytes;
  Writer(&bytes).U32(0x04030201);
  EXPECT_EQ(bytes, "\x01\x02\x03\x04");
}

TEST(Coding, VarintsOfEveryLength) {
  for (int bits = 0; bits < 64; ++bits) {
    for (const uint64_t value : {uint64_t{1} << bits, (uint64_t{1} << bits) - 1}) {
      std::string bytes;
      Writer(&bytes).Varint(value);
      Reader reader(bytes);
      EXPECT_EQ(reader.Varint().take(), value);
      EXPECT_TRUE(reader.done());
    }
  }
}

TEST(Coding, EveryCutIsCorruption) {
  std::string bytes;
  Writer writer(&bytes);
  writer.U64(7);
  writer.Bytes("abc");
  for (size_t size = 0; size < bytes.size(); ++size) {
    Reader reader(std::string_view(bytes).substr(0, size));
    const bool number = reader.U64().ok();
    const auto name = reader.Bytes();
    EXPECT_FALSE(number && name.ok()) << size;
    EXPECT_EQ(name.status().code(), Code::kCorruption) << size;
  }
}

TEST(Coding, AnEndlessVarintIsCorruption) {
  const std::string bytes(20, '\xff');
  EXPECT_EQ(Reader(bytes).Varint().status().code(), Code::kCorruption);
}

TEST(Coding, ALengthBeyondTheEndIsCorruption) {
  std::string bytes;
  Writer(&bytes).Varint(std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(Reader(bytes).Bytes().status().code(), Code::kCorruption);
}

}  // namespace
}  // namespace elanus
