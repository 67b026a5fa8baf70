#include "index/params.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include "base/text.h"

namespace elanus::index {
namespace {

constexpr double kIntMax = 2147483647;
constexpr double kFloatMax = std::numeric_limits<float>::max();

constexpr ParamRule kM = {"M", ParamKind::kInt, 2, 2048};
constexpr ParamRule kEfConstruction = {"efConstruction", ParamKind::kInt, 1, kIntMax};
constexpr ParamRule kEf = {"ef", ParamKind::kInt, 1, kIntMax};
constexpr ParamRule kNlist = {"nlist", ParamKind::kInt, 1, 65536};
constexpr ParamRule kNprobe = {"nprobe", ParamKind::kInt, 1, 65536};
constexpr ParamRule kRefine = {"refine", ParamKind::kBool};
constexpr ParamRule kRefineType = {"refine_type", ParamKind::kRefineType};
constexpr ParamRule kRefineTypeIvf = {"refine_type", ParamKind::kRefineTypeIvf};
constexpr ParamRule kRefineK = {"refine_k", ParamKind::kFloat, 1, kFloatMax};
constexpr ParamRule kSubquantizers = {"m", ParamKind::kInt, 1, 65536};
constexpr ParamRule kNbits = {"nbits", ParamKind::kInt, 1, 24};
constexpr ParamRule kSearchList = {"search_list", ParamKind::kInt, 1, kIntMax};
constexpr ParamRule kSearchListSize = {"search_list_size", ParamKind::kInt, 1, kIntMax};

constexpr ParamRule kHnswBuild[] = {kM, kEfConstruction};
constexpr ParamRule kHnswSearch[] = {kEf};
constexpr ParamRule kHnswSqBuild[] = {
    kM, kEfConstruction, {"sq_type", ParamKind::kSqType}, kRefine, kRefineType};
constexpr ParamRule kHnswPqBuild[] = {kM,     kEfConstruction, kSubquantizers,
                                      kNbits, kRefine,         kRefineType};
constexpr ParamRule kHnswPrqBuild[] = {
    kM,     kEfConstruction, kSubquantizers, {"nrq", ParamKind::kInt, 1, 16},
    kNbits, kRefine,         kRefineType};
constexpr ParamRule kHnswRefineSearch[] = {kEf, kRefineK};
constexpr ParamRule kIvfBuild[] = {kNlist};
constexpr ParamRule kIvfSearch[] = {kNprobe,
                                    {"max_empty_result_buckets", ParamKind::kInt, 1, 65536}};
constexpr ParamRule kIvfRefineSearch[] = {kNprobe, kIvfSearch[1], kRefineK};
constexpr ParamRule kIvfPqBuild[] = {kNlist, kSubquantizers, kNbits, kRefine, kRefineTypeIvf};
constexpr ParamRule kIvfSqBuild[] = {
    kNlist, {"sq_type", ParamKind::kSqType}, kRefine, kRefineTypeIvf};
constexpr ParamRule kIvfCcBuild[] = {kNlist, {"ssize", ParamKind::kInt, 32, 2048}};
constexpr ParamRule kRabitqBuild[] = {
    kNlist, {"rbq_bits", ParamKind::kInt, 1, 9}, kRefine, kRefineTypeIvf};
constexpr ParamRule kRabitqSearch[] = {
    kNprobe, kIvfSearch[1], {"rbq_bits_query", ParamKind::kInt, 0, 8}, kRefineK};
constexpr ParamRule kScannBuild[] = {
    kNlist, {"sub_dim", ParamKind::kInt, 1, 65536}, {"with_raw_data", ParamKind::kBool}};
constexpr ParamRule kScannSearch[] = {
    kNprobe, kIvfSearch[1], {"reorder_k", ParamKind::kInt, 1, kIntMax}};
constexpr ParamRule kDiskannBuild[] = {
    {"max_degree", ParamKind::kInt, 1, 2048},
    kSearchListSize,
    {"pq_code_budget_gb_ratio", ParamKind::kFloat, 0, kFloatMax},
    {"pq_code_budget_gb", ParamKind::kFloat, 0, kFloatMax},
    {"build_dram_budget_gb", ParamKind::kFloat, 0, kFloatMax},
    {"search_cache_budget_gb_ratio", ParamKind::kFloat, 0, kFloatMax},
    {"search_cache_budget_gb", ParamKind::kFloat, 0, kFloatMax},
    {"disk_pq_dims", ParamKind::kInt, 0, kIntMax}};
constexpr ParamRule kDiskannSearch[] = {
    kSearchList, kSearchListSize, {"beamwidth", ParamKind::kInt, 1, 128}};
constexpr ParamRule kAisaqBuild[] = {kDiskannBuild[0],
                                     kDiskannBuild[1],
                                     {"inline_pq", ParamKind::kInt, -1, 2048},
                                     {"rearrange", ParamKind::kBool},
                                     {"num_entry_points", ParamKind::kInt, 0, 1000}};
constexpr ParamRule kAisaqSearch[] = {kSearchList,
                                      kSearchListSize,
                                      {"beamwidth", ParamKind::kInt, 1, 16},
                                      {"vectors_beamwidth", ParamKind::kInt, 1, 4}};
constexpr ParamRule kAnnoyBuild[] = {{"n_trees", ParamKind::kInt, 1, 1024}};
constexpr ParamRule kAnnoySearch[] = {{"search_k", ParamKind::kInt, -1, kIntMax}};
constexpr ParamRule kSvsBuild[] = {{"svs_graph_max_degree", ParamKind::kInt, 4, 256},
                                   {"svs_construction_window_size", ParamKind::kInt, 1, kIntMax},
                                   {"svs_alpha", ParamKind::kFloat, 0, kFloatMax}};
constexpr ParamRule kSvsSearch[] = {{"svs_search_window_size", ParamKind::kInt, 1, kIntMax}};
constexpr ParamRule kMinhashBuild[] = {{"mh_lsh_band", ParamKind::kInt, 1, 65536},
                                       {"mh_element_bit_width", ParamKind::kInt, 8, 256},
                                       {"with_raw_data", ParamKind::kBool}};
constexpr ParamRule kMinhashSearch[] = {{"mh_search_with_jaccard", ParamKind::kBool}, kRefineK};
constexpr ParamRule kSparseBuild[] = {{"inverted_index_algo", ParamKind::kSparseAlgo},
                                      {"bm25_k1", ParamKind::kFloat, 0, 3},
                                      {"bm25_b", ParamKind::kFloat, 0, 1},
                                      {"drop_ratio_build", ParamKind::kFloatBelow, 0, 1},
                                      {"sindi_window_size", ParamKind::kInt, 1024, 65535},
                                      {"block_max_block_size", ParamKind::kInt, 1, kIntMax},
                                      {"inverted_index_codec", ParamKind::kSparseCodec}};
constexpr ParamRule kSparseSearch[] = {{"drop_ratio_search", ParamKind::kFloatBelow, 0, 1},
                                       {"dim_max_score_ratio", ParamKind::kFloat, 0.5, 1.3}};
constexpr ParamRule kAutoSearch[] = {kEf, kNprobe, kSparseSearch[0]};

constexpr uint32_t kFloats = kFloatBit | kHalfBit;
constexpr uint32_t kGraphTypes = kFloats | kInt8Bit;

// In the order in which errors name them.
constexpr IndexTypeRule kIndexTypes[] = {
    {"AUTOINDEX", kGraphTypes | kBinaryBit | kSparseBit, true, {}, kAutoSearch},
    {"FLAT", kFloats, true, {}, {}},
    {"IVF_FLAT", kFloats, true, kIvfBuild, kIvfSearch},
    {"IVF_SQ8", kFloats, true, kIvfSqBuild, kIvfRefineSearch},
    {"IVF_PQ", kFloats, true, kIvfPqBuild, kIvfRefineSearch},
    {"IVF_FLAT_CC", kFloats, true, kIvfCcBuild, kIvfSearch},
    {"IVF_SQ_CC", kFloats, true, kIvfCcBuild, kIvfRefineSearch},
    {"IVF_RABITQ", kFloats, true, kRabitqBuild, kRabitqSearch},
    {"IVF_RABITQ_FASTSCAN", kFloats, true, kRabitqBuild, kRabitqSearch},
    {"SCANN", kFloats, true, kScannBuild, kScannSearch},
    {"HNSW", kGraphTypes | kBinaryBit, true, kHnswBuild, kHnswSearch},
    {"HNSW_SQ", kGraphTypes, true, kHnswSqBuild, kHnswRefineSearch},
    {"HNSW_PQ", kGraphTypes, true, kHnswPqBuild, kHnswRefineSearch},
    {"HNSW_PRQ", kGraphTypes, true, kHnswPrqBuild, kHnswRefineSearch},
    {"ANNOY", kFloatBit, true, kAnnoyBuild, kAnnoySearch},
    {"DISKANN", kFloats, true, kDiskannBuild, kDiskannSearch},
    {"BIN_FLAT", kBinaryBit, true, {}, {}},
    {"BIN_IVF_FLAT", kBinaryBit, true, kIvfBuild, kIvfSearch},
    {"SPARSE_INVERTED_INDEX", kSparseBit, true, kSparseBuild, kSparseSearch},
    {"SPARSE_WAND", kSparseBit, true, kSparseBuild, kSparseSearch},
    {"AISAQ", kFloats, false, kAisaqBuild, kAisaqSearch},
    {"MINHASH_LSH", kBinaryBit, false, kMinhashBuild, kMinhashSearch},
    {"FAISS", kFloatBit | kBinaryBit, false, {}, {}},
    {"SVS_FLAT", kFloats, false, {}, {}},
    {"SVS_VAMANA", kFloats, false, kSvsBuild, kSvsSearch},
    {"SVS_VAMANA_LVQ", kFloats, false, kSvsBuild, kSvsSearch},
    {"SVS_VAMANA_LEANVEC", kFloats, false, kSvsBuild, kSvsSearch},
    {"SVS_IVF", kFloats, false, kIvfBuild, kIvfSearch},
    {"SVS_IVF_LEANVEC", kFloats, false, kIvfBuild, kIvfSearch},
};

constexpr std::string_view kScalarTypes[] = {"INVERTED", "STL_SORT", "TRIE", "Trie",
                                             "BITMAP",   "NGRAM",    "RTREE"};

constexpr std::string_view kSparseAlgos[] = {
    "TAAT_NAIVE", "DAAT_WAND", "DAAT_MAXSCORE", "BLOCK_MAX_MAXSCORE", "BLOCK_MAX_WAND", "SINDI"};

constexpr std::string_view kSparseCodecs[] = {"block_streamvbyte", "block_maskedvbyte"};

bool OneOf(const std::string& text, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

std::optional<int64_t> ParseInt(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return v;
}

std::optional<double> ParseFloat(std::string_view text) {
  double v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc() || end != text.data() + text.size() || std::isnan(v))
    return std::nullopt;
  return v;
}

// A double as JSON writes it: "16.0", "0.5", "-1.0".
std::string FloatText(double v) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, v);
  std::string text(buffer, end);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string JsonText(const Value& v) {
  if (v.is_null()) return "null";
  if (v.is_bool()) return v.as_bool() ? "true" : "false";
  if (v.is_int()) return std::to_string(v.as_int());
  if (v.is_double()) return FloatText(v.as_double());
  if (v.is_string()) return '"' + v.as_string() + '"';
  std::string text = "[";
  for (const Value& e : v.as_array()) text += (text.size() > 1 ? "," : "") + JsonText(e);
  return text + "]";
}

std::string RangeText(const ParamRule& rule) {
  char buffer[400];
  if (rule.kind == ParamKind::kInt) {
    std::snprintf(buffer, sizeof buffer, "[%.0f, %.0f]", rule.low, rule.high);
  } else {
    std::snprintf(buffer, sizeof buffer, "[%f, %f%c", rule.low, rule.high,
                  rule.kind == ParamKind::kFloatBelow ? ')' : ']');
  }
  return buffer;
}

bool InRange(const ParamRule& rule, double v) {
  if (rule.kind == ParamKind::kFloatBelow) return v >= rule.low && v < rule.high;
  return v >= rule.low && v <= rule.high;
}

std::string OutOfRange(const ParamRule& rule, const std::string& value) {
  return "Out of range in json: param '" + std::string(rule.key) + "' (" + value +
         ") should be in range " + RangeText(rule);
}

std::string Malformed(std::string_view what, const ParamRule& rule, const std::string& value) {
  return std::string(what) + ", key: '" + std::string(rule.key) + "', value: '" + value + "'";
}

Status CheckInt(const ParamRule& rule, const std::string& text) {
  if (const auto v = ParseInt(text)) {
    if (InRange(rule, static_cast<double>(*v))) return {};
    return Fail(Code::kParameterInvalid, OutOfRange(rule, std::to_string(*v)));
  }
  const bool number = ParseFloat(text).has_value();
  return Fail(Code::kParameterInvalid,
              Malformed(number ? "wrong data type in json" : "invalid integer value", rule, text));
}

Status CheckFloat(const ParamRule& rule, const std::string& text) {
  const auto v = ParseFloat(text);
  if (!v) return Fail(Code::kParameterInvalid, Malformed("invalid float value", rule, text));
  if (!InRange(rule, *v)) return Fail(Code::kParameterInvalid, OutOfRange(rule, FloatText(*v)));
  return {};
}

Status CheckRefineType(const std::string& text, bool with_sq4u) {
  const std::string lower = Lower(text);
  if (OneOf(lower, {"sq6", "sq8", "fp16", "bf16", "fp32", "flat"}) ||
      (with_sq4u && lower == "sq4u"))
    return {};
  return Fail(Code::kParameterInvalid, "invalid refine type : " + text + ", optional types are [" +
                                           (with_sq4u ? "sq4u, " : "") +
                                           "sq6, sq8, fp16, bf16, fp32, flat]");
}

}  // namespace

uint32_t TypeBitOf(DataType type) {
  if (type == DataType::kFloatVector) return kFloatBit;
  if (type == DataType::kFloat16Vector || type == DataType::kBFloat16Vector) return kHalfBit;
  if (type == DataType::kInt8Vector) return kInt8Bit;
  if (type == DataType::kBinaryVector) return kBinaryBit;
  if (type == DataType::kSparseFloatVector) return kSparseBit;
  return 0;
}

const IndexTypeRule* FindIndexType(std::string_view name) {
  for (const IndexTypeRule& rule : kIndexTypes) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

bool IsScalarIndexType(std::string_view name) {
  return std::find(std::begin(kScalarTypes), std::end(kScalarTypes), name) !=
         std::end(kScalarTypes);
}

std::string BuiltIndexTypes() {
  std::string text;
  for (const IndexTypeRule& rule : kIndexTypes) {
    if (rule.built) text += (text.empty() ? "" : ", ") + std::string(rule.name);
  }
  return text;
}

Status CheckAmong(std::span<const std::string_view> names, std::string_view what,
                  const std::string& text) {
  std::string all;
  for (const std::string_view name : names) {
    if (name == text) return {};
    all += (all.empty() ? "" : " ") + std::string(name);
  }
  return Fail(Code::kParameterInvalid, std::string(what) + " " + text +
                                           " not found or not supported, supported: [" + all + "]");
}

Status CheckBuildValue(const ParamRule& rule, const std::string& text) {
  switch (rule.kind) {
    case ParamKind::kInt:
      return CheckInt(rule, text);
    case ParamKind::kFloat:
    case ParamKind::kFloatBelow:
      return CheckFloat(rule, text);
    case ParamKind::kBool:
      if (OneOf(Lower(text), {"true", "false"})) return {};
      return Fail(Code::kParameterInvalid, "Type conflict in json: param '" +
                                               std::string(rule.key) + "' (\"" + text +
                                               "\") should be a boolean");
    case ParamKind::kSqType:
      if (OneOf(Lower(text), {"sq4u", "sq6", "sq8", "fp16", "bf16"})) return {};
      return Fail(Code::kParameterInvalid, "invalid scalar quantizer type");
    case ParamKind::kRefineType:
      return CheckRefineType(text, true);
    case ParamKind::kRefineTypeIvf:
      return CheckRefineType(text, false);
    case ParamKind::kSparseAlgo:
      return CheckAmong(kSparseAlgos, "sparse inverted index algo", text);
    case ParamKind::kSparseCodec:
      return CheckAmong(kSparseCodecs, rule.key, text);
  }
  return {};
}

Result<double> CheckSearchValue(const ParamRule& rule, const Value& value) {
  const auto conflict = [&](std::string_view kind) {
    return Status(Code::kUnexpected, "Type conflict in json: param '" + std::string(rule.key) +
                                         "' (" + JsonText(value) + ") should be " +
                                         std::string(kind));
  };
  double number = 0;
  if (rule.kind == ParamKind::kInt) {
    if (value.is_string()) {
      const auto v = ParseInt(value.as_string());
      if (!v)
        return Status(Code::kUnexpected,
                      Malformed("invalid integer value", rule, value.as_string()));
      number = static_cast<double>(*v);
    } else if (value.is_int()) {
      number = static_cast<double>(value.as_int());
    } else {
      return conflict("integer");
    }
    if (!InRange(rule, number)) {
      return Status(Code::kUnexpected,
                    OutOfRange(rule, std::to_string(static_cast<int64_t>(number))));
    }
    return number;
  }
  if (rule.kind == ParamKind::kBool) {
    if (value.is_bool()) return value.as_bool() ? 1.0 : 0.0;
    if (value.is_string() && OneOf(Lower(value.as_string()), {"true", "false"})) {
      return Lower(value.as_string()) == "true" ? 1.0 : 0.0;
    }
    return conflict("a boolean");
  }
  if (value.is_string()) {
    const auto v = ParseFloat(value.as_string());
    if (!v)
      return Status(Code::kUnexpected, Malformed("invalid float value", rule, value.as_string()));
    number = *v;
  } else if (value.is_number()) {
    number = value.as_double();
  } else {
    return conflict("a number");
  }
  if (!InRange(rule, number)) {
    return Status(
        Code::kUnexpected,
        OutOfRange(rule, value.is_int() ? std::to_string(value.as_int()) : FloatText(number)));
  }
  return number;
}

int64_t IntParam(const Properties& params, std::string_view key, int64_t otherwise) {
  const std::string* text = FindProperty(params, key);
  return text == nullptr ? otherwise : ParseInt(*text).value_or(otherwise);
}

}  // namespace elanus::index
