// TlsContext: the certificate, key and rules of TLS on a port. A certificate that is replaced on
// disk is used for the connections that come after, without a restart. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "base/status.h"

struct ssl_ctx_st;

namespace elanus::server {

struct TlsOptions {
  enum class Mode {
    kOff = 0,
    kServer = 1,
    kMutual = 2
  };  // kMutual: clients show a certificate too
  Mode mode = Mode::kOff;
  std::string certificate;  // PEM files: the server's, with those between it and the root
  std::string key;
  std::string ca;  // who signs the certificates of clients
};

class TlsContext {
 public:
  using Clock = std::chrono::steady_clock;
  using Native = std::shared_ptr<ssl_ctx_st>;

  // Null when the mode is kOff. TLS 1.2 and later, AEAD ciphers; h2 and http/1.1 by ALPN.
  static Result<std::shared_ptr<TlsContext>> Load(const TlsOptions& options);

  // For a new connection. Looks for changed files now and then; those that cannot be used are
  // logged, and what was loaded before stays.
  Native Current(Clock::time_point now = Clock::now());

 private:
  explicit TlsContext(TlsOptions options) : options_(std::move(options)) {}
  std::string Fingerprint() const;  // of the files, by their times and sizes

  const TlsOptions options_;
  std::mutex mutex_;  // guards what follows
  Native native_;
  std::string loaded_;
  Clock::time_point looked_;
};

}  // namespace elanus::server
