// A native load client: any RPC, one call under way per connection, and what it costs the server.
//
//   rpc_load --target HOST:PORT --pid PID --method /milvus.proto.milvus.MilvusService/Search
//            [--requests FILE] [--connections 8] [--seconds 3]
//
// FILE holds serialized requests, each after its length as 4 bytes little-endian; they are sent in
// turn, by each connection from a place of its own. Without it: empty messages. `--noop` instead of
// target, pid and method measures the transport alone: GetVersion with nothing behind it, served by
// a child process. Prints one JSON line. CPU is user + system time of the process PID.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <milvus/ddl.pb.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/thread_pool.h"
#include "server/rpc_table.h"
#include "server/server.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string target;
  std::string method = "/milvus.proto.milvus.MilvusService/GetVersion";
  std::string requests_file;
  int pid = 0;
  int connections = 8;
  double seconds = 3;
  bool noop = false;
};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "rpc_load: %s\n", why.c_str());
  std::exit(1);
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string name = argv[i];
    if (name == "--noop") {
      options.noop = true;
      continue;
    }
    if (i + 1 == argc) Die("a value is missing after " + name);
    std::string value = argv[++i];
    if (name == "--target") {
      options.target = value;
    } else if (name == "--method") {
      options.method = value;
    } else if (name == "--requests") {
      options.requests_file = value;
    } else if (name == "--pid") {
      options.pid = std::atoi(value.c_str());
    } else if (name == "--connections") {
      options.connections = std::atoi(value.c_str());
    } else if (name == "--seconds") {
      options.seconds = std::atof(value.c_str());
    } else {
      Die("unknown option " + name);
    }
  }
  if (!options.noop && options.target.empty()) Die("--target or --noop is needed");
  return options;
}

// What every connection sends from: the bytes are held once.
std::vector<grpc::ByteBuffer> ReadRequests(const std::string& path) {
  if (path.empty()) return {grpc::ByteBuffer(nullptr, 0)};
  std::ifstream file(path, std::ios::binary);
  std::vector<grpc::ByteBuffer> requests;
  unsigned char length[4];
  while (file.read(reinterpret_cast<char*>(length), sizeof length)) {
    size_t size = length[0] | length[1] << 8 | length[2] << 16 | size_t{length[3]} << 24;
    std::string bytes(size, '\0');
    if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) Die(path + " is cut short");
    grpc::Slice slice(bytes);
    requests.emplace_back(&slice, 1);
  }
  if (requests.empty()) Die(path + " holds no request");
  return requests;
}

// User and system time, of all threads.
double CpuSeconds(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

struct Tally {
  std::vector<double> latencies_us;
  size_t failed = 0;
  std::string failure;
};

class Connection {
 public:
  Connection(const Options& options, const std::vector<grpc::ByteBuffer>& requests)
      : options_(options), requests_(requests) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    auto channel =
        grpc::CreateCustomChannel(options.target, grpc::InsecureChannelCredentials(), arguments);
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) {
      Die("cannot connect to " + options.target);
    }
    stub_ = std::make_unique<grpc::GenericStub>(channel);
  }

  void Run(size_t first, const std::atomic<bool>& measuring, const std::atomic<bool>& done) {
    for (size_t i = first; !done; ++i) {
      auto start = Clock::now();
      grpc::Status status = CallOnce(requests_[i % requests_.size()]);
      auto us = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
      if (!measuring) continue;
      tally.latencies_us.push_back(us);
      if (!status.ok()) {
        ++tally.failed;
        tally.failure = status.error_message();
      }
    }
  }

  Tally tally;

 private:
  grpc::Status CallOnce(const grpc::ByteBuffer& request) {
    grpc::ClientContext context;
    grpc::ByteBuffer reply;
    grpc::Status status;
    auto call = stub_->PrepareUnaryCall(&context, options_.method, request, &queue_);
    call->StartCall();
    call->Finish(&reply, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    return status;
  }

  const Options& options_;
  std::unique_ptr<grpc::GenericStub> stub_;
  const std::vector<grpc::ByteBuffer>& requests_;
  grpc::CompletionQueue queue_;
};

void Measure(const Options& options) {
  auto requests = ReadRequests(options.requests_file);
  std::atomic<bool> measuring{false}, done{false};
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<std::thread> threads;
  for (int i = 0; i < options.connections; ++i) {
    connections.push_back(std::make_unique<Connection>(options, requests));
    threads.emplace_back([&, i] {
      const size_t share = requests.size() / static_cast<size_t>(options.connections);
      connections[static_cast<size_t>(i)]->Run(static_cast<size_t>(i) * share, measuring, done);
    });
  }
  auto sleep = [](double seconds) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  };
  sleep(options.seconds / 4);  // to warm up
  double cpu = CpuSeconds(options.pid);
  auto start = Clock::now();
  measuring = true;
  sleep(options.seconds);
  measuring = false;
  cpu = CpuSeconds(options.pid) - cpu;
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  done = true;
  for (auto& thread : threads) thread.join();

  Tally all;
  for (const auto& connection : connections) {
    const Tally& one = connection->tally;
    all.latencies_us.insert(all.latencies_us.end(), one.latencies_us.begin(),
                            one.latencies_us.end());
    all.failed += one.failed;
    if (one.failed > 0) all.failure = one.failure;
  }
  std::sort(all.latencies_us.begin(), all.latencies_us.end());
  size_t n = all.latencies_us.size();
  if (n == 0) Die("no call ended in time");
  auto quantile = [&](double q) {
    return all.latencies_us[static_cast<size_t>(q * static_cast<double>(n - 1))];
  };
  std::printf(
      "{\"method\":\"%s\",\"connections\":%d,\"calls\":%zu,\"failed\":%zu,\"per_second\":%.0f,"
      "\"p50_us\":%.0f,\"p99_us\":%.0f,\"server_cpu_us_per_call\":%.1f}\n",
      options.method.c_str(), options.connections, n, all.failed, static_cast<double>(n) / seconds,
      quantile(0.5), quantile(0.99), cpu * 1e6 / static_cast<double>(n));
  if (all.failed > 0) std::fprintf(stderr, "rpc_load: %s\n", all.failure.c_str());
}

// Serves GetVersion until its standard input is closed; writes its port first.
[[noreturn]] void ServeNoop(int in, int out) {
  using namespace elanus::server;
  namespace pb = milvus::proto::milvus;
  RpcTable table;
  table.Add("GetVersion",
            [](Call&, const pb::GetVersionRequest&, pb::GetVersionResponse*) -> elanus::Status {
              return {};
            });
  elanus::ThreadPool pool("request", 64, 1024);
  ServerOptions options;
  options.listener.endpoint = {"127.0.0.1", 0};
  auto server = Server::Open(options);
  if (!server.ok() || !(*server)->Start(&table, &pool, AnswerNotFound).ok()) Die("no server");
  int port = (*server)->port();
  char byte;
  if (write(out, &port, sizeof port) != sizeof port || read(in, &byte, 1) != 0) Die("pipe");
  (*server)->Stop(std::chrono::seconds(1));
  std::exit(0);
}

void MeasureNoop(Options options) {
  int to_child[2], from_child[2];
  if (pipe(to_child) != 0 || pipe(from_child) != 0) Die("pipe");
  options.pid = fork();
  if (options.pid == 0) {
    close(to_child[1]);
    ServeNoop(to_child[0], from_child[1]);
  }
  int port = 0;
  if (read(from_child[0], &port, sizeof port) != sizeof port) Die("the child does not start");
  options.target = "127.0.0.1:" + std::to_string(port);
  Measure(options);
  close(to_child[1]);
  waitpid(options.pid, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) {
  Options options = ParseOptions(argc, argv);
  if (options.noop) {
    MeasureNoop(options);
  } else {
    Measure(options);
  }
}
