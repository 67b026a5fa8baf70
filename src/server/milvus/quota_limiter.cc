#include "server/milvus/quota_limiter.h"

#include <algorithm>
#include <array>
#include <optional>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <milvus/dml.pb.h>

#include "base/metrics.h"
#include "server/milvus/request.h"

namespace elanus::server {
namespace {

using gateway::Use;
using google::protobuf::FieldDescriptor;

std::optional<Use> UseOf(std::string_view rpc) {
  struct Row {
    std::string_view rpc;
    Use use;
  };
  static constexpr Row kRows[] = {{"Search", Use::kSearch},
                                  {"HybridSearch", Use::kSearch},
                                  {"Query", Use::kQuery},
                                  {"Insert", Use::kInsert},
                                  {"Upsert", Use::kInsert},
                                  {"Delete", Use::kDelete},
                                  {"CreateCollection", Use::kCollectionDdl},
                                  {"DropCollection", Use::kCollectionDdl},
                                  {"LoadCollection", Use::kCollectionDdl},
                                  {"ReleaseCollection", Use::kCollectionDdl},
                                  {"CreatePartition", Use::kPartitionDdl},
                                  {"DropPartition", Use::kPartitionDdl},
                                  {"LoadPartitions", Use::kPartitionDdl},
                                  {"ReleasePartitions", Use::kPartitionDdl},
                                  {"CreateIndex", Use::kIndex},
                                  {"DropIndex", Use::kIndex},
                                  {"Flush", Use::kFlush},
                                  {"ManualCompaction", Use::kCompaction},
                                  {"CreateDatabase", Use::kDatabaseDdl},
                                  {"DropDatabase", Use::kDatabaseDdl},
                                  {"AlterDatabase", Use::kDatabaseDdl}};
  for (const Row& row : kRows) {
    if (row.rpc == rpc) return row.use;
  }
  return std::nullopt;
}

// The texts of a field, one or several, borrowed from the message; none where it has no such field.
std::vector<std::string_view> Texts(const Message& message, const char* field_name) {
  std::vector<std::string_view> texts;
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(field_name);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return texts;
  const auto* reflection = message.GetReflection();
  std::string scratch;  // not used: strings are kept as strings
  if (!field->is_repeated()) {
    const std::string& text = reflection->GetStringReference(message, field, &scratch);
    if (!text.empty() && &text != &scratch) texts.push_back(text);
    return texts;
  }
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    const std::string& text = reflection->GetRepeatedStringReference(message, field, i, &scratch);
    if (&text != &scratch) texts.push_back(text);
  }
  return texts;
}

double VectorsOf(const Message& request) {
  const auto count = [](const pb::SearchRequest& search) {
    return std::max<int64_t>(1, search.nq());
  };
  if (request.GetDescriptor() == pb::SearchRequest::descriptor()) {
    return static_cast<double>(count(static_cast<const pb::SearchRequest&>(request)));
  }
  int64_t vectors = 0;
  for (const auto& search : static_cast<const pb::HybridSearchRequest&>(request).requests()) {
    vectors += count(search);
  }
  return static_cast<double>(vectors);
}

double AmountOf(Use use, const Message& request) {
  switch (use) {
    case Use::kInsert:
    case Use::kDelete:
      return static_cast<double>(request.ByteSizeLong());
    case Use::kSearch:
      return VectorsOf(request);
    case Use::kQuery:
    case Use::kCollectionDdl:
    case Use::kPartitionDdl:
    case Use::kIndex:
    case Use::kFlush:
    case Use::kCompaction:
    case Use::kDatabaseDdl:
      break;
  }
  return 1;
}

// How many requests were held against the quotas, by how it ended.
Counter& Counted(Use use, bool admitted) {
  static MetricFamily<Counter> family("milvus_proxy_rate_limit_req_count",
                                      "Requests that quotas count.",
                                      {"node_id", "msg_type", "status"});
  static const auto counters = [] {
    std::array<std::array<Counter*, 2>, gateway::kUses> all{};
    for (size_t i = 0; i < gateway::kUses; ++i) {
      const std::string name(gateway::NameOf(static_cast<Use>(i)));
      all[i] = {&family.With({"1", name, "fail"}), &family.With({"1", name, "success"})};
    }
    return all;
  }();
  return *counters[static_cast<size_t>(use)][admitted ? 1 : 0];
}

}  // namespace

bool QuotaLimiter::Counts(const Method& method) const { return UseOf(method.name).has_value(); }

Status QuotaLimiter::Admit(const Method& method, const Call& call, const Message& request) {
  const std::optional<Use> use = UseOf(method.name);
  if (!use.has_value()) return {};
  gateway::Quotas::Request asked;
  asked.use = *use;
  std::string database;
  for (const std::string_view text : Texts(request, "db_name")) database = text;
  database = DatabaseOf(call, database);
  asked.database = database;
  asked.collections = Texts(request, *use == Use::kFlush ? "collection_names" : "collection_name");
  const bool one = *use == Use::kInsert || *use == Use::kDelete;
  asked.partitions = Texts(request, one ? "partition_name" : "partition_names");
  asked.amount = [&] { return AmountOf(*use, request); };
  Status status = quotas_->Admit(asked);
  Counted(*use, status.ok()).Add();
  return status;
}

}  // namespace elanus::server
