#include "segment/growing_segment.h"

#include <atomic>
#include <cstring>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "segment/exact_search.h"
#include "segment/random_rows_testing.h"

namespace elanus::segment {
namespace {

std::vector<PartitionId> RandomPartitions(size_t rows, Random* random) {
  std::vector<PartitionId> partitions(1, PartitionId(7));
  if ((*random)() % 2 == 0) return partitions;
  partitions.resize(rows);
  for (PartitionId& p : partitions) p = PartitionId(static_cast<int64_t>(1 + (*random)() % 5));
  return partitions;
}

TEST(GrowingSegment, AgreesWithAModelWhileItGrows) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (const bool string_key : {false, true}) {
    const Schema schema = WideSchema(string_key);
    const auto segment = GrowingSegment::Make(schema);
    Rows model(schema);
    ExpectSameReads(*segment, model, 0, &random);
    Timestamp ts = 1000;
    for (const size_t rows : {1, 3, 251, 1, 0, 600, 900, 400}) {  // across the first chunks
      const Batch batch = RandomBatch(schema, rows, &random);
      const auto partitions = RandomPartitions(rows, &random);
      EXPECT_EQ(segment->Append(batch, partitions, ts), model.size());
      model.Add(batch, partitions, ts);
      EXPECT_EQ(segment->rows(), model.size());
      if (model.size() > 500) ExpectSameReads(*segment, model, model.size(), &random);
      ts += random() % 3;
    }
    ExpectSameReads(*segment, model, model.size() / 2, &random);  // an earlier snapshot
  }
}

TEST(GrowingSegment, NewFieldsReadAsDefaultOrNull) {
  Random random(1);
  Schema schema;
  schema.fields.resize(1);
  schema.fields[0].id = FieldId(100);
  schema.fields[0].type = DataType::kInt64;
  schema.fields[0].primary = true;
  const auto segment = GrowingSegment::Make(schema);
  const PartitionId partition(1);
  segment->Append(RandomBatch(schema, 300, &random), {&partition, 1}, 10);

  Schema wider = schema;
  Field field;
  field.id = FieldId(101);
  field.type = DataType::kVarChar;
  field.default_value = Value("a default that is long");
  wider.fields.push_back(field);
  field = Field();
  field.id = FieldId(102);
  field.type = DataType::kFloatVector;
  field.dim = 8;
  field.nullable = true;
  wider.fields.push_back(field);

  const auto expect = [&](size_t rows) {
    Column text(FieldId(101), DataType::kVarChar), vector(FieldId(102), DataType::kFloatVector, 8);
    const std::vector<uint32_t> some{0, 299};
    ASSERT_TRUE(segment->Fetch(wider.fields[1], some, &text).ok());
    ASSERT_TRUE(segment->Fetch(wider.fields[2], some, &vector).ok());
    EXPECT_EQ(text.String(1), "a default that is long");
    EXPECT_TRUE(vector.IsNull(1));
    const auto source = segment->MakeSource(wider, rows, nullptr);
    expr::BlockScratch scratch;
    const expr::Block block = source->Read(FieldId(101), 256, 44, &scratch);
    EXPECT_EQ(block.strings[43], "a default that is long");
    const std::vector<float> query(8, 1.0f);
    VectorSearch search{
        FieldId(102),
        {DataType::kFloatVector, 8, 1, reinterpret_cast<const std::byte*>(query.data()), nullptr},
        Metric::kL2,
        10,
        {},
        {}};
    std::vector<std::vector<Hit>> hits;
    ASSERT_TRUE(segment->Search(Context(), search, rows, RowMask(), nullptr, &hits).ok());
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_EQ(hits[0].size(), rows - 300);
  };
  expect(300);  // readers know the new schema before the segment does
  segment->ExtendSchema(wider);
  expect(300);
  segment->Append(RandomBatch(wider, 5, &random, {FieldId(101)}), {&partition, 1}, 11);
  Column vectors(FieldId(102), DataType::kFloatVector, 8);
  size_t with_vector = 0;
  for (uint32_t row = 300; row < 305; ++row) {
    ASSERT_TRUE(segment->Fetch(wider.fields[2], {&row, 1}, &vectors).ok());
    with_vector += !vectors.IsNull(vectors.rows() - 1);
  }
  EXPECT_GT(with_vector, 0u);
}

TEST(GrowingSegment, ReadersSeeWhatWasPublishedWhileTheWriterAppends) {
  Random random(3);
  const Schema schema = WideSchema(true);
  const auto segment = GrowingSegment::Make(schema);
  const Batch batch = RandomBatch(schema, 97, &random);
  const PartitionId partition(1);
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done.load()) {
      const size_t rows = segment->rows();
      if (rows == 0) continue;
      const auto last = static_cast<uint32_t>(rows - 1);
      for (const Column& want : batch.columns) {
        Column got(want.field(), want.type(), want.dim());
        ASSERT_TRUE(segment->Fetch(*schema.Find(want.field()), {&last, 1}, &got).ok());
        ASSERT_EQ(got.String(0), want.String(last % 97));
      }
      ASSERT_EQ(segment->InsertedAt(last), 10 + last / 97);
      ASSERT_EQ(segment->PartitionOf(last), partition);
      const Field& sparse = *schema.Find("SparseFloatVector");
      const std::vector<std::string> query{std::string(batch.Find(sparse.id)->String(0))};
      const VectorSearch search{sparse.id, {sparse.type, 0, 1, nullptr, &query}, Metric::kIP, 5, {},
                                {}};
      std::vector<std::vector<Hit>> hits;
      ASSERT_TRUE(segment->Search(Context(), search, rows, RowMask(), nullptr, &hits).ok());
    }
  });
  for (Timestamp i = 0; i < 150; ++i) segment->Append(batch, {&partition, 1}, 10 + i);
  done = true;
  reader.join();
}

TEST(GrowingSegment, CountsItsMemoryAndReturnsHugeBlocksToThePool) {
  const auto pool = std::make_shared<BlockPool>(64 << 20);
  Random random(4);
  Schema schema = WideSchema(false);
  schema.fields.resize(1);
  Field vector;
  vector.id = FieldId(200);
  vector.type = DataType::kFloatVector;
  vector.dim = 1024;
  schema.fields.push_back(vector);
  {
    const auto segment = GrowingSegment::Make(schema, pool);
    const PartitionId partition(1);
    const Batch batch = RandomBatch(schema, 1100, &random);
    segment->Append(batch, {&partition, 1}, 10);
    EXPECT_EQ(segment->data_bytes(), batch.bytes());
    EXPECT_GT(segment->memory_bytes(), segment->data_bytes());
    EXPECT_EQ(pool->idle_bytes(), 0u);
  }
  // Chunks of 256, 256, 512 and 1,024 rows.
  EXPECT_EQ(pool->idle_bytes(), (1u << 20) + (1u << 20) + (2u << 20) + (4u << 20));
  const auto next = GrowingSegment::Make(schema, pool);
  const PartitionId partition(1);
  next->Append(RandomBatch(schema, 600, &random), {&partition, 1}, 10);
  EXPECT_EQ(pool->idle_bytes(), 0u + (4u << 20));
  pool->Trim();
  EXPECT_EQ(pool->idle_bytes(), 0u);
}

TEST(MaskSlice, ShowsTheSameRowsWhereverItBegins) {
  Random random(5);
  Bitmap bits(3 * kMaskChunkRows + 100);
  for (size_t i = 0; i < bits.size(); ++i) bits.Assign(i, random() % 2 == 0);
  const BitmapMask whole(bits);
  for (const auto& [begin, rows] :
       std::vector<std::pair<size_t, size_t>>{{0, 100},
                                              {256, 256},
                                              {kMaskChunkRows, 2 * kMaskChunkRows},
                                              {37, 200},
                                              {kMaskChunkRows - 11, kMaskChunkRows + 50},
                                              {64, kMaskChunkRows},
                                              {3 * kMaskChunkRows + 37, 63}}) {
    const MaskSlice slice(whole.mask(), begin, rows);
    for (size_t i = 0; i < rows; ++i)
      ASSERT_EQ(slice.mask().Test(i), bits.Test(begin + i)) << begin << " " << i;
  }
}

}  // namespace
}  // namespace elanus::segment
