#include "segment/sealed_segment.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "base/profile.h"
#include "expr/filter.h"
#include "io/memory/memory_file_system.h"
#include "segment/growing_segment.h"
#include "segment/path_columns.h"
#include "segment/random_rows_testing.h"
#include "segment/segment_format.h"

namespace elanus::segment {
namespace {

const std::vector<PartitionId> kPartitions{PartitionId(1), PartitionId(2), PartitionId(3),
                                           PartitionId(7)};
constexpr char kPath[] = "shard/segment-1";

struct Written {
  Rows model;  // in the order of the rows
  WrittenSegment result;
  std::shared_ptr<SealedSegment> segment;
};

// Reads a column that no field has.
Status ReadColumn(const SealedSegment& segment, const Schema& schema, FieldId column) {
  const auto source = segment.MakeSource(schema, segment.rows(), nullptr);
  expr::BlockScratch scratch;
  for (size_t first = 0; first < source->rows(); first = source->RunEnd(first))
    source->Read(column, first, source->RunEnd(first) - first, &scratch);
  return segment.damage();
}

class SealedSegmentTest : public ::testing::Test {
 protected:
  SealedSegmentTest()
      : seed_(std::random_device()()),
        trace_(__FILE__, __LINE__, "seed " + std::to_string(seed_)),
        random_(seed_) {
    CHECK(fs_.CreateDirs("shard").ok());
  }

  std::shared_ptr<GrowingSegment> Grow(const Schema& schema, const std::vector<size_t>& batches,
                                       Timestamp ts, Rows* model) {
    auto growing = GrowingSegment::Make(schema);
    for (const size_t rows : batches) {
      const Batch batch = RandomBatch(schema, rows, &random_);
      std::vector<PartitionId> partitions(rows);
      for (PartitionId& p : partitions) p = kPartitions[random_() % kPartitions.size()];
      growing->Append(batch, partitions, ts);
      model->Add(batch, partitions, ts);
      ts += 1 + random_() % 3;
    }
    return growing;
  }

  std::shared_ptr<SealedSegment> Open(const std::string& path, const meta::SegmentMeta& meta,
                                      const Schema& schema) {
    auto opened = SealedSegment::Open(&fs_, path, meta, schema);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return opened.ok() ? *opened : nullptr;
  }

  Written Flush(const Schema& schema, const std::vector<size_t>& batches, int64_t id = 1,
                Timestamp ts = 1000) {
    Rows model(schema);
    const MergeInput input{Grow(schema, batches, ts, &model), model.size(), LiveTable::AllLive()};
    const std::string path = "shard/segment-" + std::to_string(id);
    auto result =
        WriteSegment(Context(), &fs_, path, SegmentId(id), schema, {&input, 1}, kPartitions, 0);
    EXPECT_TRUE(result.ok()) << result.status().message();
    auto segment = Open(path, result->meta, schema);
    const std::vector<uint32_t> order = model.SortedOrder();
    for (uint32_t row = 0; row < order.size(); ++row)
      EXPECT_EQ(result->row_maps[0][order[row]], row);
    return {model.Picked(order), std::move(*result), std::move(segment)};
  }

  // All that can be read of a segment; the first error.
  Status ReadAll(const Segment& segment, const Schema& schema) {
    std::vector<uint32_t> all(segment.rows());
    std::iota(all.begin(), all.end(), 0);
    for (const Field& field : schema.fields) {
      if (IsVector(field.type)) {  // reads the norms as well
        const auto& sealed = dynamic_cast<const SealedSegment&>(segment);
        if (auto vectors = sealed.Vectors(field, Metric::kCosine); !vectors.ok())
          return vectors.status();
      }
      Column out(field.id, field.type, field.dim);
      TRY(segment.Fetch(field, all, &out));
    }
    Bitmap allowed(segment.rows(), true);
    segment.MaskInsertedAfter(1000, segment.rows(), &allowed);  // the first batch's time
    return segment.damage();
  }

  const uint64_t seed_;
  const ::testing::ScopedTrace trace_;
  Random random_;
  io::MemoryFileSystem fs_;
};

TEST_F(SealedSegmentTest, AFlushedSegmentAgreesWithAModel) {
  for (const bool string_key : {false, true}) {
    const Written written = Flush(WideSchema(string_key), {300, 1, 500, 400});
    ASSERT_NE(written.segment, nullptr);
    ExpectSameReads(*written.segment, written.model, written.model.size(), &random_);
    EXPECT_EQ(written.segment->file_bytes(), written.result.meta.bytes);
    EXPECT_EQ(written.result.meta.min_ts, 1000u);
    EXPECT_TRUE(written.segment->damage().ok());
    for (const meta::PartitionRange& range : written.result.meta.partitions) {
      for (uint32_t row = range.begin; row < range.end; ++row)
        EXPECT_EQ(written.segment->PartitionOf(row), range.partition);
    }
  }
}

TEST_F(SealedSegmentTest, ARowAloneMakesASegment) {
  const Written written = Flush(WideSchema(false), {1});
  ExpectSameReads(*written.segment, written.model, 1, &random_);
}

// Several inputs with rows that ended at different moments, against rows that know when they lived.
TEST_F(SealedSegmentTest, AMergeKeepsWhatLivedAfterTheFloor) {
  const Schema schema = WideSchema(random_() % 2 == 0);
  struct Input {
    Rows model;
    std::shared_ptr<const Segment> segment;
    LiveTable::Ptr live = LiveTable::AllLive();
    std::map<uint32_t, Timestamp> ended;
  };
  std::vector<Input> inputs;
  for (int64_t i = 0; i < 2; ++i) {
    Written written = Flush(schema, {200, 200, 100}, 10 + i, 1000 + static_cast<Timestamp>(i) * 2);
    inputs.push_back(
        {std::move(written.model), std::move(written.segment), LiveTable::AllLive(), {}});
  }
  Rows grown(schema);
  auto growing = Grow(schema, {100, 150}, 1003, &grown);
  inputs.push_back({std::move(grown), std::move(growing), LiveTable::AllLive(), {}});

  const Timestamp floor = 2010, last = 2020;
  for (Timestamp ts = 2000; ts <= last; ++ts) {
    for (Input& input : inputs) {
      std::vector<uint32_t> rows;
      for (int n = 0; n < 12; ++n) {
        const auto row = static_cast<uint32_t>(random_() % input.model.size());
        if (input.ended.emplace(row, ts).second) rows.push_back(row);
      }
      input.live = input.live->End(rows, ts, ts - 15);
    }
  }

  struct Kept {
    size_t input;
    uint32_t row;
    Timestamp ended;
  };
  const std::vector<PartitionId> partitions{PartitionId(7), PartitionId(1),
                                            PartitionId(3)};  // 2 was dropped
  std::vector<Kept> kept;
  Rows all(schema);
  for (size_t i = 0; i < inputs.size(); ++i) {
    for (uint32_t row = 0; row < inputs[i].model.size(); ++row) {
      const auto it = inputs[i].ended.find(row);
      const Timestamp ended = it == inputs[i].ended.end() ? kMaxTimestamp : it->second;
      if (ended <= floor || inputs[i].model.partitions[row] == PartitionId(2)) continue;
      kept.push_back({i, row, ended});
    }
  }
  std::stable_sort(kept.begin(), kept.end(), [&](const Kept& a, const Kept& b) {
    return inputs[a.input].model.inserted[a.row] < inputs[b.input].model.inserted[b.row];
  });
  for (const Kept& k : kept) {
    const Rows one = inputs[k.input].model.Picked({&k.row, 1});
    Batch batch{1, one.columns};
    all.Add(batch, one.partitions, one.inserted[0]);
  }
  const std::vector<uint32_t> order = all.SortedOrder();
  const Rows model = all.Picked(order);

  std::vector<MergeInput> merge;
  for (const Input& input : inputs)
    merge.push_back({input.segment, input.model.size(), input.live});
  auto result =
      WriteSegment(Context(), &fs_, kPath, SegmentId(1), schema, merge, partitions, floor);
  ASSERT_TRUE(result.ok()) << result.status().message();
  ASSERT_EQ(result->meta.rows, model.size());
  const auto merged = Open(kPath, result->meta, schema);
  ExpectSameReads(*merged, model, model.size(), &random_);

  size_t mapped = 0;
  for (const auto& map : result->row_maps) {
    mapped += static_cast<size_t>(
        std::count_if(map.begin(), map.end(), [](uint32_t r) { return r != Segment::kNoRow; }));
  }
  EXPECT_EQ(mapped, model.size());
  for (Timestamp ts = floor; ts <= last; ++ts) {
    const auto view = result->live->At(ts, model.size());
    for (uint32_t row = 0; row < order.size(); ++row) {
      const Kept& k = kept[order[row]];
      EXPECT_EQ(result->row_maps[k.input][k.row], row);
      EXPECT_EQ(view.mask().Test(row), k.ended > ts);
    }
  }
}

TEST_F(SealedSegmentTest, NoRowsLeftWriteNoFile) {
  Rows model(WideSchema(false));
  const MergeInput input{Grow(model.schema, {50}, 1000, &model), 50, nullptr};
  auto result =
      WriteSegment(Context(), &fs_, kPath, SegmentId(1), model.schema, {&input, 1}, {}, 0);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->meta.rows, 0u);
  EXPECT_EQ(result->row_maps[0][7], Segment::kNoRow);
  EXPECT_FALSE(*fs_.Exists(kPath));
}

TEST_F(SealedSegmentTest, TheSchemaMayGainAndLoseFields) {
  const Schema schema = WideSchema(false);
  const Written written = Flush(schema, {300});
  Schema other = schema;
  other.fields.erase(other.fields.begin() + 5);
  Field field;
  field.id = FieldId(500);
  field.name = "later";
  field.type = DataType::kInt32;
  field.default_value = Value(int64_t{42});
  other.fields.push_back(field);
  field.id = FieldId(501);
  field.type = DataType::kFloatVector;
  field.dim = 4;
  field.nullable = true;
  field.default_value.reset();
  other.fields.push_back(field);
  const auto segment = Open(kPath, written.result.meta, other);
  ASSERT_NE(segment, nullptr);
  EXPECT_FALSE(segment->Has(FieldId(500)));

  Column numbers(FieldId(500), DataType::kInt32);
  const std::vector<uint32_t> rows{0, 299};
  ASSERT_TRUE(segment->Fetch(*other.Find(FieldId(500)), rows, &numbers).ok());
  EXPECT_EQ(numbers.as<int32_t>()[1], 42);
  const auto source = segment->MakeSource(other, 300, nullptr);
  expr::BlockScratch scratch;
  EXPECT_EQ(source->Read(FieldId(500), 256, 44, &scratch).as<int32_t>()[43], 42);
  EXPECT_EQ(source->Read(FieldId(501), 0, 256, &scratch).valid[0], 0);
  EXPECT_EQ(segment->Vectors(*other.Find(FieldId(501)), Metric::kL2).status().code(),
            Code::kFieldNotFound);

  // The next merge writes the new fields out.
  const MergeInput input{segment, 300, nullptr};
  auto merged = WriteSegment(Context(), &fs_, "shard/merged", SegmentId(2), other, {&input, 1},
                             kPartitions, 0);
  ASSERT_TRUE(merged.ok()) << merged.status().message();
  const auto rewritten = Open("shard/merged", merged->meta, other);
  EXPECT_TRUE(rewritten->Has(FieldId(501)));
  Column again(FieldId(500), DataType::kInt32);
  ASSERT_TRUE(rewritten->Fetch(*other.Find(FieldId(500)), rows, &again).ok());
  EXPECT_EQ(again.as<int32_t>()[1], 42);
}

TEST_F(SealedSegmentTest, ADamagedBlockIsAnErrorWithFileAndOffset) {
  const Schema schema = WideSchema(true);
  const Written written = Flush(schema, {300, 3000});
  const std::string bytes = *io::ReadFile(fs_, kPath);
  const SegmentFooter footer = *DecodeFooter(*FindFooter(bytes));
  ASSERT_GT(footer.sections.size(), 50u);
  size_t blocks = 0;
  for (const Section& section : footer.sections) {
    for (uint64_t begin = 0; begin < section.size; begin += kChecksumBytes, ++blocks) {
      const uint64_t at = section.offset + begin +
                          random_() % std::min<uint64_t>(kChecksumBytes, section.size - begin);
      const int bit = static_cast<int>(random_() % 8);
      fs_.FlipBit(kPath, at, bit);
      const auto segment = Open(kPath, written.result.meta, schema);
      ASSERT_NE(segment, nullptr);
      if (section.kind == SectionKind::kPaths || section.kind == SectionKind::kZones ||
          section.kind == SectionKind::kBlooms) {
        // What they say can be told without them.
        EXPECT_TRUE(ReadAll(*segment, schema).ok());
        fs_.FlipBit(kPath, at, bit);
        continue;
      }
      const Status status = section.field > kPathTable ? ReadColumn(*segment, schema, section.field)
                                                       : ReadAll(*segment, schema);
      ASSERT_EQ(status.code(), Code::kCorruption)
          << "field " << section.field.value << " kind " << int(section.kind);
      const std::string where = std::string(kPath) + ": checksum mismatch at offset " +
                                std::to_string(section.offset + begin);
      EXPECT_NE(status.message().find(where), std::string::npos) << status.message();
      fs_.FlipBit(kPath, at, bit);
    }
  }
  EXPECT_GT(blocks, footer.sections.size());
  EXPECT_TRUE(ReadAll(*Open(kPath, written.result.meta, schema), schema).ok());
}

TEST_F(SealedSegmentTest, CallsWithoutAStatusRememberDamage) {
  const Schema schema = WideSchema(true);
  const Written written = Flush(schema, {300});
  const SegmentFooter footer = *DecodeFooter(*FindFooter(*io::ReadFile(fs_, kPath)));
  const Field& field = *schema.Find("Int32");
  const auto damaged = [&](FieldId id, const std::function<void(const Segment&)>& read) {
    const uint64_t at = footer.Find(id, SectionKind::kValues)->offset;
    fs_.FlipBit(kPath, at, 3);
    const auto segment = Open(kPath, written.result.meta, schema);
    read(*segment);
    EXPECT_EQ(segment->damage().code(), Code::kCorruption);
    Column out(field.id, field.type);
    EXPECT_EQ(segment->Fetch(field, {}, &out).code(), Code::kCorruption);
    fs_.FlipBit(kPath, at, 3);
  };
  damaged(field.id, [&](const Segment& segment) {
    expr::BlockScratch scratch;
    const expr::Block block =
        segment.MakeSource(schema, 300, nullptr)->Read(field.id, 0, 256, &scratch);
    EXPECT_EQ(block.valid[255], 0);
    EXPECT_EQ(block.as<int32_t>()[255], 0);
  });
  damaged(schema.primary().id, [&](const Segment& segment) {
    Column keys(schema.primary().id, DataType::kVarChar);
    keys.AppendFrom(written.model.columns[0], 0);
    segment.FindKeys(keys, {}, [](size_t, uint32_t) { FAIL(); });
  });
}

TEST_F(SealedSegmentTest, CountsRowsByAgeToOneIn64) {
  const std::vector<size_t> batches(100, 7);
  for (const auto& sizes : {batches, std::vector<size_t>{3}, std::vector<size_t>{1, 40}}) {
    const Written written = Flush(WideSchema(false), sizes);
    const auto& inserted = written.model.inserted;
    for (Timestamp ts = 990; ts <= *std::max_element(inserted.begin(), inserted.end()) + 1; ++ts) {
      const auto before = static_cast<size_t>(std::count_if(
          inserted.begin(), inserted.end(), [ts](Timestamp its) { return its < ts; }));
      const size_t told = written.segment->RowsInsertedBefore(ts);
      EXPECT_LE(told, before);
      EXPECT_GE(told + inserted.size() / 64 + 1, before);
    }
  }
}

// Keys that the footer's statistics rule out cost no look at the column.
TEST_F(SealedSegmentTest, KeysOutsideTheColumnsRangeAreNotLookedUp) {
  for (const bool text : {false, true}) {
    const Schema schema = WideSchema(text);
    const Field& key = schema.primary();
    const Written written = Flush(schema, {300});
    const SegmentFooter footer = *DecodeFooter(*FindFooter(*io::ReadFile(fs_, kPath)));
    fs_.FlipBit(kPath, footer.Find(key.id, SectionKind::kValues)->offset, 3);
    const auto segment = Open(kPath, written.result.meta, schema);
    const auto find = [&](const Column& keys) {
      segment->FindKeys(keys, {}, [](size_t, uint32_t) { FAIL(); });
      return segment->damage().code();
    };
    Column outside(key.id, key.type);
    if (text) {
      outside.AppendString("");
      outside.AppendString("\xff");
    } else {
      outside.Append<int64_t>(std::numeric_limits<int64_t>::min());
      outside.Append<int64_t>(std::numeric_limits<int64_t>::max());
    }
    EXPECT_EQ(find(outside), Code::kOk);
    outside.AppendFrom(written.model.columns[0], 0);
    EXPECT_EQ(find(outside), Code::kCorruption);
  }
}

TEST_F(SealedSegmentTest, RefusesADamagedHeadOrFooterAndACutFile) {
  const Schema schema = WideSchema(false);
  const Written written = Flush(schema, {40});
  const std::string bytes = *io::ReadFile(fs_, kPath);
  const auto expect_refused = [&](const std::string& changed) {
    CHECK(io::WriteFileAtomically(fs_, "shard/changed", changed).ok());
    const auto opened = SealedSegment::Open(&fs_, "shard/changed", written.result.meta, schema);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.status().code(), Code::kCorruption);
    EXPECT_NE(opened.status().message().find("shard/changed"), std::string::npos);
  };
  const uint64_t footer = static_cast<uint64_t>(FindFooter(bytes)->data() - bytes.data());
  for (int i = 0; i < 300; ++i) {
    std::string changed = bytes;
    const uint64_t at =
        i < 64 ? static_cast<uint64_t>(i) : footer + random_() % (bytes.size() - footer);
    changed[at] = static_cast<char>(changed[at] ^ (1 << (random_() % 8)));
    expect_refused(changed);
    expect_refused(bytes.substr(0, random_() % bytes.size()));
  }
  meta::SegmentMeta other = written.result.meta;
  other.rows += 1;
  EXPECT_EQ(SealedSegment::Open(&fs_, kPath, other, schema).status().code(), Code::kCorruption);
}

TEST_F(SealedSegmentTest, AFailedWriteLeavesNoSegment) {
  Rows model(WideSchema(false));
  const MergeInput input{Grow(model.schema, {200}, 1000, &model), 200, nullptr};
  for (uint64_t n = 1;; ++n) {
    fs_.FailCall(n);
    const auto result = WriteSegment(Context(), &fs_, kPath, SegmentId(1), model.schema,
                                     {&input, 1}, kPartitions, 0);
    if (result.ok()) {
      EXPECT_GT(n, 3u);
      break;
    }
    EXPECT_FALSE(*fs_.Exists(kPath));
    EXPECT_FALSE(*fs_.Exists(std::string(kPath) + ".tmp"));
  }
}

TEST_F(SealedSegmentTest, ACancelledWriteStops) {
  Rows model(WideSchema(false));
  const MergeInput input{Grow(model.schema, {50}, 1000, &model), 50, nullptr};
  Context context;
  context.Cancel();
  EXPECT_EQ(
      WriteSegment(context, &fs_, kPath, SegmentId(1), model.schema, {&input, 1}, kPartitions, 0)
          .status()
          .code(),
      Code::kCancelled);
  EXPECT_FALSE(*fs_.Exists(kPath));
}

TEST_F(SealedSegmentTest, StatisticsRuleOutPredicatesThatNoRowCanMeet) {
  const Written written = Flush(WideSchema(false), {500});
  const auto source = written.segment->MakeSource(written.model.schema, 500, nullptr);
  expr::IndexPredicate predicate{expr::IndexPredicate::Kind::kRange,
                                 FieldId(100),
                                 {},
                                 Value(int64_t{100000}),
                                 {},
                                 false,
                                 false,
                                 ""};
  ASSERT_TRUE(source->EstimateIndex(predicate).has_value());
  EXPECT_EQ(source->EstimateIndex(predicate)->rows, 0u);
  const Bitmap matched = source->AskIndex(predicate);
  EXPECT_EQ(matched.size(), 500u);
  EXPECT_TRUE(matched.None());
  predicate.low = Value(int64_t{0});
  EXPECT_FALSE(source->EstimateIndex(predicate).has_value());
}

TEST_F(SealedSegmentTest, KeysInAFilterAreFoundByTheirOrder) {
  for (const bool string_key : {false, true}) {
    const Written written = Flush(WideSchema(string_key), {2000, 1500});
    const Schema& schema = written.model.schema;
    const Column& keys = written.model.Of(schema.primary().id);
    const auto key_at = [&](size_t row) {
      return keys.fixed() ? Value(keys.as<int64_t>()[row]) : Value(std::string(keys.String(row)));
    };
    const auto source = written.segment->MakeSource(schema, 3000, nullptr);
    Value::Array wanted{string_key ? Value("absent") : Value(int64_t{1'000'000})};
    for (int i = 0; i < 20; ++i) wanted.push_back(key_at(random_() % 3500));
    const auto filter = expr::Compile("id in {keys}", schema, {{"keys", wanted}});
    ASSERT_TRUE(filter.ok()) << filter.status().message();
    Profile profile;
    Context context;
    context.SetProfile(&profile);
    Bitmap passed;
    ASSERT_TRUE((*filter)->Evaluate(context, *source, &passed).ok());
    ASSERT_EQ(passed.size(), 3000u);
    for (size_t row = 0; row < 3000; ++row) {
      const bool is_wanted = std::find(wanted.begin(), wanted.end(), key_at(row)) != wanted.end();
      ASSERT_EQ(passed.Test(row), is_wanted) << row;
    }
    EXPECT_TRUE(profile.Plan().starts_with("index `id in {keys}` 3000 -> ")) << profile.Plan();
  }
}

TEST_F(SealedSegmentTest, TheSpatialIndexLeadsToWhatAScanFinds) {
  constexpr size_t kRows = 3000;
  const Written written = Flush(WideSchema(false), {kRows});
  const Schema& schema = written.model.schema;
  for (const char* name : {"Geometry", "Geometry_or_null"}) {
    const Field& field = *schema.Find(name);
    std::string bytes;
    ASSERT_TRUE(index::BuildScalar(*written.segment->Scalars(field), [&](std::string_view piece) {
                  bytes += piece;
                  return Status();
                }).ok());
    IndexSet indexes;
    indexes.scalars[IndexId(1)] = {
        field.id, index::OpenScalar(bytes, *written.segment->LendScalars(field)).take()};
    const auto scan = written.segment->MakeSource(schema, kRows, nullptr);
    const auto indexed = written.segment->MakeSource(schema, kRows, &indexes);
    for (const char* filter :
         {"st_within(%, 'POLYGON ((20 20, 40 20, 40 40, 30 45, 20 40, 20 20))')",
          "st_intersects(%, 'LINESTRING (0 0, 30 30)')", "st_equals(%, 'POINT (5 7)')",
          "st_dwithin(%, 'POINT (50 50)', 500000)", "st_crosses(%, 'LINESTRING (0 99, 99 0)')"}) {
      std::string text = filter;
      text.replace(text.find('%'), 1, name);
      const auto compiled = expr::Compile(text, schema, {});
      ASSERT_TRUE(compiled.ok()) << compiled.status().message();
      Bitmap by_scan, by_index;
      ASSERT_TRUE((*compiled)->Evaluate(Context(), *scan, &by_scan).ok());
      ASSERT_TRUE((*compiled)->Evaluate(Context(), *indexed, &by_index).ok());
      EXPECT_TRUE(std::ranges::equal(by_scan.words(), by_index.words())) << text;
    }
    expr::IndexPredicate near{
        expr::IndexPredicate::Kind::kNear, field.id, {}, {}, {}, false, false, ""};
    near.reach.box = {20, 20, 30, 30};
    EXPECT_FALSE(scan->EstimateIndex(near).has_value());
    ASSERT_TRUE(indexed->EstimateIndex(near).has_value());
    const size_t found = indexed->AskIndex(near).Count();
    EXPECT_GT(found, 0u);
    EXPECT_LT(found, kRows / 3);
    near.reach.box = {-1, -1, 200, 200};
    EXPECT_EQ(indexed->AskIndex(near).Count(), kRows);  // a scan is as cheap
  }
}

TEST_F(SealedSegmentTest, DeltasComeBackAsTheyWere) {
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < 100'000; row += 7) rows.push_back(row);
  const std::vector<uint32_t> one{3};
  const LiveTable::Ptr many = LiveTable::AllLive()->End(rows, 50, 0);
  const std::vector<std::pair<SegmentId, LiveTable::Ptr>> tables{
      {SegmentId(4), many},
      {SegmentId(5), LiveTable::AllLive()},
      {SegmentId(6), LiveTable::AllLive()->End(one, 60, 0)}};
  ASSERT_TRUE(WriteDelta(&fs_, "shard/delta", tables).ok());
  auto read = ReadDelta(&fs_, "shard/delta");
  ASSERT_TRUE(read.ok()) << read.status().message();
  ASSERT_EQ(read->size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*read)[i].first, tables[i].first);
    EXPECT_EQ((*read)[i].second->dead(), tables[i].second->dead());
    for (uint32_t row = 0; row < 100'000; ++row) {
      ASSERT_EQ((*read)[i].second->LiveNow(row), tables[i].second->LiveNow(row));
    }
  }
  const uint64_t size = *fs_.SizeOf("shard/delta");
  fs_.FlipBit("shard/delta", random_() % size, 2);
  EXPECT_EQ(ReadDelta(&fs_, "shard/delta").status().code(), Code::kCorruption);
}

TEST(PackBits, ComesBackForEveryWidth) {
  Random random(9);
  for (unsigned bits = 0; bits <= 64; ++bits) {
    std::vector<uint64_t> values(131);
    for (uint64_t& v : values) v = bits == 0 ? 0 : random() >> (64 - bits);
    const std::vector<uint64_t> words = PackBits(values, bits);
    EXPECT_EQ(words.size() * 8, PackedBytes(values.size(), bits));
    for (size_t i = 0; i < values.size(); ++i)
      ASSERT_EQ(UnpackBits(words.data(), bits, i), values[i]) << bits;
  }
}

}  // namespace
}  // namespace elanus::segment
