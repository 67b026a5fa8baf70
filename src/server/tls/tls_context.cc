#include "server/tls/tls_context.h"

#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "base/log.h"

namespace elanus::server {
namespace {

constexpr std::chrono::seconds kLookEvery{5};

// What OpenSSL says of the last thing that failed; empties its queue.
std::string LastError() {
  char text[256] = "no reason given";
  if (const unsigned long code = ERR_peek_last_error(); code != 0)
    ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

Status Unusable(const std::string& what, const std::string& file) {
  return Fail(Code::kParameterInvalid, "TLS: " + what + " '" + file + "': " + LastError());
}

// HTTP/1.1 if the client offers it: browsers and curl offer both, clients of gRPC only h2.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned int size, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1\x02h2";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, offered, size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Result<TlsContext::Native> LoadNative(const TlsOptions& options) {
  ERR_clear_error();
  TlsContext::Native native(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (native == nullptr) return Fail(Code::kInternal, "TLS: " + LastError());
  SSL_CTX* ctx = native.get();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
    return Fail(Code::kInternal, "TLS: " + LastError());
  }
  if (SSL_CTX_use_certificate_chain_file(ctx, options.certificate.c_str()) != 1) {
    return Unusable("certificate", options.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(ctx, options.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Unusable("key", options.key);
  }
  if (SSL_CTX_check_private_key(ctx) != 1) {
    return Unusable("the key is not that of the certificate", options.certificate);
  }
  if (options.mode == TlsOptions::Mode::kMutual) {
    if (SSL_CTX_load_verify_file(ctx, options.ca.c_str()) != 1) {
      return Unusable("certificate authority", options.ca);
    }
    SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(options.ca.c_str()));
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    // A session that is taken up again keeps who the client was only under a name of ours.
    static constexpr unsigned char kName[] = "elanus";
    SSL_CTX_set_session_id_context(ctx, kName, sizeof kName - 1);
  }
  SSL_CTX_set_alpn_select_cb(ctx, ChooseProtocol, nullptr);
  return native;
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::Load(const TlsOptions& options) {
  if (options.mode == TlsOptions::Mode::kOff) return std::shared_ptr<TlsContext>();
  std::shared_ptr<TlsContext> context(new TlsContext(options));
  context->loaded_ = context->Fingerprint();
  context->native_ = TRY(LoadNative(options));
  context->looked_ = Clock::now();
  return context;
}

std::string TlsContext::Fingerprint() const {
  std::string all;
  for (const std::string& file : {options_.certificate, options_.key, options_.ca}) {
    struct stat info{};
    if (stat(file.c_str(), &info) != 0) info = {};
    all += std::to_string(info.st_ino) + '/' + std::to_string(info.st_size) + '/' +
           std::to_string(info.st_mtim.tv_sec) + '.' + std::to_string(info.st_mtim.tv_nsec) + ' ';
  }
  return all;
}

TlsContext::Native TlsContext::Current(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (now - looked_ < kLookEvery) return native_;
  looked_ = now;
  std::string found = Fingerprint();
  if (found == loaded_) return native_;
  // A certificate and its key are not replaced at one instant: what does not fit is tried again.
  auto fresh = LoadNative(options_);
  if (!fresh.ok()) {
    LOG_ERROR("new TLS files cannot be used; the old ones stay",
              {"error", fresh.status().message()});
    return native_;
  }
  native_ = *fresh;
  loaded_ = std::move(found);
  LOG_INFO("TLS files loaded anew", {"certificate", options_.certificate});
  return native_;
}

}  // namespace elanus::server
