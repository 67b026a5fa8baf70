#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "index/scalar_index.h"
#include "index/vector_index.h"

namespace elanus::index {
namespace {

using testing::HasSubstr;

Field VectorField(DataType type) {
  Field f;
  f.name = "vec";
  f.type = type;
  f.dim = 128;
  return f;
}

std::string BuildError(const std::string& type, const Properties& params,
                       DataType field = DataType::kFloatVector, Metric metric = Metric::kL2) {
  return CheckBuildParams(VectorField(field), type, metric, params).message();
}

TEST(BuildParams, AreCheckedWithMilvusTexts) {
  EXPECT_EQ(BuildError("HNSW", {{"M", "16"}, {"efConstruction", "200"}, {"unknown", "nothing"}}),
            "");
  EXPECT_EQ(BuildError("HNSW", {{"M", "None"}}), "");
  EXPECT_EQ(BuildError("HNSW", {{"M", "-1"}}),
            "Out of range in json: param 'M' (-1) should be in range [2, 2048]: invalid parameter");
  EXPECT_EQ(BuildError("HNSW", {{"M", "16.0"}}),
            "wrong data type in json, key: 'M', value: '16.0': invalid parameter");
  EXPECT_EQ(BuildError("HNSW", {{"M", "True"}}),
            "invalid integer value, key: 'M', value: 'True': invalid parameter");
  EXPECT_EQ(BuildError("HNSW", {{"M", "[16]"}}),
            "invalid integer value, key: 'M', value: '[16]': invalid parameter");
  EXPECT_THAT(BuildError("HNSW", {{"efConstruction", "-1"}}),
              HasSubstr("should be in range [1, 2147483647]"));
  EXPECT_EQ(
      BuildError("IVF_FLAT", {{"nlist", "0"}}),
      "Out of range in json: param 'nlist' (0) should be in range [1, 65536]: invalid parameter");
  EXPECT_THAT(BuildError("HNSW_SQ", {{"sq_type", "FP32"}}),
              HasSubstr("invalid scalar quantizer type: invalid parameter"));
  EXPECT_THAT(BuildError("HNSW_SQ", {{"refine", "test"}}),
              HasSubstr("should be a boolean: invalid parameter"));
  EXPECT_EQ(BuildError("HNSW_SQ", {{"refine_type", "INT8"}}),
            "invalid refine type : INT8, optional types are [sq4u, sq6, sq8, fp16, bf16, fp32, "
            "flat]: invalid parameter");
  EXPECT_THAT(
      BuildError("IVF_RABITQ", {{"refine_type", " SQ8 "}}),
      HasSubstr(
          "invalid refine type :  SQ8 , optional types are [sq6, sq8, fp16, bf16, fp32, flat]"));
  EXPECT_THAT(BuildError("IVF_RABITQ", {{"refine", "1"}}),
              HasSubstr("Type conflict in json: param 'refine' (\"1\") should be a boolean"));
  EXPECT_THAT(BuildError("HNSW_PQ", {{"m", "7"}}),
              HasSubstr("The dimension of a vector (dim) should be a multiple of the number of "
                        "subquantizers (m)."));
  EXPECT_THAT(BuildError("SPARSE_INVERTED_INDEX", {{"drop_ratio_build", "-1"}},
                         DataType::kSparseFloatVector, Metric::kIP),
              HasSubstr("Out of range in json: param 'drop_ratio_build' (-1.0) should be in range "
                        "[0.000000, 1.000000)"));
  EXPECT_THAT(BuildError("SPARSE_WAND", {{"inverted_index_algo", "X"}},
                         DataType::kSparseFloatVector, Metric::kIP),
              HasSubstr("sparse inverted index algo X not found or not supported"));
}

TEST(BuildParams, KnowWhichTypesAndMetricsGoTogether) {
  EXPECT_EQ(BuildError("RNSG", {}),
            "invalid parameter[expected=valid index][actual=invalid index type: RNSG]");
  // As a Milvus without GPUs answers.
  EXPECT_EQ(BuildError("GPU_IVF_FLAT", {}, DataType::kInt8Vector),
            "invalid parameter[expected=valid index][actual=invalid index type: GPU_IVF_FLAT]");
  EXPECT_THAT(BuildError("IVF_SQ8", {}, DataType::kInt8Vector),
              HasSubstr("data type Int8Vector can't build with this index IVF_SQ8"));
  EXPECT_THAT(BuildError("INVERTED", {}),
              HasSubstr("data type FloatVector can't build with this index INVERTED"));
  EXPECT_THAT(
      BuildError("HNSW", {}, DataType::kFloatVector, Metric::kHamming),
      HasSubstr("float vector index does not support metric type: HAMMING: invalid parameter"));
  EXPECT_THAT(BuildError("BIN_FLAT", {}, DataType::kBinaryVector, Metric::kL2),
              HasSubstr("binary vector index does not support metric type: L2"));
  EXPECT_THAT(BuildError("BIN_IVF_FLAT", {}, DataType::kBinaryVector, Metric::kSubstructure),
              HasSubstr("metric type SUBSTRUCTURE not found or not supported, supported: [HAMMING "
                        "JACCARD]"));
  EXPECT_THAT(BuildError("HNSW", {}, DataType::kBinaryVector, Metric::kSuperstructure),
              HasSubstr("metric type SUPERSTRUCTURE not found or not supported"));
  EXPECT_EQ(BuildError("BIN_FLAT", {}, DataType::kBinaryVector, Metric::kSubstructure), "");
  EXPECT_THAT(BuildError("SPARSE_WAND", {}, DataType::kSparseFloatVector, Metric::kL2),
              HasSubstr("only IP&BM25 is the supported metric type for sparse index"));
  EXPECT_THAT(BuildError("HNSW", {}, DataType::kFloatVector, Metric::kNone),
              HasSubstr("metric type not set for vector index"));
  EXPECT_THAT(BuildError("HNSW", {{"metric_type", "FOO"}}, DataType::kFloatVector, Metric::kNone),
              HasSubstr("float vector index does not support metric type: FOO"));
  EXPECT_EQ(BuildError("HNSW", {}, DataType::kBinaryVector, Metric::kJaccard), "");
}

TEST(BuildParams, AutoIndexTakesOnlyAMetric) {
  EXPECT_EQ(BuildError("AUTOINDEX", {{"index_type", "AUTOINDEX"}, {"metric_type", "L2"}}), "");
  EXPECT_EQ(BuildError("AUTOINDEX", {}, DataType::kSparseFloatVector, Metric::kNone), "");
  EXPECT_THAT(BuildError("AUTOINDEX", {{"M", "16"}}),
              HasSubstr("only metric type can be passed when use AutoIndex"));
}

TEST(BuildParams, UnbuiltTypesAreCheckedAndSayWhatIsBuilt) {
  for (const char* type : {"AISAQ", "SVS_VAMANA_LVQ", "FAISS"}) {
    const Status s =
        CheckBuildParams(VectorField(DataType::kFloatVector), type, Metric::kL2, {{"m", "8"}});
    EXPECT_EQ(s.code(), Code::kIndexNotSupported) << type;
    EXPECT_THAT(s.message(), HasSubstr("index type " + std::string(type) +
                                       " is not in this build; it has AUTOINDEX, FLAT, IVF_FLAT"));
  }
  EXPECT_THAT(BuildError("MINHASH_LSH", {}, DataType::kBinaryVector, Metric::kHamming),
              HasSubstr("index type MINHASH_LSH is not in this build"));
  EXPECT_THAT(BuildError("MINHASH_LSH", {{"mh_element_bit_width", "4"}}, DataType::kBinaryVector,
                         Metric::kHamming),
              HasSubstr("param 'mh_element_bit_width' (4) should be in range [8, 256]"));
  EXPECT_THAT(BuildError("SVS_VAMANA", {{"svs_graph_max_degree", "2"}}),
              HasSubstr("param 'svs_graph_max_degree' (2) should be in range [4, 256]"));
  EXPECT_THAT(BuildError("AISAQ", {{"inline_pq", "-2"}}), HasSubstr("in range [-1, 2048]"));
  EXPECT_THAT(BuildError("DISKANN", {{"max_degree", "0"}}), HasSubstr("in range [1, 2048]"));
}

TEST(BuildParams, QuantisedTypesCheckTheirOwn) {
  EXPECT_THAT(BuildError("IVF_PQ", {}), HasSubstr("param 'm' not exist in json"));
  EXPECT_THAT(BuildError("IVF_PQ", {{"m", "7"}}), HasSubstr("should be a multiple of the number"));
  EXPECT_THAT(BuildError("IVF_PQ", {{"m", "8"}, {"nbits", "25"}}), HasSubstr("in range [1, 24]"));
  EXPECT_THAT(BuildError("IVF_RABITQ", {{"rbq_bits", "10"}}), HasSubstr("in range [1, 9]"));
  EXPECT_THAT(BuildError("SCANN", {{"with_raw_data", "maybe"}}), HasSubstr("should be a boolean"));
  EXPECT_THAT(BuildError("SCANN", {{"sub_dim", "3"}}),
              HasSubstr("The dimension of a vector (dim) should be a multiple of sub_dim"));
  EXPECT_THAT(BuildError("IVF_FLAT_CC", {{"ssize", "16"}}), HasSubstr("in range [32, 2048]"));
  EXPECT_THAT(BuildError("ANNOY", {{"n_trees", "0"}}), HasSubstr("in range [1, 1024]"));
  EXPECT_THAT(BuildError("HNSW_PRQ", {{"m", "2"}, {"nrq", "17"}}), HasSubstr("in range [1, 16]"));
  for (const char* type : {"HNSW_SQ", "HNSW_PQ", "HNSW_PRQ", "ANNOY", "IVF_FLAT_CC", "IVF_SQ_CC"})
    EXPECT_EQ(BuildError(type, {}), "") << type;
}

std::string SearchError(const std::string& type, const std::string& key, Value value) {
  return CheckSearchParams(type, VectorField(DataType::kFloatVector), 10, {{key, std::move(value)}})
      .status()
      .message();
}

TEST(SearchParams, AreCheckedWithMilvusTexts) {
  EXPECT_EQ(SearchError("HNSW", "ef", int64_t{1}), "ef(1) should be larger than k(10)");
  EXPECT_EQ(SearchError("HNSW", "ef", int64_t{-1}),
            "Out of range in json: param 'ef' (-1) should be in range [1, 2147483647]");
  EXPECT_EQ(SearchError("HNSW", "ef", "32"), "");
  EXPECT_EQ(SearchError("HNSW", "ef", 32.0),
            "Type conflict in json: param 'ef' (32.0) should be integer");
  EXPECT_EQ(SearchError("HNSW", "ef", true),
            "Type conflict in json: param 'ef' (true) should be integer");
  EXPECT_EQ(SearchError("HNSW", "ef", Value()),
            "Type conflict in json: param 'ef' (null) should be integer");
  EXPECT_EQ(SearchError("HNSW", "ef", Value(Value::Array{Value(int64_t{32})})),
            "Type conflict in json: param 'ef' ([32]) should be integer");
  EXPECT_EQ(SearchError("HNSW", "nprobe", "ignored"), "");
  EXPECT_THAT(SearchError("IVF_FLAT", "nprobe", int64_t{65537}),
              HasSubstr("should be in range [1, 65536]"));
  EXPECT_EQ(SearchError("DISKANN", "search_list_size", int64_t{1}),
            "search_list_size(1) should be larger than k(10)");
  EXPECT_THAT(SearchError("HNSW_SQ", "refine_k", ""), HasSubstr("invalid float value"));
  EXPECT_EQ(SearchError("HNSW_SQ", "refine_k", true),
            "Type conflict in json: param 'refine_k' (true) should be a number");
  EXPECT_EQ(SearchError("IVF_RABITQ", "refine_k", 0.5),
            "Out of range in json: param 'refine_k' (0.5) should be in range [1.000000, "
            "340282346638528859811704183484516925440.000000]");
  EXPECT_EQ(SearchError("IVF_RABITQ", "refine_k", -1.0).substr(0, 52),
            "Out of range in json: param 'refine_k' (-1.0) should");
  EXPECT_EQ(SearchError("SCANN", "reorder_k", int64_t{5}),
            "reorder_k(5) should be larger than k(10)");
  EXPECT_THAT(SearchError("IVF_RABITQ", "rbq_bits_query", int64_t{9}),
              HasSubstr("param 'rbq_bits_query' (9) should be in range [0, 8]"));
  EXPECT_THAT(SearchError("DISKANN", "beamwidth", int64_t{0}), HasSubstr("in range [1, 128]"));
  const auto params =
      CheckSearchParams("HNSW", VectorField(DataType::kFloatVector), 10, {{"ef", Value("64")}});
  ASSERT_TRUE(params.ok());
  EXPECT_EQ(params.value().ef, 64);
}

TEST(ResolveSpec, AutoIndexBecomesABuiltType) {
  IndexInfo info;
  info.type = "AUTOINDEX";
  EXPECT_EQ(ResolveSpec(VectorField(DataType::kFloat16Vector), info).type, "HNSW");
  EXPECT_EQ(ResolveSpec(VectorField(DataType::kFloat16Vector), info).metric, Metric::kCosine);
  EXPECT_EQ(ResolveSpec(VectorField(DataType::kBinaryVector), info).type, "BIN_IVF_FLAT");
  EXPECT_EQ(ResolveSpec(VectorField(DataType::kSparseFloatVector), info).type,
            "SPARSE_INVERTED_INDEX");
}

TEST(ResolveSpec, OldNamesAreServedByTheEngineThatStandsForThem) {
  for (const auto& [name, engine] :
       {std::pair("ANNOY", "HNSW"), std::pair("IVF_FLAT_CC", "IVF_FLAT"),
        std::pair("IVF_SQ_CC", "IVF_SQ8"), std::pair("IVF_RABITQ_FASTSCAN", "IVF_RABITQ"),
        std::pair("SPARSE_WAND", "SPARSE_INVERTED_INDEX")}) {
    IndexInfo info;
    info.type = name;
    EXPECT_EQ(ResolveSpec(VectorField(DataType::kFloatVector), info).type, engine);
  }
}

std::string ScalarError(DataType type, const std::string& index, const Properties& params = {},
                        bool primary = false) {
  Field f;
  f.name = "f";
  f.type = type;
  f.primary = primary;
  return CheckScalarIndexParams(f, index, params).message();
}

TEST(ScalarParams, AreCheckedWithMilvusTexts) {
  for (const char* type : {"", "AUTOINDEX", "INVERTED", "BITMAP", "STL_SORT"})
    EXPECT_EQ(ScalarError(DataType::kInt64, type), "") << type;
  EXPECT_EQ(ScalarError(DataType::kVarChar, "Trie"), "");
  EXPECT_EQ(ScalarError(DataType::kTimestamptz, "INVERTED"),
            "INVERTED are not supported on Timestamptz field: invalid parameter");
  EXPECT_THAT(ScalarError(DataType::kInt64, "TRIE"),
              HasSubstr("TRIE are only supported on varchar field"));
  EXPECT_THAT(ScalarError(DataType::kBool, "STL_SORT"),
              HasSubstr("STL_SORT are only supported on numeric, varchar or timestamptz field"));
  EXPECT_THAT(ScalarError(DataType::kInt64, "BITMAP", {}, true),
              HasSubstr("create bitmap index on primary key not supported"));
  EXPECT_THAT(ScalarError(DataType::kInt64, "HNSW"),
              HasSubstr("index HNSW only supports vector data type"));
  EXPECT_THAT(ScalarError(DataType::kInt64, "FOO"),
              HasSubstr("invalid parameter[expected=valid index][actual=invalid index type: FOO]"));
  EXPECT_EQ(ScalarError(DataType::kJson, "INVERTED"),
            "json index must specify cast type: missing parameter");
  EXPECT_THAT(ScalarError(DataType::kVarChar, "NGRAM", {{"min_gram", "2"}}),
              HasSubstr("Ngram index must specify both min_gram and max_gram"));
  EXPECT_THAT(ScalarError(DataType::kVarChar, "NGRAM", {{"min_gram", "5"}, {"max_gram", "3"}}),
              HasSubstr("invalid min_gram or max_gram value for Ngram index"));
  EXPECT_EQ(ScalarError(DataType::kVarChar, "NGRAM", {{"min_gram", "2"}, {"max_gram", "3"}}), "");
  EXPECT_EQ(ScalarError(DataType::kInt64, "NGRAM", {{"min_gram", "2"}, {"max_gram", "3"}}),
            "ngram index can only be created on VARCHAR or JSON field: invalid parameter");
  EXPECT_EQ(ScalarError(DataType::kJson, "NGRAM", {{"min_gram", "2"}, {"max_gram", "3"}}),
            "JSON field with ngram index must specify json_cast_type: missing parameter");
  for (const char* type : {"", "AUTOINDEX", "RTREE"})
    EXPECT_EQ(ScalarError(DataType::kGeometry, type), "") << type;
  EXPECT_THAT(ScalarError(DataType::kInt64, "RTREE"),
              HasSubstr("RTREE index can only be built on geometry field"));
  EXPECT_THAT(ScalarError(DataType::kGeometry, "INVERTED"),
              HasSubstr("INVERTED are not supported on Geometry field"));
  EXPECT_THAT(ScalarError(DataType::kGeometry, "STL_SORT"),
              HasSubstr("STL_SORT are only supported on numeric, varchar or timestamptz field"));
}

}  // namespace
}  // namespace elanus::index
