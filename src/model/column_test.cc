#include "model/column.h"

#include <random>

#include <gtest/gtest.h>

#include "base/coding.h"

namespace elanus {
namespace {

Column Words(std::initializer_list<const char*> words) {
  Column column(FieldId(7), DataType::kVarChar);
  for (const char* word : words) {
    if (word != nullptr) {
      column.AppendString(word);
    } else {
      column.AppendNull();
    }
  }
  return column;
}

void ExpectEqual(const Column& a, const Column& b) {
  EXPECT_EQ(a.field(), b.field());
  EXPECT_EQ(a.type(), b.type());
  EXPECT_EQ(a.dim(), b.dim());
  ASSERT_EQ(a.rows(), b.rows());
  for (size_t row = 0; row < a.rows(); ++row) {
    EXPECT_EQ(a.IsNull(row), b.IsNull(row)) << row;
    EXPECT_EQ(a.String(row), b.String(row)) << row;
  }
}

TEST(Column, HoldsPackedValues) {
  Column column(FieldId(1), DataType::kInt32);
  EXPECT_EQ(column.width(), 4u);
  const int32_t values[] = {1, 2, 3};
  column.AppendFixed(values, 3);
  column.Append<int32_t>(-4);
  EXPECT_EQ(column.rows(), 4u);
  EXPECT_EQ(column.as<int32_t>()[3], -4);
  EXPECT_FALSE(column.nullable());
  EXPECT_EQ(column.valid(), nullptr);
}

TEST(Column, WidthFollowsTheDimension) {
  EXPECT_EQ(Column(FieldId(1), DataType::kFloatVector, 8).width(), 32u);
  EXPECT_EQ(Column(FieldId(1), DataType::kBinaryVector, 16).width(), 2u);
  EXPECT_EQ(Column(FieldId(1), DataType::kBFloat16Vector, 8).width(), 16u);
  EXPECT_EQ(Column(FieldId(1), DataType::kInt8Vector, 8).width(), 8u);
  EXPECT_FALSE(Column(FieldId(1), DataType::kSparseFloatVector).fixed());
}

TEST(Column, NullsTakeAPlaceholder) {
  Column fixed(FieldId(1), DataType::kInt64);
  fixed.Append<int64_t>(5);
  fixed.AppendNull();
  fixed.Append<int64_t>(6);
  EXPECT_EQ(fixed.rows(), 3u);
  EXPECT_EQ(fixed.as<int64_t>()[1], 0);
  EXPECT_EQ(fixed.as<int64_t>()[2], 6);
  EXPECT_FALSE(fixed.IsNull(0));
  EXPECT_TRUE(fixed.IsNull(1));
  EXPECT_FALSE(fixed.IsNull(2));

  const Column words = Words({nullptr, "a", "", nullptr, "bc"});
  EXPECT_TRUE(words.IsNull(0));
  EXPECT_FALSE(words.IsNull(2));
  EXPECT_EQ(words.String(1), "a");
  EXPECT_EQ(words.String(2), "");
  EXPECT_EQ(words.String(3), "");
  EXPECT_EQ(words.String(4), "bc");
}

TEST(Column, BecomesNullableLate) {
  Column column = Words({"a", "b"});
  column.MakeNullable();
  EXPECT_TRUE(column.nullable());
  column.AppendString("c");
  EXPECT_FALSE(column.IsNull(0));
  EXPECT_FALSE(column.IsNull(2));
}

TEST(Column, SlicesAndCopiesRows) {
  const Column words = Words({"zero", nullptr, "two", "three"});
  ExpectEqual(words.Slice(1, 3), Words({nullptr, "two"}));
  EXPECT_EQ(words.Slice(2, 2).rows(), 0u);
  Column copy(FieldId(7), DataType::kVarChar);
  for (const size_t row : {3, 1, 0}) copy.AppendFrom(words, row);
  ExpectEqual(copy, Words({"three", nullptr, "zero"}));

  Column vectors(FieldId(2), DataType::kFloatVector, 2);
  const float values[] = {1, 2, 3, 4, 5, 6};
  vectors.AppendFixed(values, 3);
  const Column tail = vectors.Slice(1, 3);
  EXPECT_EQ(tail.rows(), 2u);
  EXPECT_EQ(tail.as<float>()[0], 3);
}

TEST(Column, GivesBackWhatWasEncoded) {
  Batch batch;
  batch.rows = 3;
  batch.columns.push_back(Words({"x", nullptr, "yz"}));
  Column vectors(FieldId(2), DataType::kFloat16Vector, 2);
  for (uint32_t v : {1u, 2u, 3u}) vectors.Append(v);
  batch.columns.push_back(vectors);
  std::string bytes;
  batch.EncodeTo(&bytes);
  Reader reader(bytes);
  const Result<Batch> back = Batch::Decode(&reader);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(back.value().rows, 3u);
  ASSERT_EQ(back.value().columns.size(), 2u);
  ExpectEqual(*back.value().Find(FieldId(7)), batch.columns[0]);
  ExpectEqual(*back.value().Find(FieldId(2)), batch.columns[1]);
  EXPECT_EQ(back.value().Find(FieldId(3)), nullptr);
}

TEST(Column, RefusesDamagedBytes) {
  Batch batch;
  batch.rows = 2;
  batch.columns.push_back(Words({"abc", "d"}));
  std::string whole;
  batch.EncodeTo(&whole);
  for (size_t size = 0; size < whole.size(); ++size) {
    Reader reader(std::string_view(whole).substr(0, size));
    EXPECT_FALSE(Batch::Decode(&reader).ok()) << size;
  }
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = whole;
    for (uint32_t flips = 1 + random() % 3; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    Reader reader(bytes);
    const Result<Batch> back = Batch::Decode(&reader);
    if (!back.ok()) continue;
    for (const Column& column : back.value().columns) {
      for (size_t row = 0; row < column.rows(); ++row) (void)std::string(column.String(row));
    }
  }
}

}  // namespace
}  // namespace elanus
