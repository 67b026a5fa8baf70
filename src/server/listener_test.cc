#include "server/listener.h"

#include <future>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "server/client_testing.h"

namespace elanus::server {
namespace {

using std::chrono::milliseconds;

ListenerOptions OnFreePort() {
  ListenerOptions options;
  options.endpoint = {"127.0.0.1", 0};
  return options;
}

// Answers "<protocol>:<first bytes>" and closes.
Listener::Take Announce(std::string protocol) {
  return [protocol](int fd, const std::string& bytes) {
    std::string text = protocol + ":" + bytes;
    EXPECT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(fd);
  };
}

std::unique_ptr<Listener> StartAnnouncing(const ListenerOptions& options) {
  auto listener = std::move(Listener::Open(options)).take();
  EXPECT_TRUE(listener->Start(Announce("grpc"), Announce("http")).ok());
  return listener;
}

TEST(Listener, TellsProtocolsByTheirFirstBytes) {
  auto listener = StartAnnouncing(OnFreePort());
  for (const char* bytes : {"PRI * HTTP/2.0", "PRI "}) {
    RawSocket socket(listener->port());
    socket.Send(bytes);
    EXPECT_EQ(socket.ReadToEnd(), std::string("grpc:") + bytes + "<closed>");
  }
  for (const char* bytes : {"GET / HTTP/1.1", "P0", "PRIV", "\x16\x03\x01", "\n"}) {
    RawSocket socket(listener->port());
    socket.Send(bytes);
    EXPECT_EQ(socket.ReadToEnd(), std::string("http:") + bytes + "<closed>");
  }
}

TEST(Listener, WaitsForTheRestOfAPreface) {
  auto listener = StartAnnouncing(OnFreePort());
  RawSocket socket(listener->port());
  socket.Send("PR");
  RawSocket other(listener->port());  // serving it shows that "PR" has been looked at
  other.Send("GET");
  other.ReadToEnd();
  socket.Send("I *");
  EXPECT_EQ(socket.ReadToEnd(), "grpc:PRI *<closed>");
}

TEST(Listener, ServesACrowdThatWaitsForItsStart) {
  ListenerOptions options = OnFreePort();
  options.undecided_max = 100;
  auto listener = std::move(Listener::Open(options)).take();
  std::vector<std::unique_ptr<RawSocket>> crowd;
  for (int i = 0; i < 400; ++i) {
    crowd.push_back(std::make_unique<RawSocket>(listener->port()));
    crowd.back()->Send("GET");
  }
  EXPECT_TRUE(listener->Start(Announce("grpc"), Announce("http")).ok());
  for (auto& socket : crowd) EXPECT_EQ(socket->ReadToEnd(), "http:GET<closed>");
}

TEST(Listener, DropsAConnectionThatStaysSilent) {
  auto options = OnFreePort();
  options.first_bytes_max = milliseconds(20);
  auto listener = StartAnnouncing(options);
  RawSocket silent(listener->port());
  RawSocket half(listener->port());
  half.Send("PR");
  EXPECT_EQ(silent.ReadToEnd(), "<closed>");
  EXPECT_EQ(half.ReadToEnd(), "<closed>");
}

TEST(Listener, DropsTheOldestSilentOneWhenThereAreMany) {
  auto options = OnFreePort();
  options.undecided_max = 2;
  auto listener = StartAnnouncing(options);
  RawSocket a(listener->port()), b(listener->port()), c(listener->port());
  EXPECT_EQ(a.ReadToEnd(), "<closed>");
  c.Send("GET");
  EXPECT_EQ(c.ReadToEnd(), "http:GET<closed>");
  b.Send("GET");
  EXPECT_EQ(b.ReadToEnd(), "http:GET<closed>");
}

TEST(Listener, ClosesConnectionsOverTheLimitAndCountsClosedOnesOut) {
  auto options = OnFreePort();
  options.connections_max = 2;
  auto listener = std::move(Listener::Open(options)).take();
  std::promise<int> kept;
  ASSERT_TRUE(
      listener->Start([&](int fd, const std::string&) { kept.set_value(fd); }, Announce("http"))
          .ok());
  RawSocket holder(listener->port());
  holder.Send("PRI *");
  int fd = kept.get_future().get();
  RawSocket second(listener->port());
  RawSocket third(listener->port());
  EXPECT_EQ(third.ReadToEnd(), "<closed>");
  second.Send("GET");
  EXPECT_EQ(second.ReadToEnd(), "http:GET<closed>");
  for (int i = 0; i < 5; ++i) {  // the second is gone, so there is room, again and again
    RawSocket next(listener->port());
    next.Send("GET");
    EXPECT_EQ(next.ReadToEnd(), "http:GET<closed>");
  }
  close(fd);
}

TEST(Listener, RefusesATakenPort) {
  auto listener = std::move(Listener::Open(OnFreePort())).take();
  auto options = OnFreePort();
  options.endpoint.port = listener->port();
  auto second = Listener::Open(options);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().message().find("cannot listen on 127.0.0.1:"), std::string::npos);
  EXPECT_NE(second.status().message().find("Address already in use"), std::string::npos);
}

TEST(Listener, KeepsEarlyConnectionsWaitingUntilItStarts) {
  auto listener = std::move(Listener::Open(OnFreePort())).take();
  RawSocket early(listener->port());
  early.Send("GET");
  ASSERT_TRUE(listener->Start(Announce("grpc"), Announce("http")).ok());
  EXPECT_EQ(early.ReadToEnd(), "http:GET<closed>");
}

}  // namespace
}  // namespace elanus::server
