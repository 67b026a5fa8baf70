#include "wal/file/format.h"

#include <cstdio>

#include "gtest/gtest.h"

namespace elanus::wal {
namespace {

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
    hex += digits;
  }
  return hex;
}

const FileHeader kHeader = {.number = 3,
                            .epoch = 2,
                            .first_lsn = 41,
                            .previous = 1,
                            .previous_end = 5000,
                            .salt = 0x0123456789abcdef};

std::string Encoded(const std::vector<std::string_view>& records, Lsn lsn, uint32_t seed) {
  std::string frame(FrameBytes(records), '?');
  EncodeFrame(records, lsn, seed, frame.data());
  return frame;
}

// Files with these bytes exist: a change needs a new version, and these must stay readable.
TEST(LogFormat, VersionOneIsTheseBytes) {
  EXPECT_EQ(Hex(EncodeFileHeader(kHeader).substr(0, 68)),
            "454c414e5553574c0100000000000000030000000000000002000000000000002900000000000000010000"
            "00000000008813000000000000efcdab8967452301c56888cf");
  EXPECT_EQ(Hex(Encoded({"abc", "", "defgh"}, 41, kHeader.seed())),
            "454d13b164955bbb2900000000000000140000000300000003000000000000000500000061626364656667"
            "6800000000");
}

TEST(LogFormat, HeadersRoundTrip) {
  const auto header = DecodeFileHeader(EncodeFileHeader(kHeader));
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->number, 3u);
  EXPECT_EQ(header->epoch, 2u);
  EXPECT_EQ(header->first_lsn, 41u);
  EXPECT_EQ(header->previous, 1u);
  EXPECT_EQ(header->previous_end, 5000u);
  EXPECT_EQ(header->salt, kHeader.salt);
}

TEST(LogFormat, EveryFlippedBitOfAHeaderIsNoticed) {
  for (size_t bit = 0; bit < 68 * 8; ++bit) {
    std::string bytes = EncodeFileHeader(kHeader);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(DecodeFileHeader(bytes).ok()) << bit;
  }
}

TEST(LogFormat, ANewerFormatIsRefusedByItsVersion) {
  std::string bytes = EncodeFileHeader(kHeader);
  bytes[8] = 2;
  const auto header = DecodeFileHeader(bytes);
  EXPECT_EQ(header.status().code(), Code::kOperationNotSupported);
  EXPECT_EQ(header.status().message(), "it has log format 2, this program reads up to 1");
}

TEST(LogFormat, EveryFlippedBitOfAFrameIsNoticed) {
  const uint32_t seed = kHeader.seed();
  const std::string good = Encoded({"abc", "", "defgh"}, 41, seed);
  for (size_t bit = 0; bit < (good.size() - 4) * 8; ++bit) {  // without the padding
    std::string frame = good;
    frame[bit / 8] = static_cast<char>(frame[bit / 8] ^ (1 << bit % 8));
    const auto header = DecodeFrameHeader(frame.data(), seed);
    std::vector<std::string_view> records;
    EXPECT_FALSE(header &&
                 DecodeFrameBody(*header, frame.substr(kFrameHeaderBytes, 20), seed, &records))
        << bit;
  }
}

TEST(LogFormat, AFrameIsVoidInAnyOtherFile) {
  const std::string frame = Encoded({"abc"}, 41, kHeader.seed());
  EXPECT_TRUE(DecodeFrameHeader(frame.data(), kHeader.seed()));
  for (uint64_t FileHeader::* field :
       {&FileHeader::number, &FileHeader::epoch, &FileHeader::salt}) {
    FileHeader other = kHeader;
    ++(other.*field);
    EXPECT_FALSE(DecodeFrameHeader(frame.data(), other.seed()));
  }
}

}  // namespace
}  // namespace elanus::wal
