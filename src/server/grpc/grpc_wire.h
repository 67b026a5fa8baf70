// What gRPC puts on top of HTTP/2: the values of its headers and the framing of its messages
// (grpc.github.io, "gRPC over HTTP2"). No I/O.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace elanus::server {

// What `grpc-encoding` may name, for `grpc-accept-encoding`.
inline constexpr std::string_view kAcceptedEncodings = "identity,gzip,deflate";

// The value of `grpc-timeout`: at most eight digits and a unit of H M S m u n. Nothing: it is none.
std::optional<std::chrono::nanoseconds> ParseGrpcTimeout(std::string_view value);

// The value of `grpc-message`: all but printable ASCII, and '%', as %XX.
std::string EncodeGrpcMessage(std::string_view text);

// Collects the one message of a unary request from the pieces that arrive.
class MessageReader {
 public:
  static constexpr size_t kPrefixBytes = 5;  // a flag, and the length, big endian

  // What a piece led to. All but kOk end the request.
  enum class Verdict { kOk, kTooLarge, kMalformed };

  // Memory follows what has arrived, not what the length promises.
  Verdict Add(std::string_view piece, size_t bytes_max);

  bool whole() const { return prefix_size_ == kPrefixBytes && message_.size() == length_; }
  bool compressed() const { return prefix_[0] == 1; }
  size_t length() const { return length_; }  // as promised, once the prefix is there
  std::string& message() { return message_; }

 private:
  Verdict ReadPrefix(size_t bytes_max);

  unsigned char prefix_[kPrefixBytes] = {};
  size_t prefix_size_ = 0;
  size_t length_ = 0;
  std::string message_;
};

// Writes the prefix of an uncompressed message of `length` bytes to `prefix`.
void WriteMessagePrefix(size_t length, uint8_t* prefix);

// `encoding`: "gzip" or "deflate". kTooManyRequests: it is larger than `bytes_max`; kUnimplemented:
// no such encoding; kParameterInvalid: the bytes are none of that encoding.
Result<std::string> Decompress(std::string_view encoding, std::string_view bytes, size_t bytes_max);

}  // namespace elanus::server
