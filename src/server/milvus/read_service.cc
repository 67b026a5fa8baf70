// Search, hybrid search, query.
#include <milvus/dml.pb.h>

#include "server/milvus/request.h"
#include "server/milvus/service.h"
#include "server/milvus/wire_buckets.h"
#include "server/milvus/wire_columns.h"
#include "server/slow_request.h"

namespace elanus::server {
namespace {

template <typename Request>
Status DecodeReadOptions(const Call& call, const Request& request, const std::string& filter,
                         gateway::ReadOptions* out) {
  out->database = DatabaseOf(call, request.db_name());
  out->collection = request.collection_name();
  out->partitions.assign(request.partition_names().begin(), request.partition_names().end());
  out->output_fields.assign(request.output_fields().begin(), request.output_fields().end());
  out->filter = filter;
  for (const auto& [name, value] : request.expr_template_values())
    out->templates[name] = TRY(DecodeTemplate(value));
  out->consistency = static_cast<ConsistencyLevel>(request.consistency_level());
  out->use_default_consistency = request.use_default_consistency();
  out->guarantee = request.guarantee_timestamp();
  return {};
}

Status CheckTogether(const pb::SearchRequest& request) {
  if (request.has_highlighter() && request.has_search_aggregation()) {
    return Fail(Code::kParameterInvalid,
                "highlighter and search_aggregation cannot be used simultaneously");
  }
  return {};
}

Value DecodeChainParam(const pb_schema::FunctionParamValue& param) {
  switch (param.value_case()) {
    case pb_schema::FunctionParamValue::kBoolValue:
      return param.bool_value();
    case pb_schema::FunctionParamValue::kInt64Value:
      return int64_t{param.int64_value()};
    case pb_schema::FunctionParamValue::kDoubleValue:
      return param.double_value();
    case pb_schema::FunctionParamValue::kStringValue:
      return param.string_value();
    case pb_schema::FunctionParamValue::kArrayValue: {
      Value::Array values;
      for (const auto& value : param.array_value().values())
        values.push_back(DecodeChainParam(value));
      return values;
    }
    case pb_schema::FunctionParamValue::kObjectValue:
    case pb_schema::FunctionParamValue::kBytesValue:
    case pb_schema::FunctionParamValue::VALUE_NOT_SET:
      break;
  }
  return {};
}

gateway::ChainParams DecodeChainParams(
    const google::protobuf::Map<std::string, pb_schema::FunctionParamValue>& params) {
  gateway::ChainParams out;
  for (const auto& [name, value] : params) out[name] = DecodeChainParam(value);
  return out;
}

gateway::FunctionChain DecodeChain(const pb_schema::FunctionChain& chain) {
  gateway::FunctionChain out;
  out.stage = chain.stage();
  for (const pb_schema::FunctionChainOp& op : chain.ops()) {
    gateway::FunctionChain::Op& one = out.ops.emplace_back();
    one.name = op.op();
    one.inputs.assign(op.inputs().begin(), op.inputs().end());
    one.outputs.assign(op.outputs().begin(), op.outputs().end());
    one.params = DecodeChainParams(op.params());
    if (!op.has_expr()) continue;
    one.expr.emplace();
    one.expr->name = op.expr().name();
    one.expr->params = DecodeChainParams(op.expr().params());
    for (const pb_schema::FunctionChainExprArg& arg : op.expr().args()) {
      one.expr->args.push_back(arg.has_column() ? std::optional(arg.column().name())
                                                : std::nullopt);
    }
  }
  return out;
}

gateway::FunctionScore DecodeFunctionScore(const pb_schema::FunctionScore& score) {
  gateway::FunctionScore out;
  out.params = ToProperties(score.params());
  for (const pb_schema::FunctionSchema& function : score.functions()) {
    gateway::RankFunction& one = out.functions.emplace_back();
    one.inputs.assign(function.input_field_names().begin(), function.input_field_names().end());
    one.params = ToProperties(function.params());
  }
  return out;
}

Result<gateway::Search> DecodeSearch(const Call& call, const pb::SearchRequest& request) {
  gateway::Search search;
  TRY(CheckTogether(request));
  TRY(DecodeReadOptions(call, request, request.dsl(), &search));
  search.params = ToProperties(request.search_params());
  search.nq = request.nq();
  search.function_score = DecodeFunctionScore(request.function_score());
  for (const auto& chain : request.function_chains()) search.chains.push_back(DecodeChain(chain));
  if (request.has_search_aggregation())
    search.aggregation = DecodeAggregation(request.search_aggregation());
  if (request.has_highlighter()) {
    search.highlight = gateway::HighlightRequest{
        request.highlighter().type() == pb_common::HighlightType::Semantic,
        ToProperties(request.highlighter().params())};
  }
  if (request.has_ids()) {
    search.ids = DecodeIds(request.ids());
  } else {
    search.queries = TRY(DecodePlaceholders(request.placeholder_group()));
  }
  return search;
}

Status EncodeColumns(const std::vector<gateway::OutputColumn>& columns, const std::string& timezone,
                     google::protobuf::RepeatedPtrField<pb_schema::FieldData>* out) {
  for (const gateway::OutputColumn& column : columns)
    TRY(EncodeColumn(column, timezone, out->Add()));
  return {};
}

Status EncodeSearchAnswer(const gateway::SearchAnswer& answer, pb::SearchResults* response) {
  pb_schema::SearchResultData* results = response->mutable_results();
  response->set_collection_name(answer.collection);
  response->set_session_ts(answer.session_ts);
  results->set_num_queries(answer.num_queries);
  if (answer.aggregation) return EncodeBuckets(answer, results);
  results->set_top_k(answer.top_k);
  for (const int64_t count : answer.counts) results->add_topks(count);
  results->mutable_scores()->Add(answer.scores.begin(), answer.scores.end());
  EncodeIds(answer.ids, results->mutable_ids());
  TRY(EncodeColumns(answer.columns, answer.timezone, results->mutable_fields_data()));
  for (const std::string& field : answer.output_fields) results->add_output_fields(field);
  results->set_primary_field_name(answer.primary_field);
  results->set_all_search_count(answer.rows_searched);
  if (answer.groups_singular) {
    TRY(EncodeColumn(answer.groups[0], answer.timezone, results->mutable_group_by_field_value()));
  } else {
    TRY(EncodeColumns(answer.groups, answer.timezone, results->mutable_group_by_field_values()));
  }
  for (const gateway::HighlightedField& field : answer.highlights) {
    auto* out = results->add_highlight_results();
    out->set_field_name(field.name);
    for (const auto& pieces : field.rows)
      out->add_datas()->mutable_fragments()->Assign(pieces.begin(), pieces.end());
  }
  if (answer.next_page) {
    results->mutable_search_iterator_v2_results()->set_token(answer.next_page->token);
    results->mutable_search_iterator_v2_results()->set_last_bound(answer.next_page->last_bound);
  }
  return {};
}

}  // namespace

void RegisterReads(const MilvusService* service, RpcTable* table) {
  gateway::Gateway* gateway = service->gateway;

  table->Add(
      "Search",
      [=](Call& call, const pb::SearchRequest& request, pb::SearchResults* response) -> Status {
        const SlowRequest slow(service->slow_request_ms, &call, request.collection_name(),
                               request.dsl());
        const gateway::SearchAnswer answer =
            TRY(gateway->RunSearch(call.context, TRY(DecodeSearch(call, request))));
        call.vectors = answer.num_queries;
        return EncodeSearchAnswer(answer, response);
      },
      Runs::kWhereItArrives);
  table->Add(
      "HybridSearch",
      [=](Call& call, const pb::HybridSearchRequest& request,
          pb::SearchResults* response) -> Status {
        const SlowRequest slow(service->slow_request_ms, &call, request.collection_name(),
                               request.requests_size() > 0 ? request.requests(0).dsl() : "");
        gateway::HybridSearch hybrid;
        hybrid.database = DatabaseOf(call, request.db_name());
        hybrid.collection = request.collection_name();
        hybrid.partitions.assign(request.partition_names().begin(),
                                 request.partition_names().end());
        hybrid.output_fields.assign(request.output_fields().begin(), request.output_fields().end());
        hybrid.rank_params = ToProperties(request.rank_params());
        hybrid.function_score = DecodeFunctionScore(request.function_score());
        hybrid.consistency = static_cast<ConsistencyLevel>(request.consistency_level());
        hybrid.use_default_consistency = request.use_default_consistency();
        hybrid.guarantee = request.guarantee_timestamp();
        for (const auto& chain : request.function_chains())
          hybrid.chains.push_back(DecodeChain(chain));
        for (const pb::SearchRequest& sub : request.requests()) {
          gateway::Search search = TRY(DecodeSearch(call, sub));
          search.database = hybrid.database;
          search.collection = hybrid.collection;
          hybrid.searches.push_back(std::move(search));
        }
        const gateway::SearchAnswer answer = TRY(gateway->RunHybridSearch(call.context, hybrid));
        call.vectors = answer.num_queries;
        return EncodeSearchAnswer(answer, response);
      },
      Runs::kWhereItArrives);
  table->Add(
      "Query",
      [=](Call& call, const pb::QueryRequest& request, pb::QueryResults* response) -> Status {
        const SlowRequest slow(service->slow_request_ms, &call, request.collection_name(),
                               request.expr());
        gateway::Query query;
        TRY(DecodeReadOptions(call, request, request.expr(), &query));
        query.params = ToProperties(request.query_params());
        const gateway::QueryAnswer answer = TRY(gateway->RunQuery(call.context, query));
        TRY(EncodeColumns(answer.columns, answer.timezone, response->mutable_fields_data()));
        if (answer.count) {
          pb_schema::FieldData* count = response->add_fields_data();
          count->set_type(pb_schema::DataType::Int64);
          count->set_field_name("count(*)");
          count->mutable_scalars()->mutable_long_data()->add_data(*answer.count);
        }
        for (const std::string& field : answer.output_fields) response->add_output_fields(field);
        response->set_primary_field_name(answer.primary_field);
        response->set_collection_name(answer.collection);
        response->set_session_ts(answer.session_ts);
        return {};
      },
      Runs::kWhereItArrives);
}

}  // namespace elanus::server
