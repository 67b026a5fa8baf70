// What an analyzer makes of texts.
#include <milvus/ops.pb.h>

#include "server/milvus/request.h"
#include "server/milvus/service.h"
#include "text/analyzer.h"

namespace elanus::server {
namespace {

gateway::AnalysisRequest Decode(const std::string& database, const pb::RunAnalyzerRequest& in) {
  gateway::AnalysisRequest out;
  out.params = in.analyzer_params();
  out.database = database;
  out.collection = in.collection_name();
  out.field = in.field_name();
  out.analyzer_names.assign(in.analyzer_names().begin(), in.analyzer_names().end());
  out.texts.assign(in.placeholder().begin(), in.placeholder().end());
  return out;
}

}  // namespace

void RegisterText(const MilvusService* service, RpcTable* table) {
  table->Add("RunAnalyzer",
             [=](Call& call, const pb::RunAnalyzerRequest& request,
                 pb::RunAnalyzerResponse* response) -> Status {
               const auto answers = TRY(service->gateway->RunAnalyzer(
                   Decode(DatabaseOf(call, request.db_name()), request)));
               for (const auto& tokens : answers) {
                 pb::AnalyzerResult* result = response->add_results();
                 for (const gateway::AnalyzedToken& one : tokens) {
                   pb::AnalyzerToken* token = result->add_tokens();
                   token->set_token(one.text);
                   if (request.with_hash()) token->set_hash(text::HashOfTerm(one.text));
                   if (!request.with_detail()) continue;
                   token->set_start_offset(one.begin);
                   token->set_end_offset(one.end);
                   token->set_position(one.position);
                   token->set_position_length(one.length);
                 }
               }
               return {};
             });
}

}  // namespace elanus::server
