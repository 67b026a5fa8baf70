// Imports, snapshots, external collections, segments and analyzers: their requests are checked as
// Milvus checks them; what has no RPC to run answers that it is not built.
#include "server/rest/route.h"

namespace elanus::server {
namespace {

constexpr Param kImportParams[] = {{"dbName", ParamKind::kString},
                                   {"collectionName", ParamKind::kString, true},
                                   {"partitionName", ParamKind::kString},
                                   {"files", ParamKind::kList, true},
                                   {"options", ParamKind::kStringMap}};
constexpr Shape kImport{"Import", kImportParams};
constexpr Param kJobParams[] = {{"jobId", ParamKind::kString, true}};
constexpr Shape kJob{"Job", kJobParams};
constexpr Param kNumberedJobParams[] = {{"jobId", ParamKind::kInt64, true}};
constexpr Shape kNumberedJob{"NumberedJob", kNumberedJobParams};
constexpr Param kRestoreParams[] = {{"dbName", ParamKind::kString},
                                    {"targetCollectionName", ParamKind::kString, true},
                                    {"snapshotMetadataURI", ParamKind::kString, true},
                                    {"externalSpec", ParamKind::kString}};
constexpr Shape kRestore{"RestoreExternalSnapshot", kRestoreParams};
constexpr Param kExportParams[] = {{"dbName", ParamKind::kString},
                                   {"collectionName", ParamKind::kString, true},
                                   {"snapshotName", ParamKind::kString, true},
                                   {"targetS3Path", ParamKind::kString, true},
                                   {"externalSpec", ParamKind::kString}};
constexpr Shape kExport{"ExportSnapshot", kExportParams};
constexpr Param kRefreshParams[] = {{"dbName", ParamKind::kString},
                                    {"collectionName", ParamKind::kString, true},
                                    {"externalSource", ParamKind::kString},
                                    {"externalSpec", ParamKind::kString}};
constexpr Shape kRefresh{"RefreshExternalCollection", kRefreshParams};
constexpr Param kSegmentsParams[] = {{"dbName", ParamKind::kString},
                                     {"collectionID", ParamKind::kInt64},
                                     {"segmentIDs", ParamKind::kList}};
constexpr Shape kSegments{"Segments", kSegmentsParams};
constexpr Shape kEmpty{"Empty", {}};
constexpr Param kAnalyzerParams[] = {
    {"dbName", ParamKind::kString},      {"analyzerParams", ParamKind::kString},
    {"text", ParamKind::kStrings, true}, {"withDetail", ParamKind::kBool},
    {"withHash", ParamKind::kBool},      {"collectionName", ParamKind::kString},
    {"fieldName", ParamKind::kString},   {"analyzerNames", ParamKind::kStrings}};
constexpr Shape kAnalyzer{"RunAnalyzer", kAnalyzerParams};

Status RunAnalyzer(RestCall& call, const Json& body) {
  auto request = Named<pb::RunAnalyzerRequest>(call, body);
  request.set_analyzer_params(body["analyzerParams"].String());
  for (const std::string& text : body["text"].Strings()) request.add_placeholder(text);
  request.set_with_detail(body["withDetail"].boolean);
  request.set_with_hash(body["withHash"].boolean);
  request.set_field_name(body["fieldName"].String());
  for (std::string& name : body["analyzerNames"].Strings())
    request.add_analyzer_names(std::move(name));
  pb::RunAnalyzerResponse response;
  TRY(call.Run("RunAnalyzer", request, &response));
  const auto append_token = [&](const pb::AnalyzerToken& token, std::string* out) {
    JsonObject object(out);
    object.Add("token", token.token());
    if (request.with_detail()) {
      object.Add("startOffset", token.start_offset())
          .Add("endOffset", token.end_offset())
          .Add("position", token.position())
          .Add("positionLength", token.position_length());
    }
    if (request.with_hash()) object.Add("hash", static_cast<int64_t>(token.hash()));
  };
  JsonObject data(call.Data());
  AppendArray(response.results(), data.Key("results"), [&](const auto& result, std::string* out) {
    JsonObject object(out);
    AppendArray(result.tokens(), object.Key("tokens"), append_token);
  });
  return {};
}

#define PATH(op) "/v2/vectordb/" op
constexpr Route kRoutes[] = {
    {"POST", PATH("jobs/import/create"), "Import", &kImport, nullptr},
    {"POST", PATH("jobs/import/list"), "ListImportTasks", &kOptionalCollectionShape, nullptr},
    {"POST", PATH("jobs/import/describe"), "GetImportState", &kJob, nullptr},
    {"POST", PATH("jobs/import/get_progress"), "GetImportState", &kJob, nullptr},
    {"POST", PATH("jobs/import/commit"), "CommitImport", &kJob, nullptr},
    {"POST", PATH("jobs/import/abort"), "AbortImport", &kJob, nullptr},
    {"POST", PATH("jobs/snapshot/restore_external"), "RestoreExternalSnapshot", &kRestore, nullptr},
    {"POST", PATH("jobs/snapshot/export"), "ExportSnapshot", &kExport, nullptr},
    {"POST", PATH("jobs/snapshot/describe"), "GetRestoreSnapshotState", &kJob, nullptr},
    {"POST", PATH("jobs/snapshot/list"), "ListRestoreSnapshotJobs", &kOptionalCollectionShape,
     nullptr},
    {"POST", PATH("jobs/external_collection/refresh"), "RefreshExternalCollection", &kRefresh,
     nullptr},
    {"POST", PATH("jobs/external_collection/describe"), "GetRefreshExternalCollectionProgress",
     &kNumberedJob, nullptr},
    {"POST", PATH("jobs/external_collection/list"), "ListRefreshExternalCollectionJobs",
     &kOptionalCollectionShape, nullptr},
    {"POST", PATH("segments/describe"), "GetSegmentsInfo", &kSegments, nullptr},
    {"POST", PATH("quotacenter/describe"), "GetQuotaMetrics", &kEmpty, nullptr},
    {"POST", PATH("common/run_analyzer"), "RunAnalyzer", &kAnalyzer, RunAnalyzer},
};
#undef PATH

}  // namespace

std::span<const Route> JobRoutes() { return kRoutes; }

}  // namespace elanus::server
