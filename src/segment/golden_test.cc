// Files of every version of the segment format stay readable: tests/golden/segment-v1 and delta-v1.
// ELANUS_WRITE_GOLDEN=1 writes them anew, which only a new version may need.
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include "io/posix/posix_file_system.h"
#include "model/json.h"
#include "segment/growing_segment.h"
#include "segment/sealed_segment.h"

namespace elanus::segment {
namespace {

const std::string kFolder = ELANUS_GOLDEN_DIR;
constexpr uint32_t kRows = 40;

Schema GoldenSchema() {
  Schema schema;
  const auto add = [&](int64_t id, const char* name, DataType type, bool nullable,
                       int64_t dim = 0) -> Field& {
    Field& field = schema.fields.emplace_back();
    field.id = FieldId(id);
    field.name = name;
    field.type = type;
    field.nullable = nullable;
    field.dim = dim;
    return field;
  };
  add(100, "id", DataType::kInt64, false).primary = true;
  add(101, "color", DataType::kVarChar, true);
  add(102, "price", DataType::kDouble, false);
  add(103, "meta", DataType::kJson, false);
  add(104, "vector", DataType::kFloatVector, false, 4);
  add(105, "sparse", DataType::kSparseFloatVector, true);
  return schema;
}

// Row i has key 2 * i, partition 1 or 2 by halves, a null color for each fifth.
Column GoldenColumn(const Field& field) {
  Column column(field.id, field.type, field.dim);
  for (uint32_t i = 0; i < kRows; ++i) {
    const std::string number = std::to_string(i);
    switch (field.id.value) {
      case 100:
        column.Append(int64_t{2} * i);
        break;
      case 101:
        i % 5 == 4 ? column.AppendNull() : column.AppendString("color number " + number);
        break;
      case 102:
        column.Append(i * 0.5);
        break;
      case 103:
        column.AppendString(*EncodeJson("{\"n\":" + number + "}"));
        break;
      case 104: {
        const float vector[4] = {static_cast<float>(i), 1, 0, -2};
        column.AppendFixed(vector, 1);
        break;
      }
      default: {
        char row[8];
        const float weight = 0.25f;
        std::memcpy(row, &i, 4);
        std::memcpy(row + 4, &weight, 4);
        i % 3 == 0 ? column.AppendNull() : column.AppendString({row, sizeof row});
      }
    }
  }
  return column;
}

Timestamp GoldenTime(uint32_t row) { return TimestampFromMs(1'700'000'000'000) + row / 10; }

meta::SegmentMeta GoldenMeta() {
  meta::SegmentMeta meta;
  meta.id = SegmentId(77);
  meta.rows = kRows;
  return meta;
}

LiveTable::Ptr GoldenLive() {
  return LiveTable::AllLive()->End({{3, 90}, {5, 100}, {40'000, 110}}, 95);
}

std::shared_ptr<GrowingSegment> GoldenRows() {
  const auto growing = GrowingSegment::Make(GoldenSchema());
  for (uint32_t first = 0; first < kRows; first += 10) {
    Batch batch;
    batch.rows = 10;
    for (const Field& field : GoldenSchema().fields)
      batch.columns.push_back(GoldenColumn(field).Slice(first, first + 10));
    const PartitionId partition(first < kRows / 2 ? 1 : 2);
    growing->Append(batch, {&partition, 1}, GoldenTime(first));
  }
  return growing;
}

Result<WrittenSegment> WriteGolden(io::FileSystem* fs, const std::string& path) {
  const MergeInput input{GoldenRows(), kRows, LiveTable::AllLive()};
  const std::vector<PartitionId> partitions{PartitionId(1), PartitionId(2)};
  return WriteSegment(Context(), fs, path, SegmentId(77), GoldenSchema(), {&input, 1}, partitions,
                      0);
}

TEST(GoldenFiles, SegmentOfVersion1IsReadable) {
  const auto fs = io::NewPosixFileSystem();
  const std::string path = kFolder + "/segment-v1";
  if (std::getenv("ELANUS_WRITE_GOLDEN") != nullptr) {
    ASSERT_TRUE(WriteGolden(fs.get(), path).ok());
  }
  const Schema schema = GoldenSchema();
  const auto segment = SealedSegment::Open(fs.get(), path, GoldenMeta(), schema);
  ASSERT_TRUE(segment.ok()) << segment.status().message();
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < kRows; ++row) {
    rows.push_back(row);
    EXPECT_EQ((*segment)->InsertedAt(row), GoldenTime(row));
    EXPECT_EQ((*segment)->PartitionOf(row), PartitionId(row < kRows / 2 ? 1 : 2));
  }
  for (const Field& field : schema.fields) {
    const Column want = GoldenColumn(field);
    Column got(field.id, field.type, field.dim);
    const Status status = (*segment)->Fetch(field, rows, &got);
    ASSERT_TRUE(status.ok()) << status.message();
    for (uint32_t row = 0; row < kRows; ++row) {
      EXPECT_EQ(got.IsNull(row), want.IsNull(row));
      EXPECT_EQ(got.String(row), want.String(row)) << field.name << " " << row;
    }
  }
  const auto vectors = (*segment)->Vectors(*schema.Find("vector"), Metric::kCosine);
  ASSERT_TRUE(vectors.ok());
  EXPECT_FLOAT_EQ(vectors->inverse_norms[2], 1.0f / 3);
}

TEST(GoldenFiles, DeltaOfVersion1IsReadable) {
  const auto fs = io::NewPosixFileSystem();
  const std::string path = kFolder + "/delta-v1";
  if (std::getenv("ELANUS_WRITE_GOLDEN") != nullptr) {
    const std::pair<SegmentId, LiveTable::Ptr> table{SegmentId(77), GoldenLive()};
    ASSERT_TRUE(WriteDelta(fs.get(), path, {&table, 1}).ok());
  }
  const auto tables = ReadDelta(fs.get(), path);
  ASSERT_TRUE(tables.ok()) << tables.status().message();
  ASSERT_EQ(tables->size(), 1u);
  EXPECT_EQ((*tables)[0].first, SegmentId(77));
  const LiveTable& live = *(*tables)[0].second;
  EXPECT_EQ(live.dead(), 3u);
  EXPECT_FALSE(live.LiveNow(3));
  EXPECT_TRUE(live.At(99, 50).mask().Test(5));
  ASSERT_EQ(live.tail().size(), 2u);
  EXPECT_EQ(live.tail()[1].row, 40'000u);
}

}  // namespace
}  // namespace elanus::segment
