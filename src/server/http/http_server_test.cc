#include "server/http/http_server.h"

#include <future>
#include <semaphore>

#include <gtest/gtest.h>

#include "server/client_testing.h"
#include "server/listener.h"

namespace elanus::server {
namespace {

using std::chrono::milliseconds;

// Answers "METHOD target [body]".
void Echo(const HttpRequest& request, const HttpReply& reply) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.target + " [" + request.body + "]";
  reply(std::move(response));
}

class HttpServerTest : public testing::Test {
 protected:
  void Start(HttpHandler handler = Echo) {
    ListenerOptions listen;
    listen.endpoint = {"127.0.0.1", 0};
    listener_ = std::move(Listener::Open(listen)).take();
    http_ = std::make_unique<HttpServer>("http", options_, std::move(handler));
    auto take = [this](int fd, std::string bytes) { http_->Adopt(fd, std::move(bytes)); };
    ASSERT_TRUE(listener_->Start(take, take).ok());
  }
  ~HttpServerTest() override {
    if (listener_ != nullptr) listener_->Stop();
  }
  int port() const { return listener_->port(); }

  HttpOptions options_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<Listener> listener_;
};

TEST_F(HttpServerTest, ServesSeveralRequestsOnOneConnection) {
  Start();
  RawSocket socket(port());
  socket.Send("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(socket.ReadUntil("]").ends_with("\r\n\r\nGET /a?b=c []"));
  socket.Send("POST /d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_TRUE(socket.ReadUntil("]").ends_with("\r\n\r\nPOST /d [hello]"));
  socket.Send("GET /e HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(socket.ReadToEnd().ends_with("\r\n\r\nGET /e []<closed>"));
}

TEST_F(HttpServerTest, TakesARequestInSmallPieces) {
  Start();
  RawSocket socket(port());
  for (char c :
       std::string("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0")) {
    socket.Send(std::string_view(&c, 1));
  }
  socket.Send("\r\n\r\n");
  EXPECT_TRUE(socket.ReadUntil("]").ends_with("POST /x [abc]"));
}

TEST_F(HttpServerTest, TakesLargeBodiesAndWhatFollowsThem) {
  Start();
  RawSocket socket(port());
  std::string body(3 << 20, 'x');
  for (size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i / 1000 % 26);
  const std::string request =
      "POST /x HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  auto sent = std::async(std::launch::async, [&] {
    for (size_t at = 0; at < request.size(); at += 12'345) {
      socket.Send(std::string_view(request).substr(at, 12'345));
    }
    socket.Send("GET /next HTTP/1.1\r\nConnection: close\r\n\r\n");
  });
  const std::string answers = socket.ReadToEnd();
  sent.get();
  EXPECT_NE(answers.find("POST /x [" + body + "]"), std::string::npos) << answers.size();
  EXPECT_TRUE(answers.ends_with("GET /next []<closed>"));
}

TEST_F(HttpServerTest, InvitesTheBodyOfAClientThatAsksFirst) {
  Start();
  RawSocket socket(port());
  socket.Send("POST /x HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(socket.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.Send("ab");
  EXPECT_TRUE(socket.ReadUntil("]").ends_with("POST /x [ab]"));
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  Start();
  RawSocket socket(port());
  socket.Send("HEAD /x HTTP/1.1\r\nConnection: close\r\n\r\n");
  std::string answer = socket.ReadToEnd();
  EXPECT_TRUE(answer.ends_with("\r\n\r\n<closed>")) << answer;
  EXPECT_NE(answer.find("Content-Length: 10\r\n"), std::string::npos) << answer;
}

TEST_F(HttpServerTest, RefusesWhatIsTooLargeOrNotHttp) {
  options_.header_bytes_max = 1000;
  options_.body_bytes_max = 1000;
  Start();
  for (auto [request, answer] :
       {std::pair<std::string, std::string>{
            "GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n", "HTTP/1.1 431 "},
        {"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413 "},
        {"\x16\x03\x01\x02 no HTTP\r\n\r\n", "HTTP/1.1 400 "}}) {
    RawSocket socket(port());
    socket.Send(request);
    std::string got = socket.ReadToEnd();
    EXPECT_TRUE(got.starts_with(answer)) << got;
    EXPECT_TRUE(got.ends_with("}<closed>")) << got;
  }
}

TEST_F(HttpServerTest, ClosesIdleAndSlowConnections) {
  options_.idle_max = milliseconds(50);
  Start();
  RawSocket slow(port());
  slow.Send("GET / HTTP/1.1\r\nX");
  RawSocket idle(port());
  idle.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(idle.ReadUntil("]").ends_with("GET / []"));
  EXPECT_EQ(idle.ReadToEnd(), "<closed>");
  EXPECT_EQ(slow.ReadToEnd(), "<closed>");
}

TEST_F(HttpServerTest, LimitsItsConnections) {
  options_.connections_max = 1;
  Start();
  RawSocket first(port());
  first.Send("GET /1 HTTP/1.1\r\n\r\n");
  first.ReadUntil("]");
  RawSocket second(port());
  second.Send("GET /2 HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(second.ReadToEnd().ends_with("<closed>"));
  first.Send("GET /3 HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(first.ReadUntil("]").ends_with("GET /3 []"));
}

TEST_F(HttpServerTest, LetsTheAnswerComeFromAnotherThreadWhileItStops) {
  std::promise<HttpReply> asked;
  Start([&](const HttpRequest&, HttpReply reply) { asked.set_value(std::move(reply)); });
  RawSocket busy(port());
  busy.Send("GET / HTTP/1.1\r\n\r\n");
  HttpReply reply = asked.get_future().get();
  RawSocket idle(port());
  idle.Send("GET");
  auto stopped = std::async(std::launch::async, [&] { http_->Stop(std::chrono::seconds(10)); });
  EXPECT_EQ(idle.ReadToEnd(), "<closed>");
  reply(HttpError(503, "closing \"now\""));
  std::string answer = busy.ReadToEnd();
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("{\"code\":503,\"message\":\"closing \\\"now\\\"\"}<closed>"))
      << answer;
  stopped.get();
}

}  // namespace
}  // namespace elanus::server
