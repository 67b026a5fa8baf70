#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/tls/client_hello.h"
#include "server/tls/socket.h"
#include "server/tls/tls_context.h"
#include "server/tls/tls_testing.h"

namespace elanus::server {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

using NativeSession = std::unique_ptr<SSL, void (*)(SSL*)>;

// A client; `alpn` in the wire's form: "\x02h2".
class Client {
 public:
  explicit Client(const std::string& alpn)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        session_(SSL_new(context_.get()), SSL_free) {
    SSL_set_connect_state(session_.get());
    if (alpn.empty()) return;
    SSL_set_alpn_protos(session_.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                        static_cast<unsigned>(alpn.size()));
  }
  // What it says first.
  std::string Hello() {
    SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_do_handshake(session_.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(session_.get()), &bytes);
    return {bytes, static_cast<size_t>(size)};
  }
  SSL* session() { return session_.get(); }

 private:
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  NativeSession session_;
};

TEST(ClientHello, TellsWhichProtocolIsOffered) {
  EXPECT_EQ(ReadClientHello(Client("\x02h2").Hello()), HelloVerdict::kOnlyH2);
  EXPECT_EQ(ReadClientHello(Client("\x08http/1.1").Hello()), HelloVerdict::kHttp);
  EXPECT_EQ(ReadClientHello(Client(std::string("\x02h2\x08http/1.1")).Hello()),
            HelloVerdict::kHttp);
  EXPECT_EQ(ReadClientHello(Client("").Hello()), HelloVerdict::kHttp);
}

TEST(ClientHello, WaitsForAllOfIt) {
  const std::string hello = Client("\x02h2").Hello();
  for (size_t size = 0; size < hello.size(); ++size)
    EXPECT_EQ(ReadClientHello(hello.substr(0, size)), HelloVerdict::kMore) << size;
}

TEST(ClientHello, KnowsWhatIsNotTls) {
  EXPECT_EQ(ReadClientHello("GET / HTTP/1.1\r\n"), HelloVerdict::kNotTls);
  EXPECT_EQ(ReadClientHello("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), HelloVerdict::kNotTls);
  EXPECT_EQ(ReadClientHello(std::string("\x16\x03\x01\x00\x00", 5)), HelloVerdict::kNotTls);
}

TEST(ClientHello, ReadsOneThatIsCutIntoRecords) {
  const std::string hello = Client("\x02h2").Hello();
  std::string cut;
  for (size_t at = 5; at < hello.size(); at += 100) {
    const std::string piece = hello.substr(at, 100);
    cut += std::string("\x16\x03\x01", 3) + static_cast<char>(piece.size() >> 8) +
           static_cast<char>(piece.size()) + piece;
  }
  EXPECT_EQ(ReadClientHello(cut), HelloVerdict::kOnlyH2);
}

TEST(ClientHello, SurvivesDamage) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string hello = Client("\x02h2").Hello();
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = hello;
    for (int n = 0; n < 4; ++n) damaged[random() % damaged.size()] = static_cast<char>(random());
    ReadClientHello(damaged);
  }
}

class TlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("tls_" + std::to_string(getpid()) +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    options_.mode = TlsOptions::Mode::kServer;
    options_.certificate = folder_ / "cert.pem";
    options_.key = folder_ / "key.pem";
    WriteCertificate(options_.certificate, options_.key, 1);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  TlsOptions options_;
};

TEST_F(TlsTest, SaysWhichFileIsOfNoUse) {
  TlsOptions other = options_;
  other.certificate = folder_ / "none.pem";
  EXPECT_THAT(TlsContext::Load(other).status().message(), HasSubstr("none.pem"));
  other = options_;
  std::ofstream(folder_ / "text.pem") << "no key";
  other.key = folder_ / "text.pem";
  EXPECT_THAT(TlsContext::Load(other).status().message(), HasSubstr("text.pem"));
  other = options_;
  other.mode = TlsOptions::Mode::kMutual;
  EXPECT_THAT(TlsContext::Load(other).status().message(), HasSubstr("certificate authority"));
  EXPECT_EQ(TlsContext::Load({}).value(), nullptr);
}

TEST_F(TlsTest, TakesUpANewCertificateWithoutARestart) {
  const auto context = TlsContext::Load(options_).take();
  const auto serial = [](const TlsContext::Native& native) {
    return ASN1_INTEGER_get(X509_get0_serialNumber(SSL_CTX_get0_certificate(native.get())));
  };
  auto now = TlsContext::Clock::now();
  EXPECT_EQ(serial(context->Current(now)), 1);
  // A key alone does not fit: the old pair stays until both are there.
  WriteCertificate(folder_ / "new.pem", options_.key, 2);
  EXPECT_EQ(serial(context->Current(now += seconds(10))), 1);
  std::filesystem::rename(folder_ / "new.pem", options_.certificate);
  EXPECT_EQ(serial(context->Current(now += seconds(1))), 1);  // looked at a moment ago
  EXPECT_EQ(serial(context->Current(now += seconds(10))), 2);
}

TEST_F(TlsTest, CarriesBytesBothWays) {
  const auto context = TlsContext::Load(options_).take();
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  for (int fd : ends) fcntl(fd, F_SETFL, O_NONBLOCK);
  Socket server(ends[0], context->Current());
  Client client("\x02h2");
  SSL_set_fd(client.session(), ends[1]);
  char buffer[1 << 16];
  for (int i = 0; i < 10 && SSL_do_handshake(client.session()) != 1; ++i) {
    EXPECT_EQ(server.Receive(buffer, sizeof buffer), -1);
    EXPECT_EQ(errno, EAGAIN);
  }
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client.session(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "h2");

  ASSERT_EQ(SSL_write(client.session(), "hello", 5), 5);
  ssize_t got = -1;
  for (int i = 0; i < 10 && got < 0; ++i) got = server.Receive(buffer, sizeof buffer);
  EXPECT_EQ(std::string(buffer, 5), "hello");
  ASSERT_EQ(server.Send("world", 5), 5);
  EXPECT_EQ(SSL_read(client.session(), buffer, sizeof buffer), 5);
  SSL_shutdown(client.session());
  got = -1;
  for (int i = 0; i < 10 && got < 0; ++i) got = server.Receive(buffer, sizeof buffer);
  EXPECT_EQ(got, 0);
  close(ends[1]);
}

}  // namespace
}  // namespace elanus::server
