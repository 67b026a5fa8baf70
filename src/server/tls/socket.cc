#include "server/tls/socket.h"

#include <cerrno>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace elanus::server {

Socket::Socket(int fd, const TlsContext::Native& tls)
    : fd_(fd), ssl_(tls == nullptr ? nullptr : SSL_new(tls.get()), SSL_free) {
  if (ssl_ == nullptr) return;
  SSL_set_fd(ssl_.get(), fd);
  SSL_set_accept_state(ssl_.get());
}

Socket::~Socket() { Close(); }

ssize_t Socket::Receive(char* into, size_t size) {
  if (ssl_ == nullptr) return recv(fd_, into, size, 0);
  ERR_clear_error();
  size_t taken = 0;
  const int result = SSL_read_ex(ssl_.get(), into, size, &taken);
  return result == 1 ? static_cast<ssize_t>(taken) : Failed(result);
}

ssize_t Socket::Send(const char* from, size_t size) {
  if (ssl_ == nullptr) return send(fd_, from, size, MSG_NOSIGNAL);
  ERR_clear_error();
  size_t taken = 0;
  const int result = SSL_write_ex(ssl_.get(), from, size, &taken);
  return result == 1 ? static_cast<ssize_t>(taken) : Failed(result);
}

ssize_t Socket::Failed(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  ERR_clear_error();
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
  return -1;
}

void Socket::ShutDown() {
  if (fd_ >= 0) shutdown(fd_, SHUT_RDWR);
}

void Socket::Close() {
  if (fd_ < 0) return;
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  // Closing before the peer's last bytes are read would take back what it has not read yet of ours.
  char last[4096];
  shutdown(fd_, SHUT_WR);
  for (int i = 0; i < 16 && recv(fd_, last, sizeof last, MSG_DONTWAIT) > 0; ++i) {
  }
  close(std::exchange(fd_, -1));
}

}  // namespace elanus::server
