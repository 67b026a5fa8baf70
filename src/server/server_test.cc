#include "server/server.h"

#include <future>
#include <latch>

#include <gtest/gtest.h>
#include <health/health.pb.h>
#include <milvus/ddl.pb.h>
#include <milvus/dml.pb.h>

#include "base/thread_pool.h"
#include "server/client_testing.h"
#include "server/health.h"
#include "server/rpc_table.h"

namespace elanus::server {
namespace {

namespace pb = milvus::proto::milvus;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kService = "/milvus.proto.milvus.MilvusService/";

// A server on a free port of the loopback, with handlers that echo, wait or tell what they saw.
class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    options_.listener.endpoint = {"127.0.0.1", 0};
    table_.Add(
        "Query",
        [](Call& call, const pb::QueryRequest& request, pb::QueryResults* response) -> Status {
          response->set_collection_name(request.collection_name());
          *response->mutable_output_fields() = request.output_fields();
          response->add_output_fields(std::string(call.database));
          response->add_output_fields(std::string(call.authorization));
          response->add_output_fields(std::string(call.request_id));
          response->add_output_fields(std::string(call.peer));
          return {};
        });
    table_.Add("GetVersion",
               [this](Call& call, const pb::GetVersionRequest&,
                      pb::GetVersionResponse* response) -> Status {
                 entered_.release();
                 while (!open_ && call.context.Check().ok()) std::this_thread::yield();
                 saw_ = call.context.Check().code();
                 left_.release();
                 response->set_version("v1");
                 return {};
               });
    table_.Add(
        "Search",
        [this](Call&, const pb::SearchRequest&, pb::SearchResults* response) -> Status {
          searching_.fetch_add(1);
          while (!open_) std::this_thread::yield();
          response->set_collection_name("found");
          return {};
        },
        Runs::kWhereItArrives);
    AddHealthService([this] { return Health{healthy_, "OK", {}}; }, &table_);
  }
  ~ServerTest() override { open_ = true; }

  void SetUp() override {
#ifdef ELANUS_TSAN
    GTEST_SKIP() << "the system's gRPC is built without the thread sanitizer and breaks under it";
#endif
  }

  void Start() {
    server_ = std::move(Server::Open(options_)).take();
    ASSERT_TRUE(server_->Start(&table_, &pool_, AnswerNotFound).ok());
  }
  int port() const { return server_->port(); }

  std::binary_semaphore entered_{0};  // GetVersion was entered
  std::binary_semaphore left_{0};     // and left
  std::atomic<bool> open_{false};     // lets it go
  std::atomic<int> searching_{0};     // Searches that run, until open_
  std::atomic<Code> saw_{Code::kOk};  // what its context said at the end
  std::atomic<bool> healthy_{true};
  ServerOptions options_;
  RpcTable table_;
  ThreadPool pool_{"request", 2, 1};
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, EchoesARequestWithItsMetadata) {
  Start();
  RpcClient client(port());
  pb::QueryRequest request;
  request.set_collection_name("books");
  request.add_output_fields(std::string(300'000, 'x'));  // many slices
  RpcClient::Pending call;
  call.context.AddMetadata("dbname", "library");
  call.context.AddMetadata("authorization", "cm9vdDpNaWx2dXM=");
  call.context.AddMetadata("client-request-id", "42");
  client.Start(kService + "Query", request.SerializeAsString(), &call);
  pb::QueryResults response;
  ASSERT_TRUE(call.Wait(&response).ok());
  EXPECT_EQ(response.collection_name(), "books");
  ASSERT_EQ(response.output_fields_size(), 5);
  EXPECT_EQ(response.output_fields(0), request.output_fields(0));
  EXPECT_EQ(response.output_fields(1), "library");
  EXPECT_EQ(response.output_fields(2), "cm9vdDpNaWx2dXM=");
  EXPECT_EQ(response.output_fields(3), "42");
  EXPECT_TRUE(response.output_fields(4).starts_with("ipv4:127.0.0.1:"))
      << response.output_fields(4);
}

TEST_F(ServerTest, NamesWhatIsNotBuilt) {
  Start();
  RpcClient client(port());
  auto unbuilt = client.Run(kService + "Insert", pb::InsertRequest());
  EXPECT_EQ(unbuilt.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(unbuilt.error_message(), kService + "Insert is not built in this version");
  auto unknown = client.Run("/milvus.proto.milvus.NoService/Fly", pb::InsertRequest());
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  auto telemetry = client.Run("/milvus.proto.milvus.ClientTelemetryService/ClientHeartbeat",
                              pb::InsertRequest());
  EXPECT_EQ(telemetry.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(ServerTest, RefusesBytesThatAreNoMessage) {
  Start();
  RpcClient client(port());
  RpcClient::Pending call;
  client.Start(kService + "Query", "\xff\xff\xff", &call);
  auto status = call.Wait();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "the bytes are not a valid milvus.proto.milvus.QueryRequest");
}

TEST_F(ServerTest, PassesTheDeadlineToTheHandler) {
  Start();
  RpcClient client(port());
  RpcClient::Pending call;
  call.context.set_deadline(std::chrono::system_clock::now() + milliseconds(200));
  client.Start(kService + "GetVersion", "", &call);
  left_.acquire();  // it waits for nothing but its context
  call.Wait();      // whose answer may yet be in time
  EXPECT_TRUE(saw_ == Code::kTimeout || saw_ == Code::kCancelled);
}

TEST_F(ServerTest, TellsTheHandlerThatTheClientWentAway) {
  Start();
  RpcClient client(port());
  RpcClient::Pending call;
  client.Start(kService + "GetVersion", "", &call);
  entered_.acquire();
  call.context.TryCancel();
  EXPECT_EQ(call.Wait().error_code(), grpc::StatusCode::CANCELLED);
  left_.acquire();
  EXPECT_EQ(saw_, Code::kCancelled);
}

TEST_F(ServerTest, RefusesAMessageOverTheLimit) {
  options_.grpc.request_bytes_max = 100'000;
  options_.grpc.response_bytes_max = 90'000;
  Start();
  RpcClient client(port());
  pb::QueryRequest request;
  request.set_collection_name(std::string(100'001, 'x'));
  EXPECT_EQ(client.Run(kService + "Query", request).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  request.set_collection_name(std::string(95'000, 'x'));
  auto large_response = client.Run(kService + "Query", request);
  EXPECT_EQ(large_response.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_NE(large_response.error_message().find("the limit is 90000"), std::string::npos);
  request.set_collection_name(std::string(80'000, 'x'));
  EXPECT_TRUE(client.Run(kService + "Query", request).ok());
}

TEST_F(ServerTest, AnswersTooManyRequestsWhenItsQueueIsFull) {
  Start();
  RpcClient client(port());
  RpcClient::Pending calls[4];  // two threads, one place in the queue
  pb::GetVersionResponse responses[4];
  for (int i = 0; i < 2; ++i) {
    client.Start(kService + "GetVersion", "", &calls[i]);
    entered_.acquire();
  }
  client.Start(kService + "GetVersion", "", &calls[2]);
  while (pool_.queued() == 0) std::this_thread::yield();
  client.Start(kService + "GetVersion", "", &calls[3]);
  EXPECT_TRUE(calls[3].Wait(&responses[3]).ok());
  EXPECT_EQ(responses[3].status().code(), 4);
  EXPECT_NE(responses[3].status().reason().find("queue is full"), std::string::npos);
  open_ = true;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(calls[i].Wait(&responses[i]).ok());
    EXPECT_EQ(responses[i].version(), "v1");
    if (i == 1) entered_.acquire();  // the third
    left_.acquire();
  }
}

TEST_F(ServerTest, LimitsRequestsInFlight) {
  options_.grpc.requests_max = 1;
  Start();
  RpcClient client(port());
  RpcClient::Pending first;
  client.Start(kService + "GetVersion", "", &first);
  entered_.acquire();
  pb::QueryResults refused;
  ASSERT_TRUE(client.Run(kService + "Query", pb::QueryRequest(), &refused).ok());
  EXPECT_EQ(refused.status().code(), 4);
  open_ = true;
  EXPECT_TRUE(first.Wait().ok());
  while (server_->grpc().requests_in_flight() > 0) std::this_thread::yield();
  pb::QueryResults served;
  ASSERT_TRUE(client.Run(kService + "Query", pb::QueryRequest(), &served).ok());
  EXPECT_EQ(served.status().code(), 0);
}

TEST_F(ServerTest, LimitsTheBytesOfRequestsInFlight) {
  options_.grpc.bytes_max = 1000;
  Start();
  RpcClient client(port());
  pb::QueryRequest large;
  large.set_collection_name(std::string(2000, 'x'));
  EXPECT_TRUE(client.Run(kService + "Query", large).ok());  // alone it may pass
  while (server_->grpc().bytes_in_flight() > 0) std::this_thread::yield();
  RpcClient::Pending holder;
  client.Start(kService + "GetVersion", std::string("\x7a\x04test", 6), &holder);
  entered_.acquire();
  EXPECT_EQ(server_->grpc().bytes_in_flight(), 6);
  auto refused = client.Run(kService + "Query", large);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  open_ = true;
  EXPECT_TRUE(holder.Wait().ok());
}

TEST_F(ServerTest, KeepsServingWhileEveryThreadOfItsOwnIsBusy) {
  options_.grpc.threads = 2;
  Start();
  RpcClient clients[3] = {RpcClient(port()), RpcClient(port()), RpcClient(port())};
  RpcClient::Pending searches[2];
  for (int i = 0; i < 2; ++i) {
    clients[i].Start(kService + "Search", "", &searches[i]);
    while (searching_ <= i) std::this_thread::yield();
  }
  for (RpcClient& client : clients) {  // one that is known, and those that have a search running
    EXPECT_TRUE(client.Run(kService + "Query", pb::QueryRequest()).ok());
  }
  open_ = true;
  pb::SearchResults found;
  for (auto& search : searches) {
    EXPECT_TRUE(search.Wait(&found).ok());
    EXPECT_EQ(found.collection_name(), "found");
  }
}

TEST_F(ServerTest, RunsCallsOfOneConnectionBesideEachOther) {
  options_.grpc.threads = 1;
  Start();
  RpcClient client(port());
  RpcClient::Pending searches[2];
  for (auto& search : searches) client.Start(kService + "Search", "", &search);
  while (searching_ < 2) std::this_thread::yield();
  open_ = true;
  for (auto& search : searches) EXPECT_TRUE(search.Wait().ok());
}

TEST_F(ServerTest, ReadsCompressedRequests) {
  for (auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    if (server_ == nullptr) Start();
    RpcClient client(port());
    pb::QueryRequest request;
    request.set_collection_name(std::string(100'000, 'x'));
    RpcClient::Pending call;
    call.context.set_compression_algorithm(algorithm);
    client.Start(kService + "Query", request.SerializeAsString(), &call);
    pb::QueryResults response;
    ASSERT_TRUE(call.Wait(&response).ok());
    EXPECT_EQ(response.collection_name(), request.collection_name());
  }
}

TEST_F(ServerTest, SendsALargeResponse) {
  Start();
  RpcClient client(port());
  pb::QueryRequest request;
  request.set_collection_name(std::string(20 << 20, 'x'));  // more than sockets and windows hold
  pb::QueryResults response;
  ASSERT_TRUE(client.Run(kService + "Query", request, &response).ok());
  EXPECT_EQ(response.collection_name(), request.collection_name());
}

TEST_F(ServerTest, RefusesMetadataOverTheLimit) {
  Start();
  RpcClient client(port());
  RpcClient::Pending call;
  for (int i = 0; i < 5; ++i) {
    call.context.AddMetadata("x-" + std::to_string(i), std::string(7'000, 'x'));
  }
  client.Start(kService + "Query", "", &call);
  EXPECT_EQ(call.Wait().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServerTest, ClosesAConnectionThatIsNotHttp2) {
  Start();
  RawSocket socket(port());
  socket.Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string(100, 'x'));
  EXPECT_TRUE(socket.ReadToEnd().ends_with("<closed>"));
  RpcClient client(port());
  EXPECT_TRUE(client.Run(kService + "Query", pb::QueryRequest()).ok());
}

TEST_F(ServerTest, ClosesAConnectionThatEndsWithItsLastBytes) {
  Start();
  RawSocket socket(port());
  socket.Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9));
  ASSERT_FALSE(socket.ReadUntil(std::string("\0\0\0\4\1", 5)).ends_with("closed>"));
  const std::string ping("\0\0\10\6\0\0\0\0\0pingpong", 17);
  socket.SendAndFinish(ping);
  EXPECT_TRUE(socket.ReadToEnd().ends_with("pingpong<closed>"));
}

TEST_F(ServerTest, ForgetsTheCallsOfAClientThatVanishes) {
  Start();
  {
    RpcClient client(port());
    RpcClient::Pending call;
    client.Start(kService + "GetVersion", "", &call);
    entered_.acquire();
    call.context.TryCancel();
    call.Wait();
  }
  left_.acquire();
  while (server_->grpc().requests_in_flight() > 0) std::this_thread::yield();
  EXPECT_EQ(server_->grpc().bytes_in_flight(), 0U);
}

TEST_F(ServerTest, TellsItsHealth) {
  namespace health = grpc::health::v1;
  Start();
  RpcClient client(port());
  const std::string check = "/grpc.health.v1.Health/Check";
  health::HealthCheckRequest request;
  health::HealthCheckResponse response;
  ASSERT_TRUE(client.Run(check, request, &response).ok());
  EXPECT_EQ(response.status(), health::HealthCheckResponse::SERVING);
  healthy_ = false;
  request.set_service("milvus.proto.milvus.MilvusService");
  ASSERT_TRUE(client.Run(check, request, &response).ok());
  EXPECT_EQ(response.status(), health::HealthCheckResponse::NOT_SERVING);
  request.set_service("somebody.else");
  EXPECT_EQ(client.Run(check, request).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServerTest, SpeaksHttpOnTheSamePort) {
  Start();
  RawSocket http(port());
  http.Send("GET /v2/vectordb/collections/list?x=\"1\" HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string answer = http.ReadUntil("}");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 404 Not Found\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with(
      "\r\n\r\n{\"code\":404,\"message\":\"no such page: GET /v2/vectordb/collections/list\"}"))
      << answer;
  RpcClient client(port());
  EXPECT_TRUE(client.Run(kService + "Query", pb::QueryRequest()).ok());
}

TEST_F(ServerTest, FinishesWhatRunsBeforeItStops) {
  Start();
  const int port_was = port();
  RpcClient client(port_was);
  RpcClient::Pending call;
  client.Start(kService + "GetVersion", "", &call);
  entered_.acquire();
  auto stopped = std::async(std::launch::async, [&] { server_->Stop(seconds(10)); });
  while (RawSocket(port_was).connected()) std::this_thread::yield();
  open_ = true;
  EXPECT_TRUE(call.Wait().ok());
  stopped.get();
  EXPECT_EQ(saw_, Code::kOk);
}

TEST_F(ServerTest, CancelsWhatRunsPastTheDrainTime) {
  Start();
  RpcClient client(port());
  RpcClient::Pending call;
  client.Start(kService + "GetVersion", "", &call);
  entered_.acquire();
  server_->Stop(milliseconds(0));
  EXPECT_FALSE(call.Wait().ok());
  EXPECT_EQ(saw_, Code::kCancelled);
}

}  // namespace
}  // namespace elanus::server
