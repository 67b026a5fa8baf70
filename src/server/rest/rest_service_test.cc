#include "server/rest/rest_service.h"

#include <future>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/thread_pool.h"
#include "server/rest/openapi.h"
#include "server/rest/route.h"

namespace elanus::server {
namespace {

using testing::HasSubstr;

class RestServiceTest : public testing::Test {
 protected:
  RestServiceTest() {
    table_.Add("DescribeCollection",
               [this](Call& call, const pb::DescribeCollectionRequest& request,
                      pb::DescribeCollectionResponse* response) -> Status {
                 ++described_;
                 authorization_ = call.authorization;
                 if (request.collection_name() == "secret") {
                   return Status(Code::kNotAuthenticated, "who are you");
                 }
                 if (request.collection_name() == "guarded") {
                   return Status(Code::kPrivilegeNotPermitted, "PrivilegeX: permission deny");
                 }
                 if (request.collection_name() != "c") {
                   return Status(Code::kCollectionNotFound,
                                 "can't find collection[database=" + request.db_name() + "]");
                 }
                 auto* key = response->mutable_schema()->add_fields();
                 key->set_name("id");
                 key->set_data_type(pb_schema::Int64);
                 key->set_is_primary_key(true);
                 return {};
               });
    table_.Add("Insert",
               [this](Call& call, const pb::InsertRequest& request,
                      pb::MutationResult* response) -> Status {
                 if (request.collection_name() != "c") return Status(Code::kInternal, "not c");
                 TRY(call.context.Check());
                 inserted_ = request.fields_data(0).scalars().long_data();
                 response->set_insert_cnt(request.num_rows());
                 *response->mutable_ids()->mutable_int_id() = inserted_;
                 return {};
               });
    table_.Add("ShowCollections",
               [this](Call&, const pb::ShowCollectionsRequest& request,
                      pb::ShowCollectionsResponse* response) -> Status {
                 if (gate_ != nullptr) gate_->get_future().wait();
                 response->add_collection_names("in_" + request.db_name());
                 return {};
               });
  }

  HttpResponse Ask(HttpRequest request) {
    if (service_ == nullptr) Start();
    auto answer = std::make_shared<std::promise<HttpResponse>>();
    auto future = answer->get_future();
    service_->Handle(std::move(request),
                     [answer](HttpResponse response) { answer->set_value(std::move(response)); });
    return future.get();
  }
  HttpResponse Post(const std::string& path, const std::string& body, HttpHeaders headers = {}) {
    HttpRequest request;
    request.method = "POST";
    request.target = "/v2/vectordb/" + path;
    request.headers = std::move(headers);
    request.body = body;
    return Ask(std::move(request));
  }
  void Start() { service_ = std::make_unique<RestService>(options_, &table_, &pool_, "v1", 7); }

  RestOptions options_;
  RpcTable table_;
  int described_ = 0;
  std::string authorization_;
  pb_schema::LongArray inserted_;
  std::promise<void>* gate_ = nullptr;
  std::unique_ptr<RestService> service_;
  ThreadPool pool_{"test", 4, 16};
};

TEST_F(RestServiceTest, RunsTheHandlersOfGrpc) {
  EXPECT_EQ(Post("collections/list", "{}").body, R"({"code":0,"data":["in_default"]})");
  EXPECT_EQ(Post("collections/list", R"({"dbName": "d"})").body, R"({"code":0,"data":["in_d"]})");
  EXPECT_EQ(Post("collections/list", "{}", {{"db-name", "h"}}).body,
            R"({"code":0,"data":["in_h"]})");
  const HttpResponse missing = Post("collections/describe", R"({"CollectionName": "x"})");
  EXPECT_EQ(missing.status, 200);
  EXPECT_EQ(missing.body, R"({"code":100,"message":"can't find collection[database=default]"})");
}

TEST_F(RestServiceTest, ReadsRowsOnceIfItsTargetComesFirst) {
  EXPECT_EQ(
      Post("entities/insert", R"({"collectionName": "c", "data": [{"id": 1}, {"id": 2}]})").body,
      R"({"code":0,"data":{"insertCount":2,"insertIds":[1,2]},"cost":0})");
  EXPECT_EQ(described_, 1);
  EXPECT_THAT(inserted_.data(), testing::ElementsAre(1, 2));
}

// Lets everybody in, and insert into `c` alone.
class InsertsIntoC final : public Guard {
 public:
  RpcStatus Identify(Call*) override { return {}; }
  RpcStatus Admit(const Method& method, Call*, const Message& request) override {
    const auto* field = request.GetDescriptor()->FindFieldByName("collection_name");
    const bool c = field != nullptr && request.GetReflection()->GetString(request, field) == "c";
    if (method.name == "Insert" && c) return {};
    return {GrpcCode::kPermissionDenied, "Privilege" + method.name + ": permission deny"};
  }
};

TEST_F(RestServiceTest, ASchemaIsReadForWhomTheRequestIsAdmitted) {
  InsertsIntoC guard;
  table_.Protect(&guard);
  EXPECT_THAT(Post("entities/insert", R"({"collectionName": "c", "data": [{"id": 1}]})").body,
              HasSubstr(R"("insertCount":1)"))
      << "it need not be allowed to describe";
  EXPECT_EQ(described_, 1);
  const HttpResponse refused =
      Post("entities/insert", R"({"collectionName": "other", "data": [{"id": 1}]})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("PrivilegeInsert: permission deny"));
  EXPECT_EQ(described_, 1) << "its fields are not shown";
  EXPECT_EQ(Post("collections/describe", R"({"collectionName": "c"})").status, 403);
}

// Refuses every insert.
class NoInserts final : public Limiter {
 public:
  bool Counts(const Method& method) const override { return method.name == "Insert"; }
  Status Admit(const Method&, const Call&, const Message&) override {
    return Fail(Code::kRateLimitExceeded, "please retry later");
  }
};

TEST_F(RestServiceTest, AQuotaThatIsUsedUpHasItsOwnCode) {
  NoInserts limiter;
  table_.Limit(&limiter);
  EXPECT_EQ(Post("entities/insert", R"({"collectionName": "c", "data": [{"id": 1}]})").body,
            R"({"code":1807,"message":"request is rejected by limiter, error: please retry later: )"
            R"(rate limit exceeded"})");
  EXPECT_EQ(Post("collections/list", "{}").status, 200);
}

TEST_F(RestServiceTest, ReadsRowsForWhatTheWholeBodySays) {
  for (const char* body :
       {R"({"data": [{"id": 3}], "collectionName": "c"})",
        R"({"collectionName": "other", "data": [{"id": 3}], "collectionName": "c"})",
        R"({"collectionName": "c", "data": {"id": 3}, "dbName": "d"})"}) {
    EXPECT_THAT(Post("entities/insert", body).body, HasSubstr(R"("insertIds":[3])")) << body;
  }
  EXPECT_THAT(
      Post("entities/insert", R"({"collectionName": "c", "data": [{"id": 1}], "x": })").body,
      HasSubstr("\"code\":1801"));
  EXPECT_THAT(Post("entities/insert", R"({"collectionName": "c", "data": [{"id": "a"}]})").body,
              HasSubstr("\"code\":1804"));
}

TEST_F(RestServiceTest, SaysInHttpWhoMayNot) {
  const HttpResponse unknown = Post("collections/describe", R"({"collectionName": "secret"})",
                                    {{"Authorization", "Bearer root:Milvus"}});
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.body, R"({"code":1800,"message":"user hasn't authenticated"})");
  EXPECT_EQ(authorization_, EncodeBase64("root:Milvus"));
  Post("collections/describe", R"({"collectionName": "c"})", {{"Authorization", "Basic abcd"}});
  EXPECT_EQ(authorization_, "abcd");
  const HttpResponse guarded = Post("collections/describe", R"({"collectionName": "guarded"})");
  EXPECT_EQ(guarded.status, 403);
  EXPECT_THAT(guarded.body, HasSubstr("PrivilegeX: permission deny"));
}

TEST_F(RestServiceTest, NamesWhatIsNotBuilt) {
  EXPECT_EQ(Post("jobs/import/list", "{}").body,
            R"({"code":10,"message":"ListImportTasks is not built in this version: )"
            R"(service unimplemented"})");
  EXPECT_THAT(Post("users/list", "{}").body, HasSubstr("ListCredUsers is not built"));
  EXPECT_EQ(Post("collections/nothing", "{}").status, 404);
}

TEST_F(RestServiceTest, EndsRequestsAtTheirTime) {
  options_.timeout = std::chrono::milliseconds(-1);
  const HttpResponse late = Post("collections/list", "{}");
  EXPECT_EQ(late.status, 408);
  EXPECT_EQ(late.body, R"({"code":10001,"message":"request timeout"})");
  EXPECT_EQ(Post("collections/list", "{}", {{"Request-Timeout", "100"}}).status, 200);
}

TEST_F(RestServiceTest, RefusesWhatIsTooMuchAtATime) {
  options_.requests_max = 1;
  Start();
  std::promise<void> gate;
  gate_ = &gate;
  auto first = std::async(std::launch::async, [this] { return Post("collections/list", "{}"); });
  while (service_->requests_in_flight() == 0) std::this_thread::yield();
  EXPECT_EQ(Post("collections/list", "{}").body,
            R"({"code":4,"message":"too many concurrent requests, queue is full"})");
  gate.set_value();
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(service_->requests_in_flight(), 0U);
}

TEST_F(RestServiceTest, LimitsItsAnswers) {
  options_.response_bytes_max = 10;
  EXPECT_THAT(Post("collections/list", "{}").body, HasSubstr("the limit is 10"));
}

TEST_F(RestServiceTest, AllowsOtherOriginsAndNamesItsTraces) {
  HttpRequest preflight;
  preflight.method = "OPTIONS";
  preflight.target = "/v2/vectordb/collections/list";
  const HttpResponse allowed = Ask(std::move(preflight));
  EXPECT_EQ(allowed.status, 204);
  EXPECT_THAT(allowed.headers,
              testing::Contains(testing::Pair("Access-Control-Allow-Origin", "*")));
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const HttpResponse traced =
      Post("collections/list", "{}", {{"traceparent", "00-" + trace + "-b7ad6b7169203331-01"}});
  EXPECT_THAT(traced.headers, testing::Contains(testing::Pair("X-Milvus-Trace-Id", trace)));
}

TEST(Routes, AreDistinctAndDescribed) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  const std::string document = OpenApiDocument(Routes(), "v1");
  JsonReader reader(document);
  EXPECT_TRUE(reader.Skip() && reader.AtEnd()) << reader.problem();
  for (const Route& route : Routes()) {
    EXPECT_TRUE(seen.emplace(route.method, route.path).second) << route.path;
    EXPECT_THAT(document, HasSubstr("\"" + std::string(route.path) + "\":{"));
  }
}

TEST(Shapes, TellWrongKindsFromMissingMembers) {
  static constexpr Param kInner[] = {{"name", ParamKind::kString, true}};
  static constexpr Shape kInnerShape{"Inner", kInner};
  static constexpr Param outer[] = {{"n", ParamKind::kInt32, true},
                                    {"list", ParamKind::kStrings},
                                    {"map", ParamKind::kStringMap},
                                    {"one", ParamKind::kStruct, false, &kInnerShape},
                                    {"many", ParamKind::kStructs, false, &kInnerShape}};
  const Shape shape{"Outer", outer};
  const auto check = [&](const std::string& text) {
    JsonReader reader(text);
    Json body;
    EXPECT_TRUE(ReadJson(&reader, SetAside::kNothing, nullptr, &body)) << text;
    return CheckShape(body, shape);
  };
  EXPECT_TRUE(check(R"({"N": 1, "list": null, "many": [{}], "more": 1})").ok());
  for (const char* text :
       {R"({"n": "1"})", R"({"n": 1.5})", R"({"n": 3000000000})", R"({"n": 1, "list": "x"})",
        R"({"n": 1, "list": [1]})", R"({"n": 1, "map": {"a": 1}})", R"({"n": 1, "one": []})",
        R"({"n": 1, "many": [1]})", R"({"n": 1, "many": [{"name": 1}]})"}) {
    EXPECT_EQ(check(text).code(), Code::kRestIncorrectFormat) << text;
  }
  for (const char* text : {"{}", R"({"n": 0})", R"({"n": null})", R"({"n": 1, "one": {}})",
                           R"({"n": 1, "one": {"name": ""}})"}) {
    EXPECT_EQ(check(text).code(), Code::kRestParameterMissing) << text;
  }
  EXPECT_EQ(check("{}").message(), "missing required parameters, error: Outer.n is required");
}

}  // namespace
}  // namespace elanus::server
