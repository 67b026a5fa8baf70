// Clients for the tests of this module: a gRPC one for any method, and a bare socket.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace elanus::server {

class RpcClient {
 public:
  explicit RpcClient(int port) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    // The client of gRPC 1.51 now and then takes a connect under way for a failed one (it looks at
    // errno too late), and tries again.
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
    channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                         grpc::InsecureChannelCredentials(), arguments);
    stub_ = std::make_unique<grpc::GenericStub>(channel_);
  }

  // A call under way, which threads of gRPC's own keep going; Wait() for its end.
  struct Pending {
    grpc::ClientContext context;
    grpc::ByteBuffer request;
    grpc::ByteBuffer reply;
    std::promise<grpc::Status> ended;

    grpc::Status Wait(google::protobuf::Message* response = nullptr) {
      grpc::Status status = ended.get_future().get();
      grpc::Slice slice;
      if (status.ok() && response != nullptr) {
        EXPECT_TRUE(reply.DumpToSingleSlice(&slice).ok());
        EXPECT_TRUE(response->ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
      }
      return status;
    }
  };

  void Start(const std::string& path, std::string_view bytes, Pending* call) {
    grpc::Slice slice(bytes.data(), bytes.size());
    call->request = grpc::ByteBuffer(&slice, 1);
    call->context.set_wait_for_ready(true);
    stub_->UnaryCall(&call->context, path, grpc::StubOptions(), &call->request, &call->reply,
                     [call](grpc::Status status) { call->ended.set_value(std::move(status)); });
  }

  grpc::Status Run(const std::string& path, const google::protobuf::Message& request,
                   google::protobuf::Message* response = nullptr) {
    Pending call;
    Start(path, request.SerializeAsString(), &call);
    return call.Wait(response);
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
};

class RawSocket {
 public:
  explicit RawSocket(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    timeval patience{5, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawSocket() { close(fd_); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  bool connected() const { return connected_; }
  void Send(std::string_view bytes) { send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  // As one segment that says that it is the last.
  void SendAndFinish(std::string_view bytes) {
    int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    Send(bytes);
    shutdown(fd_, SHUT_WR);
  }

  // What arrives until `end` has been seen or the other side closes.
  std::string ReadUntil(std::string_view end) {
    std::string got;
    char buffer[4096];
    while (end.empty() || got.find(end) == std::string::npos) {
      ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
      if (n < 0) return got + "<no answer within 5 s>";
      if (n == 0) return got + "<closed>";
      got.append(buffer, static_cast<size_t>(n));
    }
    return got;
  }
  std::string ReadToEnd() { return ReadUntil({}); }

 private:
  int fd_;
  bool connected_ = false;
};

}  // namespace elanus::server
