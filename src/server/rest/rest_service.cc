#include "server/rest/rest_service.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/memory_budget.h"
#include "base/thread_pool.h"
#include "server/rest/openapi.h"
#include "server/rest/route.h"

namespace elanus::server {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kFirstVersion = "/v1/";
constexpr size_t kBriefBytesMax = 4096;
constexpr int64_t kTimeoutSecondsMax = 86'400;

const HttpHeaders& CommonHeaders() {
  static const HttpHeaders headers = {
      {"Access-Control-Allow-Origin", "*"},
      {"Access-Control-Allow-Credentials", "true"},
      {"Access-Control-Allow-Headers",
       "Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, accept, "
       "origin, Cache-Control, X-Requested-With"},
      {"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"},
      {"X-Content-Type-Options", "nosniff"}};
  return headers;
}

HttpResponse ErrorOf(int http_status, int code, std::string_view message) {
  HttpResponse response;
  response.status = http_status;
  response.body = "{\"code\":" + std::to_string(code) + ",\"message\":";
  AppendQuoted(message, &response.body);
  response.body += '}';
  return response;
}

// Errors are told in the body, of an answer that HTTP calls good; but for a few.
HttpResponse ErrorOf(const Status& status) {
  const ErrorTraits& unauthenticated = TraitsOf(Code::kRestNotAuthenticated);
  switch (static_cast<int>(status.code())) {
    case static_cast<int>(Code::kNotAuthenticated):
      return ErrorOf(401, static_cast<int>(Code::kRestNotAuthenticated), unauthenticated.text);
    case static_cast<int>(Code::kPrivilegeNotPermitted):
      return ErrorOf(403, static_cast<int>(Code::kUnexpected), status.message());
    case static_cast<int>(Code::kTimeout):
      return ErrorOf(408, static_cast<int>(Code::kTimeout), "request timeout");
    case static_cast<int>(Code::kRateLimitExceeded):
    case static_cast<int>(Code::kQuotaExceeded):
      return ErrorOf(200, static_cast<int>(Code::kRestRejectedByLimiter),
                     RestError(Code::kRestRejectedByLimiter, status.message()).message());
    default:
      return ErrorOf(200, static_cast<int>(status.code()), status.message());
  }
}

Clock::time_point DeadlineOf(const HttpRequest& request, std::chrono::milliseconds otherwise) {
  const std::string_view header = request.Header("Request-Timeout");
  int64_t seconds = 0;
  const char* end = header.data() + header.size();
  const auto [stop, error] = std::from_chars(header.data(), end, seconds);
  if (error != std::errc() || stop != end || seconds <= 0) return Clock::now() + otherwise;
  return Clock::now() + std::chrono::seconds(std::min(seconds, kTimeoutSecondsMax));
}

bool Int64Numbers(const HttpRequest& request) {
  const std::string_view value = request.Header("Accept-Type-Allow-Int64");
  return value != "false" && value != "False" && value != "FALSE" && value != "0" && value != "f" &&
         value != "F";
}

std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    const char* from = text.data() + i + 1;
    if (text[i] == '%' && text.size() - i > 2 &&
        std::from_chars(from, from + 2, code, 16).ptr == from + 2) {
      out.push_back(static_cast<char>(code));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

// "?a=b&c=d" as an object of strings.
Json QueryOf(std::string_view target) {
  Json query;
  query.kind = JsonKind::kObject;
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos) return query;
  target.remove_prefix(mark + 1);
  while (!target.empty()) {
    const std::string_view pair = target.substr(0, target.find('&'));
    target.remove_prefix(std::min(target.size(), pair.size() + 1));
    const size_t equal = std::min(pair.find('='), pair.size());
    Json value;
    value.kind = JsonKind::kString;
    value.text = Unescaped(pair.substr(std::min(equal + 1, pair.size())));
    query.members.push_back({Unescaped(pair.substr(0, equal)), std::move(value)});
  }
  return query;
}

Status BodyOf(const Route& route, RestCall* call, Json* out) {
  JsonReader reader(call->body);
  if (reader.Peek() == JsonKind::kNone && reader.AtEnd()) {
    return Status(Code::kRestIncorrectFormat,
                  std::string(TraitsOf(Code::kRestIncorrectFormat).text) +
                      ", the request body should be nil, however {} is valid");
  }
  ReadInPassing in_passing;
  if (route.early != nullptr) {
    in_passing = [&](const Json& so_far, JsonReader* own) {
      return route.early(*call, so_far, own);
    };
  }
  if (!ReadJson(&reader, route.set_aside, &in_passing, out) || !reader.AtEnd()) {
    return RestError(Code::kRestIncorrectFormat, reader.problem());
  }
  // Clients with nothing to say send null.
  if (out->kind == JsonKind::kObject || out->kind == JsonKind::kNull) return {};
  return RestError(Code::kRestIncorrectFormat,
                   "an object is expected, not " + std::string(NameOf(out->kind)));
}

Status Run(const Route& route, std::string_view target, RestCall* call) {
  Json body;
  if (route.method == "GET") {
    body = QueryOf(target);
  } else {
    TRY(BodyOf(route, call, &body));
  }
  TRY(CheckShape(body, *route.shape));
  if (route.handler == nullptr) {
    return Fail(Code::kUnimplemented, std::string(route.rpc) + " is not built in this version");
  }
  return route.handler(*call, body);
}

uint64_t Mixed(uint64_t value) {  // splitmix64
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

MetricFamily<Counter>& Requests() {
  static MetricFamily<Counter> family("milvus_proxy_restful_api_req_count",
                                      "REST requests by path.", {"node_id", "path"});
  return family;
}

}  // namespace

struct RestService::Arrived {
  HttpRequest request;
  HttpReply reply;
  const Route* route;
  Clock::time_point deadline;
  std::string trace_id;
};

RestService::RestService(const RestOptions& options, const RpcTable* table, ThreadPool* pool,
                         std::string version, uint64_t seed)
    : options_(options),
      table_(table),
      pool_(pool),
      document_(OpenApiDocument(Routes(), version)),
      seed_(seed) {
  for (const Route& route : Routes()) {
    std::string key(route.method);
    key += ' ';
    key += route.path;
    Counter& requests = Requests().With({"1", std::string(route.path)});
    CHECK(routes_.emplace(std::move(key), Entry{&route, &requests}).second);
  }
}

RestService::~RestService() = default;

std::string RestService::TraceId(const HttpRequest& request) {
  constexpr size_t kIdAt = 3;  // in "00-<32 digits>-..."
  constexpr size_t kIdSize = 32;
  const std::string_view parent = request.Header("traceparent");
  if (parent.size() > kIdAt + kIdSize && parent[2] == '-' && parent[kIdAt + kIdSize] == '-') {
    const std::string_view id = parent.substr(kIdAt, kIdSize);
    if (id.find_first_not_of("0123456789abcdef") == id.npos) return std::string(id);
  }
  static constexpr char kHex[] = "0123456789abcdef";
  const uint64_t number = last_trace_.fetch_add(1, std::memory_order_relaxed);
  std::string id;
  for (const uint64_t half : {Mixed(seed_ ^ number), Mixed(~seed_ + number)}) {
    for (int shift = 60; shift >= 0; shift -= 4) id += kHex[(half >> shift) & 15];
  }
  return id;
}

void RestService::Finish(const Arrived& arrived, HttpResponse response) {
  response.headers.insert(response.headers.end(), CommonHeaders().begin(), CommonHeaders().end());
  response.headers.emplace_back("X-Milvus-Trace-Id", arrived.trace_id);
  arrived.reply(std::move(response));
}

void RestService::Handle(HttpRequest request, HttpReply reply) {
  auto arrived = std::make_unique<Arrived>();
  arrived->trace_id = TraceId(request);
  arrived->reply = std::move(reply);
  if (request.method == "OPTIONS") {
    HttpResponse response;
    response.status = 204;
    return Finish(*arrived, std::move(response));
  }
  const std::string_view path = request.path();
  if (path == "/openapi.json" && request.method == "GET") {
    HttpResponse response;
    response.body = document_;
    return Finish(*arrived, std::move(response));
  }
  const auto found = routes_.find(request.method + " " + std::string(path));
  if (found == routes_.end()) {
    return Finish(*arrived,
                  HttpError(404, "no such page: " + request.method + " " + std::string(path)));
  }
  found->second.requests->Add();
  arrived->route = found->second.route;
  arrived->deadline = DeadlineOf(request, options_.timeout);
  arrived->request = std::move(request);

  const size_t size = arrived->request.body.size();
  const size_t others = requests_.fetch_add(1, std::memory_order_relaxed);
  const size_t other_bytes = Hold(size);
  const bool too_much = other_bytes > 0 && other_bytes + size > options_.bytes_max;
  Arrived* const kept = arrived.get();
  const auto refuse = [&](Arrived* refused) {
    requests_.fetch_sub(1, std::memory_order_relaxed);
    Release(size);
    const ErrorTraits& busy = TraitsOf(Code::kTooManyRequests);
    Finish(*refused, ErrorOf(200, static_cast<int>(Code::kTooManyRequests), busy.text));
  };
  if (others >= options_.requests_max || too_much) return refuse(kept);
  if (arrived->route->brief && size <= kBriefBytesMax) return Work(kept);
  // Shared, so that what the pool refuses can still be answered.
  const std::shared_ptr<Arrived> shared(std::move(arrived));
  if (!pool_->Submit([this, shared] { Work(shared.get()); })) refuse(shared.get());
}

size_t RestService::Hold(size_t bytes) {
  if (options_.budget != nullptr)
    options_.budget->Add(MemoryUse::kRequests, 2 * static_cast<int64_t>(bytes));
  return bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

void RestService::Release(size_t bytes) {
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  if (options_.budget != nullptr)
    options_.budget->Add(MemoryUse::kRequests, -2 * static_cast<int64_t>(bytes));
}

void RestService::Work(Arrived* arrived) {
  const size_t size = arrived->request.body.size();
  HttpResponse response = Answer(*arrived);
  if (response.body.size() > options_.response_bytes_max) {
    response =
        ErrorOf(Fail(Code::kParameterTooLarge,
                     "the response has " + std::to_string(response.body.size()) +
                         " bytes, the limit is " + std::to_string(options_.response_bytes_max)));
  }
  requests_.fetch_sub(1, std::memory_order_relaxed);
  Release(size);
  Finish(*arrived, std::move(response));
}

HttpResponse RestService::Answer(const Arrived& arrived) const {
  const HttpRequest& request = arrived.request;
  Context context(arrived.deadline);
  if (Status late = context.Check(); !late.ok()) return ErrorOf(late);
  const std::string authorization = AuthorizationOf(request);
  Call call{context,       arrived.route->rpc,         request.peer, request.Header("DB-Name"),
            authorization, request.Header("RequestId")};
  if (Guard* guard = table_->guard(); guard != nullptr && !guard->Identify(&call).ok()) {
    return ErrorOf(Status(Code::kNotAuthenticated, ""));
  }
  const bool first_version = arrived.route->path.starts_with(kFirstVersion);
  RestCall rest(table_, &call, request.body, first_version ? 200 : 0);
  rest.int64_numbers = Int64Numbers(request);
  rest.first_version = first_version;
  const Status status = Run(*arrived.route, request.target, &rest);
  if (!status.ok()) return ErrorOf(status);
  HttpResponse response;
  response.body = std::move(rest.out);
  response.body += '}';
  return response;
}

}  // namespace elanus::server
