#include "server/method_metrics.h"

#include <gtest/gtest.h>
#include <milvus/service.pb.h>

#include "base/context.h"

namespace elanus::server {
namespace {

namespace pb = ::milvus::proto::milvus;
using std::chrono::milliseconds;

// The value of one line of the exposition, or -1.
double ValueOf(const std::string& metric) {
  const std::string text = RenderMetrics();
  const size_t at = text.find("\n" + metric + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + metric.size() + 2));
}

std::string Requests(const std::string& method, const std::string& status,
                     const std::string& collection) {
  return "milvus_proxy_req_count{node_id=\"1\",function_name=\"" + method + "\",status=\"" +
         status + "\",db_name=\"" + (collection.empty() ? "" : "default") +
         "\",collection_name=\"" + collection + "\"}";
}

class MethodMetricsTest : public ::testing::Test {
 protected:
  void Insert(const std::string& collection, int64_t rows, Code code) {
    pb::InsertRequest request;
    request.set_collection_name(collection);
    call_.vectors = rows;
    insert_.Record(call_, request, code, milliseconds(3));
  }
  void Drop(const std::string& collection) {
    pb::DropCollectionRequest request;
    request.set_collection_name(collection);
    drop_.Record(call_, request, Code::kOk, milliseconds(1));
  }

  Context context_;
  Call call_{context_, "Insert", "", "", "", ""};
  MethodMetrics insert_{"Insert", *pb::InsertRequest::descriptor()};
  MethodMetrics drop_{"DropCollection", *pb::DropCollectionRequest::descriptor()};
};

TEST_F(MethodMetricsTest, CountsRequestsRowsAndTimeByCollection) {
  Insert("counted", 10, Code::kOk);
  Insert("counted", 5, Code::kOk);
  Insert("counted", 0, Code::kParameterInvalid);
  EXPECT_EQ(ValueOf(Requests("Insert", "total", "counted")), 3);
  EXPECT_EQ(ValueOf(Requests("Insert", "success", "counted")), 2);
  EXPECT_EQ(ValueOf(Requests("Insert", "fail_input", "counted")), 1);
  EXPECT_EQ(ValueOf("milvus_proxy_insert_vectors_count{node_id=\"1\",db_name=\"default\","
                    "collection_name=\"counted\"}"),
            15);
  EXPECT_EQ(ValueOf("milvus_proxy_mutation_latency_count{node_id=\"1\",msg_type=\"insert\",db_name="
                    "\"default\",collection_name=\"counted\"}"),
            3);
}

TEST_F(MethodMetricsTest, AFailureWithAnUnknownCollectionMakesNoLabel) {
  const double before = std::max(0.0, ValueOf(Requests("Insert", "fail_input", "")));
  Insert("never_there", 0, Code::kCollectionNotFound);
  EXPECT_EQ(RenderMetrics().find("never_there"), std::string::npos);
  EXPECT_EQ(ValueOf(Requests("Insert", "fail_input", "")), before + 1);
}

TEST_F(MethodMetricsTest, ADroppedCollectionIsLetGoAndCountsAnewWhenItComesBack) {
  Insert("dropped", 1, Code::kOk);
  Insert("dropped", 1, Code::kOk);
  Drop("dropped");
  EXPECT_EQ(RenderMetrics().find("\"dropped\""), std::string::npos);
  Insert("dropped", 1, Code::kOk);
  EXPECT_EQ(ValueOf(Requests("Insert", "success", "dropped")), 1);
}

TEST_F(MethodMetricsTest, CollectionsAreBounded) {
  for (size_t i = 0; i < MethodMetrics::kCollectionsMax + 10; ++i)
    Insert("many_" + std::to_string(i), 1, Code::kOk);
  EXPECT_EQ(RenderMetrics().find("many_" + std::to_string(MethodMetrics::kCollectionsMax + 9)),
            std::string::npos);
}

}  // namespace
}  // namespace elanus::server
