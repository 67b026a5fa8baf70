#include "server/grpc/grpc_wire.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include <zlib.h>

namespace elanus::server {
namespace {

constexpr size_t kFirstReserve = 64 << 10;
constexpr unsigned kPiece = 64 << 10;  // decompressed at a time
constexpr size_t kTimeoutDigitsMax = 8;
// zlib's way to say: with a header of gzip or of zlib, whichever is there.
constexpr int kAnyHeader = 32 + MAX_WBITS;

int64_t NanosecondsOf(char unit) {
  switch (unit) {
    case 'H':
      return int64_t{3600} * 1'000'000'000;
    case 'M':
      return int64_t{60} * 1'000'000'000;
    case 'S':
      return 1'000'000'000;
    case 'm':
      return 1'000'000;
    case 'u':
      return 1'000;
    case 'n':
      return 1;
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::chrono::nanoseconds> ParseGrpcTimeout(std::string_view value) {
  if (value.size() < 2 || value.size() > kTimeoutDigitsMax + 1) return std::nullopt;
  const int64_t unit = NanosecondsOf(value.back());
  value.remove_suffix(1);
  uint32_t amount = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), amount);
  if (unit == 0 || error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return std::chrono::nanoseconds(amount * unit);
}

std::string EncodeGrpcMessage(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte <= '~' && c != '%') {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

MessageReader::Verdict MessageReader::Add(std::string_view piece, size_t bytes_max) {
  if (prefix_size_ < kPrefixBytes) {
    const size_t n = std::min(kPrefixBytes - prefix_size_, piece.size());
    std::copy_n(piece.begin(), n, prefix_ + prefix_size_);
    prefix_size_ += n;
    piece.remove_prefix(n);
    if (prefix_size_ < kPrefixBytes) return Verdict::kOk;
    if (Verdict verdict = ReadPrefix(bytes_max); verdict != Verdict::kOk) return verdict;
  }
  const size_t size = message_.size() + piece.size();
  if (size > length_) return Verdict::kMalformed;  // a second message
  if (size > message_.capacity()) {
    message_.reserve(std::min(length_, std::max(kFirstReserve, 4 * size)));
  }
  message_.append(piece);
  return Verdict::kOk;
}

MessageReader::Verdict MessageReader::ReadPrefix(size_t bytes_max) {
  if (prefix_[0] > 1) return Verdict::kMalformed;
  length_ = size_t{prefix_[1]} << 24 | size_t{prefix_[2]} << 16 | size_t{prefix_[3]} << 8 |
            size_t{prefix_[4]};
  return length_ > bytes_max ? Verdict::kTooLarge : Verdict::kOk;
}

void WriteMessagePrefix(size_t length, uint8_t* prefix) {
  prefix[0] = 0;
  prefix[1] = static_cast<uint8_t>(length >> 24);
  prefix[2] = static_cast<uint8_t>(length >> 16);
  prefix[3] = static_cast<uint8_t>(length >> 8);
  prefix[4] = static_cast<uint8_t>(length);
}

Result<std::string> Decompress(std::string_view encoding, std::string_view bytes,
                               size_t bytes_max) {
  if (encoding != "gzip" && encoding != "deflate") {
    return Status(Code::kUnimplemented, "grpc-encoding '" + std::string(encoding) +
                                            "' is not one of " + std::string(kAcceptedEncodings));
  }
  z_stream stream{};
  if (inflateInit2(&stream, kAnyHeader) != Z_OK) {
    return Status(Code::kInternal, "no memory to decompress with");
  }
  std::unique_ptr<z_stream, decltype(&inflateEnd)> ended(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  const auto piece = std::make_unique_for_overwrite<char[]>(kPiece);
  std::string out;
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.get());
    stream.avail_out = kPiece;
    const int state = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.get(), kPiece - stream.avail_out);
    if (out.size() > bytes_max) {
      return Status(Code::kTooManyRequests, "the decompressed message has more than " +
                                                std::to_string(bytes_max) + " bytes");
    }
    if (state == Z_STREAM_END) return out;
    if (state != Z_OK) {
      return Status(Code::kParameterInvalid, "the message is not " + std::string(encoding));
    }
  }
}

}  // namespace elanus::server
