// Rows of JSON against the columns that gRPC clients send and are sent.
#include <cstring>
#include <random>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <milvus/common.pb.h>
#include <milvus/dml.pb.h>

#include "base/base64.h"
#include "server/rest/json_text.h"
#include "server/rest/row_reader.h"
#include "server/rest/row_writer.h"
#include "server/rest/vector_reader.h"
#include "simd/half.h"

namespace elanus::server {
namespace {

using pb_schema::DataType;
using pb_schema::FieldData;
using Columns = google::protobuf::RepeatedPtrField<FieldData>;

pb_schema::CollectionSchema SchemaOf(const std::string& text) {
  pb_schema::CollectionSchema schema;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &schema)) << text;
  int64_t id = 100;
  for (auto& field : *schema.mutable_fields()) field.set_fieldid(id++);
  return schema;
}

struct Decoded {
  Status status;
  uint32_t rows = 0;
  Columns columns;
};

Decoded Decode(const pb_schema::CollectionSchema& schema, const std::string& json,
               bool partial = false, bool takes_auto_ids = false) {
  Decoded decoded;
  JsonReader reader(json);
  decoded.status =
      ReadRows(&reader, {schema, takes_auto_ids, partial}, &decoded.rows, &decoded.columns);
  return decoded;
}

std::string Encode(const Columns& columns, const std::vector<std::string>& output_fields = {},
                   bool int64_numbers = true) {
  google::protobuf::RepeatedPtrField<std::string> names(output_fields.begin(), output_fields.end());
  std::string out;
  EXPECT_TRUE(AppendRows({columns, names, "id"}, int64_numbers, &out).ok());
  return out;
}

constexpr const char* kDim4 = "type_params { key: 'dim' value: '4' }";

TEST(Rows, AreReadIntoTheColumnsThatGrpcSends) {
  const auto schema = SchemaOf(std::string(R"(
    fields { name: 'id' data_type: Int64 is_primary_key: true }
    fields { name: 'b' data_type: Bool }
    fields { name: 'n' data_type: Int16 nullable: true }
    fields { name: 'd' data_type: Double }
    fields { name: 's' data_type: VarChar }
    fields { name: 'j' data_type: JSON }
    fields { name: 'a' data_type: Array element_type: Int32 }
    fields { name: 'v' data_type: FloatVector )") +
                               kDim4 + "} enable_dynamic_field: true");
  Decoded decoded = Decode(schema, R"([
    {"id": "7", "b": true, "n": null, "d": 1, "s": "x", "j": {"k": 1.0}, "a": [1, -2],
     "v": [0.5, 1, -2e0, 3], "extra": [1], "none": null},
    {"v": [1, 2, 3, 4], "a": [], "j": "[1]", "s": 12, "d": -2.5, "n": 3, "b": "false", "id": 8}])");
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.message();
  EXPECT_EQ(decoded.rows, 2U);
  milvus::proto::milvus::InsertRequest got;
  got.mutable_fields_data()->Swap(&decoded.columns);
  milvus::proto::milvus::InsertRequest expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
    fields_data { type: Int64 field_name: 'id' field_id: 100
                  scalars { long_data { data: [7, 8] } } }
    fields_data { type: Bool field_name: 'b' field_id: 101
                  scalars { bool_data { data: [true, false] } } }
    fields_data { type: Int16 field_name: 'n' field_id: 102 valid_data: [false, true]
                  scalars { int_data { data: [3] } } }
    fields_data { type: Double field_name: 'd' field_id: 103
                  scalars { double_data { data: [1, -2.5] } } }
    fields_data { type: VarChar field_name: 's' field_id: 104
                  scalars { string_data { data: ['x', '12'] } } }
    fields_data { type: JSON field_name: 'j' field_id: 105
                  scalars { json_data { data: ['{"k": 1.0}', '[1]'] } } }
    fields_data { type: Array field_name: 'a' field_id: 106
                  scalars { array_data { element_type: Int32
                                         data { int_data { data: [1, -2] } }
                                         data { int_data { } } } } }
    fields_data { type: FloatVector field_name: 'v' field_id: 107
                  vectors { dim: 4 float_vector { data: [0.5, 1, -2, 3, 1, 2, 3, 4] } } }
    fields_data { type: JSON field_name: '$meta' is_dynamic: true
                  scalars { json_data { data: ['{"extra":[1]}', '{}'] } } })",
                                                            &expected));
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(expected, got)) << difference;
}

TEST(Rows, TakeEveryFormOfAVector) {
  const auto schema = SchemaOf(std::string(R"(
    fields { name: 'h' data_type: Float16Vector )") +
                               kDim4 + R"(}
    fields { name: 'f' data_type: BFloat16Vector )" +
                               kDim4 + R"(}
    fields { name: 'i' data_type: Int8Vector )" +
                               kDim4 + R"(}
    fields { name: 'b' data_type: BinaryVector type_params { key: 'dim' value: '16' } }
    fields { name: 's' data_type: SparseFloatVector })");
  std::string half;
  for (const float value : {1.0F, -2.0F, 0.5F, 0.0F}) {
    const uint16_t bits = simd::FloatToHalf(value);
    half.append(reinterpret_cast<const char*>(&bits), sizeof bits);
  }
  const std::string json = R"([
    {"h": [1, -2, 0.5, 0], "f": [1, 2, 3, 4], "i": [1, -128, 127, 0], "b": "/wE=",
     "s": {"9": 0.5, "2": 1}},
    {"h": ")" + EncodeBase64(half) +
                           R"(", "f": [1, 2, 3, 4], "i": [0, 0, 0, 0], "b": [255, 1],
     "s": {"indices": [9, 2], "values": [0.5, 1]}}])";
  const Decoded decoded = Decode(schema, json);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.message();
  EXPECT_EQ(decoded.columns[0].vectors().float16_vector(), half + half);
  EXPECT_EQ(decoded.columns[1].vectors().bfloat16_vector().size(), 16U);
  EXPECT_EQ(decoded.columns[2].vectors().int8_vector(), std::string("\x01\x80\x7f\0\0\0\0\0", 8));
  EXPECT_EQ(decoded.columns[3].vectors().binary_vector(), "\xff\x01\xff\x01");
  const auto& sparse = decoded.columns[4].vectors().sparse_float_vector();
  EXPECT_EQ(sparse.contents(0), sparse.contents(1));
  EXPECT_EQ(sparse.contents(0).substr(0, 4), std::string("\x02\0\0\0", 4));
  EXPECT_EQ(Encode(decoded.columns).substr(0, 60),
            "[{\"h\":\"" + EncodeBase64(half) + R"(","f":"gD8AQEBAgEA=","i":"AYB/AA==","b":")");
}

TEST(Rows, SayWhatIsWrongWithThem) {
  const auto schema = SchemaOf(std::string(R"(
    fields { name: 'id' data_type: Int64 is_primary_key: true autoID: true }
    fields { name: 'n' data_type: Int32 }
    fields { name: 'v' data_type: FloatVector )") +
                               kDim4 + "}");
  const auto error = [&](const std::string& json) { return Decode(schema, json).status.message(); };
  using testing::HasSubstr;
  EXPECT_THAT(error("[]"), HasSubstr("missing required parameters"));
  EXPECT_THAT(error("[1]"), HasSubstr("row 0: an object is expected, it is a number"));
  EXPECT_THAT(error(R"([{"n": 1, "v": [1, 2, 3, 4]}, {"n": 1, "v": [1, 2, 3]}])"),
              HasSubstr("row 1: field v: an array of numbers of dimension 4 is expected, got 3"));
  EXPECT_THAT(error(R"({"n": 1, "v": [1, 2, 3, 4, 5]})"), HasSubstr("dimension 4"));
  EXPECT_THAT(error(R"({"n": 1.5, "v": [1, 2, 3, 4]})"),
              HasSubstr("row 0: field n: it is not such a number"));
  EXPECT_THAT(error(R"({"n": 2147483648, "v": [1, 2, 3, 4]})"), HasSubstr("expected=Int32"));
  EXPECT_THAT(error(R"({"n": null, "v": [1, 2, 3, 4]})"), HasSubstr("it may not be null"));
  EXPECT_THAT(error(R"({"v": [1, 2, 3, 4]})"), HasSubstr("it does not have field n"));
  EXPECT_THAT(error(R"({"n": 1})"), HasSubstr("missing vector field: v"));
  EXPECT_THAT(error(R"({"n": 1, "n": 2, "v": [1, 2, 3, 4]})"), HasSubstr("given twice"));
  EXPECT_THAT(error(R"({"n": 1, "v": [1, 2, 3, "4"]})"), HasSubstr("a number is expected"));
  EXPECT_THAT(error(R"({"id": 1, "n": 1, "v": [1, 2, 3, 4]})"), HasSubstr("no need to pass pk"));
  EXPECT_THAT(error(R"({"n": 1, "v": [1, 2, 3, 4], "more": 1})"),
              HasSubstr("has pass more field without dynamic schema, please check it"));
}

TEST(Rows, LeaveOutWhatAPartialUpdateLeavesAsItIs) {
  const auto schema = SchemaOf(std::string(R"(
    fields { name: 'id' data_type: Int64 is_primary_key: true }
    fields { name: 'n' data_type: Int32 nullable: true }
    fields { name: 'v' data_type: FloatVector )") +
                               kDim4 + "} enable_dynamic_field: true");
  const Decoded decoded = Decode(schema, R"([{"id": 1, "n": null}, {"id": 2, "n": 5}])", true);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.message();
  ASSERT_EQ(decoded.columns.size(), 2);
  EXPECT_EQ(decoded.columns[1].valid_data_size(), 2);
  EXPECT_EQ(decoded.columns[1].scalars().int_data().data_size(), 1);
  const Decoded uneven = Decode(schema, R"([{"id": 1, "n": 1}, {"id": 2}])", true);
  EXPECT_EQ(uneven.status.message(), "column n has length 1, expected 2: invalid parameter");
}

TEST(Rows, TakeKeysThatTheServerWouldMakeWhereAllowed) {
  const auto schema = SchemaOf(std::string(R"(
    fields { name: 'id' data_type: Int64 is_primary_key: true autoID: true }
    fields { name: 'v' data_type: FloatVector )") +
                               kDim4 + "}");
  const Decoded without = Decode(schema, R"({"v": [1, 2, 3, 4]})");
  ASSERT_TRUE(without.status.ok()) << without.status.message();
  EXPECT_EQ(without.columns.size(), 1);
  const Decoded with = Decode(schema, R"({"id": 5, "v": [1, 2, 3, 4]})", false, true);
  ASSERT_TRUE(with.status.ok()) << with.status.message();
  EXPECT_EQ(with.columns.size(), 2);
}

TEST(Rows, AreWrittenAsMilvusShowsThem) {
  milvus::proto::milvus::QueryResults answer;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
    fields_data { type: Int64 field_name: 'id' scalars { long_data { data: [1, 9007199254740993] } } }
    fields_data { type: JSON field_name: 'j' scalars { json_data { data: ['{"a":"x"}', '1'] } } }
    fields_data { type: Array field_name: 'a' scalars { array_data {
      data { long_data { data: [1, 2] } } data { long_data { } } } } }
    fields_data { type: VarChar field_name: 's' valid_data: [true, false]
                  scalars { string_data { data: ['x', ''] } } }
    fields_data { type: FloatVector field_name: 'v' valid_data: [false, true]
                  vectors { dim: 2 float_vector { data: [0.1, 2] } } }
    fields_data { type: JSON field_name: '$meta' is_dynamic: true scalars { json_data {
      data: ['{"color":"red","size":[1]}', '{}'] } } })",
                                                            &answer));
  EXPECT_EQ(Encode(answer.fields_data(), {"id", "j", "a", "s", "v", "color"}, false),
            R"([{"id":"1","j":"{\"a\":\"x\"}","a":{"Data":{"LongData":{"data":[1,2]}}},"s":"x",)"
            R"("v":null,"color":"red"},)"
            R"({"id":"9007199254740993","j":"1","a":{"Data":{"LongData":{}}},"s":null,)"
            R"("v":[0.1,2]}])");
  EXPECT_THAT(Encode(answer.fields_data(), {"id", "$meta"}),
              testing::HasSubstr(R"("color":"red","size":[1]},{"id":9007199254740993,)"));
}

TEST(Rows, ShowKeysAndDistancesOfHits) {
  pb_schema::SearchResultData hits;
  hits.mutable_ids()->mutable_str_id()->add_data("k");
  hits.add_scores(0.25);
  std::string out;
  ASSERT_TRUE(
      AppendRows({hits.fields_data(), hits.output_fields(), "pk", &hits.ids(), &hits.scores()},
                 true, &out)
          .ok());
  EXPECT_EQ(out, R"([{"pk":"k","distance":0.25}])");
}

// What an answer shows as a request may have it comes back as the same columns.
TEST(Rows, SurviveTheWayThereAndBack) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto schema = SchemaOf(std::string(R"(
    fields { name: 'id' data_type: Int64 is_primary_key: true }
    fields { name: 'b' data_type: Bool }
    fields { name: 'i' data_type: Int32 }
    fields { name: 'f' data_type: Float }
    fields { name: 'd' data_type: Double }
    fields { name: 's' data_type: VarChar }
    fields { name: 'v' data_type: FloatVector nullable: true )") +
                               kDim4 + R"(}
    fields { name: 'h' data_type: Float16Vector )" +
                               kDim4 + R"(}
    fields { name: 'n' data_type: BinaryVector type_params { key: 'dim' value: '64' } }
    fields { name: 'p' data_type: SparseFloatVector })");
  const auto real = [&] { return static_cast<double>(random()) * 0x1p-32 - 0x1p31; };
  const auto append_real = [&](int, std::string* out) {
    AppendFloat(static_cast<float>(real()), out);
  };
  const auto bytes = [&] {
    const uint64_t word = random();
    return std::string(reinterpret_cast<const char*>(&word), sizeof word);
  };
  for (int round = 0; round < 200; ++round) {
    std::string json;
    for (uint64_t row = 0, rows = 1 + random() % 5; row < rows; ++row) {
      json += row == 0 ? "[" : ",";
      JsonObject object(&json);
      object.Add("id", static_cast<int64_t>(random()));
      object.Add("b", random() % 2 == 0).Add("i", static_cast<int32_t>(random()));
      append_real(0, object.Key("f"));
      AppendDouble(real(), object.Key("d"));
      object.Add("s", std::string(random() % 5, '"'));
      if (random() % 3 != 0)
        AppendArray(std::initializer_list<int>{0, 1, 2, 3}, object.Key("v"), append_real);
      AppendBase64(bytes(), object.Key("h"));
      AppendBase64(bytes(), object.Key("n"));
      JsonObject sparse(object.Key("p"));
      append_real(0, sparse.Key(std::to_string(random() % 1000)));
    }
    json += "]";
    const Decoded first = Decode(schema, json);
    ASSERT_TRUE(first.status.ok()) << first.status.message() << json;
    const std::string text = Encode(first.columns);
    const Decoded again = Decode(schema, text);
    ASSERT_TRUE(again.status.ok()) << again.status.message() << text;
    EXPECT_EQ(again.rows, first.rows);
    for (int i = 0; i < first.columns.size(); ++i) {
      EXPECT_EQ(again.columns[i].SerializeAsString(), first.columns[i].SerializeAsString())
          << json << " and " << text;
    }
  }
}

TEST(Queries, AreReadIntoAPlaceholderGroup) {
  const auto schema =
      SchemaOf(std::string("fields { name: 'v' data_type: FloatVector ") + kDim4 + "}");
  const auto read = [&](const std::string& json, bool as_text) {
    JsonReader reader(json);
    return ReadQueries(&reader, schema.fields(0), as_text);
  };
  milvus::proto::common::PlaceholderGroup group;
  ASSERT_TRUE(group.ParseFromString(read("[[1, 2, 3, 4], [5, 6, 7, 8]]", false).value()));
  ASSERT_EQ(group.placeholders_size(), 1);
  EXPECT_EQ(group.placeholders(0).tag(), "$0");
  EXPECT_EQ(group.placeholders(0).values_size(), 2);
  EXPECT_EQ(group.placeholders(0).values(1).size(), 16U);
  EXPECT_FALSE(read("[1, 2, 3, 4]", false).ok());
  EXPECT_FALSE(read("[[1, 2, 3]]", false).ok());
  ASSERT_TRUE(group.ParseFromString(read(R"(["some text"])", true).value()));
  EXPECT_EQ(group.placeholders(0).values(0), "some text");
  EXPECT_EQ(group.placeholders(0).type(), milvus::proto::common::PlaceholderType::VarChar);
}

}  // namespace
}  // namespace elanus::server
