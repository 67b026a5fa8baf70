// The checks of an index declaration and of search parameters on vector fields, and what AUTOINDEX
// means.
#include <algorithm>

#include "index/params.h"
#include "index/vector_index.h"

namespace elanus::index {
namespace {

Status InvalidParams(const std::string& message) {
  return FailWith(Code::kParameterInvalid, message,
                  {{"expected", "valid index params"}, {"actual", "invalid index params"}});
}

// Clients send absent values as these.
bool Absent(const std::string& text) { return text.empty() || text == "None" || text == "null"; }

// May accompany any index, AUTOINDEX included.
bool IsStorageKey(std::string_view key) {
  return key == "index_type" || key == "metric_type" || key == "mmap.enabled" || key == "warmup" ||
         key == "indexoffsetcache.enabled" || key == "dim";
}

Status CheckMetric(const std::string& type, const Field& field, Metric metric,
                   const Properties& params) {
  const std::string* given = FindProperty(params, "metric_type");
  if (metric == Metric::kNone && (given == nullptr || given->empty())) {
    return InvalidParams("metric type not set for vector index");
  }
  const std::string name = metric == Metric::kNone ? *given : std::string(NameOf(metric));
  switch (TypeBitOf(field.type)) {
    case kFloatBit:
    case kHalfBit:
      if (metric == Metric::kL2 || metric == Metric::kIP || metric == Metric::kCosine) return {};
      return InvalidParams("float vector index does not support metric type: " + name);
    case kInt8Bit:
      if (metric == Metric::kL2 || metric == Metric::kIP || metric == Metric::kCosine) return {};
      return InvalidParams("int vector index does not support metric type: " + name);
    case kBinaryBit:
      if (metric == Metric::kHamming || metric == Metric::kJaccard) return {};
      if (IsStructure(metric) && type == "BIN_FLAT") return {};
      if (IsStructure(metric)) {
        return InvalidParams("metric type " + name +
                             " not found or not supported, supported: [HAMMING JACCARD]");
      }
      if (name == "MHJACCARD") {
        return Status(Code::kUnimplemented,
                      "metric type " + name +
                          " is not built yet; binary vectors have HAMMING, JACCARD, SUBSTRUCTURE "
                          "and SUPERSTRUCTURE");
      }
      return InvalidParams("binary vector index does not support metric type: " + name);
    case kSparseBit:
      if (field.made && metric == Metric::kBm25) return {};
      if (field.made) {
        return Fail(Code::kParameterInvalid,
                    "index metric type of BM25 function output field must be BM25, got " + name);
      }
      if (metric == Metric::kIP) return {};
      if (metric == Metric::kBm25)
        return InvalidParams("only BM25 Function output field support BM25 metric type");
      return InvalidParams("only IP&BM25 is the supported metric type for sparse index");
    default:
      return Fail(Code::kParameterInvalid, "field '" + field.name + "' of type " +
                                               std::string(NameOf(field.type)) +
                                               " cannot have a vector index");
  }
}

// What several parameters say together.
Status CheckTogether(const IndexTypeRule& rule, const Field& field, Metric metric,
                     const Properties& params) {
  // How postings are stored: checked, and the choice stays ours.
  if (const std::string* text = FindProperty(params, "quant_type");
      text != nullptr && field.type == DataType::kSparseFloatVector) {
    static constexpr std::string_view kOfWeights[] = {"fp32", "fp16"};
    static constexpr std::string_view kOfCounts[] = {"u32", "u16"};
    TRY(CheckAmong(metric == Metric::kBm25 ? kOfCounts : kOfWeights, "quant_type", *text));
  }
  if (rule.name == "IVF_PQ" || rule.name == "HNSW_PQ" || rule.name == "HNSW_PRQ") {
    const std::string* text = FindProperty(params, "m");
    const bool given = text != nullptr && !Absent(*text);
    if (!given && rule.name == "IVF_PQ")
      return Fail(Code::kParameterInvalid, "param 'm' not exist in json");
    const int64_t m = given                     ? IntParam(params, "m", 0)
                      : rule.name == "HNSW_PQ"  ? 32
                      : rule.name == "HNSW_PRQ" ? 2
                                                : 1;
    if (m > 0 && field.dim % m != 0) {
      return Fail(Code::kParameterInvalid,
                  "The dimension of a vector (dim) should be a multiple of the number of "
                  "subquantizers (m).");
    }
  }
  if (rule.name == "SCANN") {
    const int64_t sub_dim = IntParam(params, "sub_dim", 2);
    if (FindProperty(params, "sub_dim") != nullptr && sub_dim > 0 && field.dim % sub_dim != 0) {
      return Fail(Code::kParameterInvalid,
                  "The dimension of a vector (dim) should be a multiple of sub_dim");
    }
  }
  return {};
}

}  // namespace

Status CheckBuildParams(const Field& field, const std::string& type, Metric metric,
                        const Properties& params) {
  const IndexTypeRule* rule = FindIndexType(type);
  if (rule == nullptr && !IsScalarIndexType(type)) {
    return FailWith(Code::kParameterInvalid,
                    {{"expected", "valid index"}, {"actual", "invalid index type: " + type}});
  }
  if (rule != nullptr && rule->name == "AUTOINDEX") {
    for (const auto& [key, value] : params) {
      if (!IsStorageKey(key)) {
        return Fail(Code::kParameterInvalid, "only metric type can be passed when use AutoIndex");
      }
    }
  }
  const std::string* given = FindProperty(params, "metric_type");
  const bool defaulted =
      rule != nullptr && rule->name == "AUTOINDEX" && (given == nullptr || given->empty());
  if (!(defaulted && metric == Metric::kNone)) TRY(CheckMetric(type, field, metric, params));
  if (rule == nullptr || (rule->types & TypeBitOf(field.type)) == 0) {
    return Fail(Code::kParameterInvalid, "data type " + std::string(NameOf(field.type)) +
                                             " can't build with this index " + type);
  }
  for (const ParamRule& param : rule->build) {
    const std::string* text = FindProperty(params, param.key);
    if (text != nullptr && !Absent(*text)) TRY(CheckBuildValue(param, *text));
  }
  TRY(CheckTogether(*rule, field, metric, params));
  if (!rule->built) {
    return Fail(Code::kIndexNotSupported,
                "index type " + type + " is not in this build; it has " + BuiltIndexTypes());
  }
  return {};
}

Result<SearchParams> CheckSearchParams(const std::string& type, const Field& field, int64_t k,
                                       const std::vector<std::pair<std::string, Value>>& params) {
  SearchParams out;
  const IndexTypeRule* rule = FindIndexType(type);
  if (rule == nullptr) {
    return Fail(Code::kParameterInvalid,
                "invalid index type: " + type + " on field '" + field.name + "'");
  }
  for (const auto& [key, value] : params) {
    const auto param = std::find_if(rule->search.begin(), rule->search.end(),
                                    [&name = key](const ParamRule& p) { return p.key == name; });
    if (param == rule->search.end()) continue;  // another index's, or not ours to judge
    const double number = TRY(CheckSearchValue(*param, value));
    const auto integer = static_cast<int64_t>(number);
    if (key == "ef" || key == "search_list" || key == "search_list_size" || key == "reorder_k") {
      if (integer < k && rule->name != "AUTOINDEX") {
        return Status(Code::kUnexpected, key + "(" + std::to_string(integer) +
                                             ") should be larger than k(" + std::to_string(k) +
                                             ")");
      }
    }
    if (key == "ef") out.ef = integer;
    if (key == "nprobe") out.nprobe = integer;
    if (key == "search_list" || key == "search_list_size") out.search_list = integer;
    if (key == "beamwidth") out.beamwidth = integer;
    if (key == "reorder_k") out.reorder_k = integer;
    if (key == "drop_ratio_search") out.drop_ratio_search = number;
    if (key == "refine_k") out.refine_k = number;
    if (key == "max_empty_result_buckets") out.max_empty_lists = integer;
    if (key == "rbq_bits_query") out.rbq_bits_query = integer;
    if (key == "search_k" && integer > 0) out.ef = std::max(integer, k);
  }
  return out;
}

Metric DefaultMetric(DataType type) {
  if (type == DataType::kBinaryVector) return Metric::kHamming;
  if (type == DataType::kSparseFloatVector) return Metric::kIP;
  return Metric::kCosine;
}

BuildSpec ResolveSpec(const Field& field, const IndexInfo& info) {
  BuildSpec spec;
  spec.metric = info.metric == Metric::kNone ? DefaultMetric(field.type) : info.metric;
  if (info.type != "AUTOINDEX" && !info.type.empty()) {
    spec.type = info.type;
    for (const auto& [key, value] : info.params) {
      if (!Absent(value)) spec.params.emplace_back(key, value);
    }
    // Names of old or of growing data's indexes: the same engine under its own name.
    if (spec.type == "SPARSE_WAND") spec.type = "SPARSE_INVERTED_INDEX";
    if (spec.type == "ANNOY") spec.type = "HNSW";
    if (spec.type == "IVF_FLAT_CC") spec.type = "IVF_FLAT";
    if (spec.type == "IVF_SQ_CC") spec.type = "IVF_SQ8";
    if (spec.type == "IVF_RABITQ_FASTSCAN") spec.type = "IVF_RABITQ";
    return spec;
  }
  switch (TypeBitOf(field.type)) {
    case kBinaryBit:
      spec.type = "BIN_IVF_FLAT";
      spec.params = {{"nlist", "1024"}, {"nprobe", "32"}};
      break;
    case kSparseBit:
      spec.type = "SPARSE_INVERTED_INDEX";
      break;
    default:
      // "ef" is what a search without one gets.
      spec.type = "HNSW";
      spec.params = {
          {"M", "18"}, {"efConstruction", "240"}, {"ef", "100"}, {"graph_profile", "lean"}};
  }
  return spec;
}

}  // namespace elanus::index
