#include "server/grpc/grpc_wire.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace elanus::server {
namespace {

using namespace std::chrono_literals;
using Verdict = MessageReader::Verdict;

std::string Framed(std::string_view message) {
  uint8_t prefix[MessageReader::kPrefixBytes];
  WriteMessagePrefix(message.size(), prefix);
  return std::string(reinterpret_cast<char*>(prefix), sizeof prefix) + std::string(message);
}

// As a client's library does: 15 + 16 bits of window ask for gzip, 15 for zlib's own header.
std::string Compressed(std::string_view bytes, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), 0);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(GrpcWire, ReadsTimeoutsInEveryUnit) {
  EXPECT_EQ(ParseGrpcTimeout("2H"), 2h);
  EXPECT_EQ(ParseGrpcTimeout("3M"), 3min);
  EXPECT_EQ(ParseGrpcTimeout("10S"), 10s);
  EXPECT_EQ(ParseGrpcTimeout("99999999m"), 99999999ms);
  EXPECT_EQ(ParseGrpcTimeout("7u"), 7us);
  EXPECT_EQ(ParseGrpcTimeout("0n"), 0ns);
}

TEST(GrpcWire, TakesNothingElseForATimeout) {
  for (const char* value : {"", "S", "10", "10s", "-1S", "1.5S", "999999999S", "S1", " 1S"}) {
    EXPECT_FALSE(ParseGrpcTimeout(value).has_value()) << value;
  }
}

TEST(GrpcWire, EncodesWhatIsNotPrintable) {
  EXPECT_EQ(EncodeGrpcMessage("field 'a' not found"), "field 'a' not found");
  EXPECT_EQ(EncodeGrpcMessage("100%\n\xc3\xa9"), "100%25%0A%C3%A9");
}

TEST(MessageReader, CollectsAMessageFromPiecesOfAnySize) {
  const std::string message(1000, 'x');
  const std::string framed = Framed(message);
  for (size_t step : {size_t{1}, size_t{3}, size_t{7}, framed.size()}) {
    MessageReader reader;
    for (size_t i = 0; i < framed.size(); i += step) {
      EXPECT_FALSE(reader.whole());
      EXPECT_EQ(reader.Add(std::string_view(framed).substr(i, step), 1000), Verdict::kOk);
    }
    EXPECT_TRUE(reader.whole());
    EXPECT_EQ(reader.message(), message);
  }
}

TEST(MessageReader, TakesAnEmptyMessage) {
  MessageReader reader;
  EXPECT_EQ(reader.Add(Framed(""), 10), Verdict::kOk);
  EXPECT_TRUE(reader.whole());
}

TEST(MessageReader, RefusesByTheLengthThatIsPromised) {
  MessageReader reader;
  EXPECT_EQ(reader.Add(Framed(std::string(11, 'x')).substr(0, 5), 10), Verdict::kTooLarge);
  EXPECT_EQ(reader.length(), 11U);
}

TEST(MessageReader, HoldsNoMemoryForAPromise) {
  MessageReader reader;
  const std::string head("\0\x03\xff\xff\xff", 5);  // 64 MiB
  EXPECT_EQ(reader.Add(head + "x", 64 << 20), Verdict::kOk);
  EXPECT_LE(reader.message().capacity(), 64U << 10);
}

TEST(MessageReader, RefusesASecondMessageAndAnUnknownFlag) {
  MessageReader two;
  EXPECT_EQ(two.Add(Framed("ab") + "c", 10), Verdict::kMalformed);
  MessageReader flag;
  EXPECT_EQ(flag.Add(std::string("\2\0\0\0\0", 5), 10), Verdict::kMalformed);
}

TEST(Decompress, ReadsGzipAndDeflate) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i);
  EXPECT_EQ(Decompress("gzip", Compressed(text, 31), text.size()).value(), text);
  EXPECT_EQ(Decompress("deflate", Compressed(text, 15), text.size()).value(), text);
}

TEST(Decompress, StopsAtTheLimit) {
  const std::string bomb = Compressed(std::string(10 << 20, 'x'), 31);
  EXPECT_LT(bomb.size(), 20'000U);
  EXPECT_EQ(Decompress("gzip", bomb, 1 << 20).status().code(), Code::kTooManyRequests);
}

TEST(Decompress, NamesWhatItCannotRead) {
  EXPECT_EQ(Decompress("snappy", "x", 10).status().code(), Code::kUnimplemented);
  EXPECT_EQ(Decompress("gzip", "x", 10).status().code(), Code::kParameterInvalid);
  std::string torn = Compressed("some text", 31);
  torn.resize(torn.size() - 9);
  EXPECT_EQ(Decompress("gzip", torn, 100).status().message(), "the message is not gzip");
}

}  // namespace
}  // namespace elanus::server
