#include "server/rpc_table.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>
#include <milvus/ddl.pb.h>
#include <milvus/dml.pb.h>
#include <milvus/ops.pb.h>

#include "server/rpc_access.h"

namespace elanus::server {
namespace {

namespace pb = milvus::proto::milvus;
namespace common = milvus::proto::common;

constexpr const char* kVersion = "/milvus.proto.milvus.MilvusService/GetVersion";

RpcStatus RunMethod(const RpcTable& table, std::string_view path, const Message& request,
                    Message* response) {
  Context context;
  Call call{context, "x", "", "", "", ""};
  return Serve(*table.Find(path), call, request, response);
}

TEST(RpcTable, FindsAMethodByItsPath) {
  RpcTable table;
  table.Add("GetVersion",
            [](Call&, const pb::GetVersionRequest&, pb::GetVersionResponse* response) -> Status {
              response->set_version("v1");
              return {};
            });
  ASSERT_NE(table.Find(kVersion), nullptr);
  EXPECT_EQ(table.Find("/milvus.proto.milvus.MilvusService/Insert"), nullptr);
  pb::GetVersionResponse response;
  EXPECT_EQ(RunMethod(table, kVersion, pb::GetVersionRequest(), &response).code, GrpcCode::kOk);
  EXPECT_EQ(response.version(), "v1");
  EXPECT_TRUE(response.has_status());
}

TEST(RpcTable, TellsUnbuiltFromUnknown) {
  auto unbuilt = RpcTable::WhyNot("/milvus.proto.milvus.MilvusService/Insert");
  EXPECT_EQ(unbuilt.code, GrpcCode::kUnimplemented);
  EXPECT_EQ(unbuilt.message,
            "/milvus.proto.milvus.MilvusService/Insert is not built in this version");
  for (const char* path : {"/milvus.proto.milvus.MilvusService/Fly", "Insert", "/", "", "//"}) {
    EXPECT_EQ(RpcTable::WhyNot(path).message, std::string(path) + ": unknown method");
  }
}

TEST(RpcTable, PutsAnErrorIntoTheStatusField) {
  RpcTable table;
  table.Add("Query", [](Call&, const pb::QueryRequest&, pb::QueryResults* response) -> Status {
    response->set_collection_name("half done");
    return FailWith(Code::kCollectionNotFound, {{"collection", "books"}});
  });
  pb::QueryResults response;
  auto rpc =
      RunMethod(table, "/milvus.proto.milvus.MilvusService/Query", pb::QueryRequest(), &response);
  EXPECT_EQ(rpc.code, GrpcCode::kOk);
  EXPECT_EQ(response.collection_name(), "");
  EXPECT_EQ(response.status().code(), 100);
  EXPECT_EQ(response.status().error_code(), common::CollectionNotExists);
  EXPECT_EQ(response.status().reason(), "collection not found[collection=books]");
  EXPECT_EQ(response.status().detail(), response.status().reason());
  EXPECT_FALSE(response.status().retriable());
  EXPECT_EQ(response.status().extra_info().at("is_input_error"), "true");
}

TEST(RpcTable, PutsAnErrorIntoAResponseThatIsAStatus) {
  RpcTable table;
  table.Add("DropAlias", [](Call&, const pb::DropAliasRequest&, common::Status*) -> Status {
    return Status(Code::kServiceNotReady, "still starting");
  });
  common::Status response;
  RunMethod(table, "/milvus.proto.milvus.MilvusService/DropAlias", pb::DropAliasRequest(),
            &response);
  EXPECT_EQ(response.code(), 1);
  EXPECT_TRUE(response.retriable());
  EXPECT_TRUE(response.extra_info().empty());
}

TEST(RpcTable, AnswersWithAGrpcCodeWhereTheResponseHasNoStatus) {
  RpcTable table;
  table.Add("Dummy", [](Call&, const pb::DummyRequest&, pb::DummyResponse*) -> Status {
    return Fail(Code::kParameterInvalid, "no");
  });
  pb::DummyResponse response;
  auto rpc =
      RunMethod(table, "/milvus.proto.milvus.MilvusService/Dummy", pb::DummyRequest(), &response);
  EXPECT_EQ(rpc.code, GrpcCode::kInvalidArgument);
  EXPECT_EQ(rpc.message, "no: invalid parameter");
}

TEST(RpcTable, AsksItsGuardBeforeTheHandler) {
  class NobodyPasses final : public Guard {
   public:
    RpcStatus Identify(Call*) override { return {}; }
    RpcStatus Admit(const Method& method, Call*, const Message&) override {
      return {GrpcCode::kUnauthenticated, method.name};
    }
  };
  RpcTable table;
  bool ran = false;
  table.Add("GetVersion",
            [&](Call&, const pb::GetVersionRequest&, pb::GetVersionResponse*) -> Status {
              ran = true;
              return {};
            });
  NobodyPasses guard;
  table.Protect(&guard);
  pb::GetVersionResponse response;
  const RpcStatus refused = RunMethod(table, kVersion, pb::GetVersionRequest(), &response);
  EXPECT_EQ(refused.code, GrpcCode::kUnauthenticated);
  EXPECT_EQ(refused.message, "GetVersion");
  EXPECT_FALSE(ran);
}

TEST(RpcAccess, KnowsEveryRpcThatIsDeclared) {
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      std::string(RpcTable::kMilvusService));
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const auto* method = service->method(i);
    const RpcAccess* access = AccessOf(RpcTable::kMilvusService, method->name());
    ASSERT_NE(access, nullptr) << method->name();
    EXPECT_NE(access->kind, RpcAccess::Kind::kOpen) << method->name();
    if (access->field.empty()) continue;
    const auto* field = method->input_type()->FindFieldByName(std::string(access->field));
    ASSERT_NE(field, nullptr) << method->name();
  }
}

TEST(RpcTableDeathTest, ChecksTheTypesAgainstTheContract) {
  RpcTable table;
  EXPECT_DEATH(
      table.Add("Insert",
                [](Call&, const pb::QueryRequest&, pb::MutationResult*) -> Status { return {}; }),
      "input_type");
  EXPECT_DEATH(
      table.Add("Fly",
                [](Call&, const pb::QueryRequest&, pb::MutationResult*) -> Status { return {}; }),
      "declared");
}

// Old clients read the legacy code alone, and tell these RPCs' errors by it.
TEST(RpcTable, ErrorsOfUsersAndRolesHaveLegacyCodesOfTheirOwn) {
  RpcTable table;
  table.Add("CreateCredential", [](Call&, const pb::CreateCredentialRequest&, common::Status*) {
    return Fail(Code::kParameterInvalid, "user already exists: a");
  });
  common::Status status;
  const std::string path = "/milvus.proto.milvus.MilvusService/CreateCredential";
  EXPECT_TRUE(RunMethod(table, path, pb::CreateCredentialRequest(), &status).ok());
  EXPECT_EQ(status.code(), 1100);
  EXPECT_EQ(status.error_code(), common::ErrorCode::CreateCredentialFailure);
}

}  // namespace
}  // namespace elanus::server
