#include "app/survey.h"

#include <map>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/discard.h"
#include "base/clock.h"
#include "coordinator/local_oracle.h"
#include "io/memory/memory_file_system.h"
#include "meta/catalog.h"
#include "meta/memory/memory_meta_store.h"
#include "shard/shard_host.h"
#include "wal/file/file_log.h"

namespace elanus::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A folder with two collections; of each a segment and rows that are in the log alone.
class SurveyTest : public ::testing::Test {
 protected:
  SurveyTest() : folder_(DataFolder::Open(fs_, "data").take()) {
    const auto catalog = meta::Catalog::Open(&store_).take();
    const auto oracle = coordinator::LocalOracle::Open(catalog.get(), &clock_).take();
    const auto log =
        wal::FileLog::Open(fs_, folder_->wal(), {.file_bytes = 1 << 20, .reserve_bytes = 64 << 10})
            .take();
    shard::HostOptions options;
    options.shard.index_rows_min = 100;
    shard::ShardHost host(options, &fs_, folder_->shards(), catalog.get(), log.get(), oracle.get(),
                          &clock_);
    EXPECT_TRUE(host.Recover({}).ok());
    for (const int64_t id : {1, 2}) {
      const roles::CollectionPtr collection = Make(id);
      EXPECT_TRUE(catalog->PutCollection(*collection).ok());
      const roles::ShardPtr shard = host.Open(collection).take();
      Insert(*shard, collection, 0, 1000);
      EXPECT_TRUE(shard->Flush(Context()).ok());
      while (shard->ProgressOf(IndexId(5)).indexed_rows < 1000) std::this_thread::yield();
      roles::WriteRequest ends;
      ends.collection = collection;
      Column keys(FieldId(100), DataType::kInt64);
      keys.Append<int64_t>(7);
      ends.delete_keys = keys;
      EXPECT_TRUE(shard->Write(Context(), std::move(ends)).ok());
      EXPECT_TRUE(shard->Flush(Context()).ok());
      Insert(*shard, collection, 1000, 10);
    }
  }

  static roles::CollectionPtr Make(int64_t id) {
    auto info = std::make_shared<CollectionInfo>();
    info->id = CollectionId(id);
    info->shard = ShardId(10 + id);
    info->database = "default";
    info->name = "books" + std::to_string(id);
    Field key, vector;
    key.id = FieldId(100);
    key.name = "id";
    key.type = DataType::kInt64;
    key.primary = true;
    vector.id = FieldId(101);
    vector.name = "v";
    vector.type = DataType::kFloatVector;
    vector.dim = 4;
    info->schema.fields = {key, vector};
    info->partitions = {{PartitionId(1), "_default", 0, true}};
    IndexInfo index;
    index.id = IndexId(5);
    index.field = vector.id;
    index.name = "v";
    index.type = "IVF_FLAT";
    index.metric = Metric::kL2;
    info->indexes = {index};
    return info;
  }
  static void Insert(roles::Shard& shard, const roles::CollectionPtr& collection, int64_t first,
                     int64_t rows) {
    roles::WriteRequest request;
    request.collection = collection;
    Column id(FieldId(100), DataType::kInt64);
    Column vector(FieldId(101), DataType::kFloatVector, 4);
    for (int64_t i = first; i < first + rows; ++i) {
      id.Append<int64_t>(i);
      const float values[4] = {static_cast<float>(i), 1, 2, 3};
      vector.AppendFixed(values, 1);
    }
    request.rows.rows = static_cast<size_t>(rows);
    request.rows.columns = {id, vector};
    request.partitions = {PartitionId(1)};
    EXPECT_TRUE(shard.Write(Context(), std::move(request)).ok());
  }

  bool Verify() {
    std::ostringstream out;
    const auto good = VerifyData(fs_, *folder_, store_, out);
    EXPECT_TRUE(good.ok()) << good.status().message();
    said_ = out.str();
    return good.ok() && *good;
  }
  std::vector<std::string> Files() {
    std::vector<std::string> paths;
    for (const char* dir : {"data/shards/11", "data/shards/12"}) {
      for (const std::string& name : fs_.List(dir).take()) paths.push_back(io::JoinPath(dir, name));
    }
    return paths;
  }

  FakeClock clock_{1'700'000'000'000};
  io::MemoryFileSystem fs_;
  meta::MemoryMetaStore store_;
  std::unique_ptr<DataFolder> folder_;
  std::string said_;
};

TEST_F(SurveyTest, AFolderAsItWasLeftHasNoDamage) {
  EXPECT_TRUE(Verify()) << said_;
  EXPECT_THAT(said_, HasSubstr("no damage"));
}

// Wherever a bit flips that a reader may come to, it is told with its file and collection.
TEST_F(SurveyTest, EveryKindOfFileIsReadToItsEnd) {
  std::map<std::string, int> kinds;
  for (const std::string& path : Files()) {
    ++kinds[path.substr(path.rfind('.'))];
    const uint64_t size = fs_.SizeOf(path).take();
    for (const uint64_t at : {uint64_t{1}, uint64_t{64}, uint64_t{4096}, size / 2, size - 1}) {
      // Gaps between sections mean nothing.
      if (at >= size || (path.ends_with(".idx") && at != 1 && at != 4096 && at != size - 1))
        continue;
      fs_.FlipBit(path, at, 3);
      EXPECT_FALSE(Verify()) << path << " at " << at << " of " << size;
      const std::string collection =
          path.starts_with("data/shards/11/") ? "'default.books1'" : "'default.books2'";
      EXPECT_THAT(said_, AllOf(HasSubstr("damaged: " + path), HasSubstr(collection)));
      fs_.FlipBit(path, at, 3);
    }
  }
  EXPECT_EQ(kinds, (std::map<std::string, int>{{".seg", 2}, {".del", 2}, {".idx", 2}}));
  EXPECT_TRUE(Verify()) << said_;
}

TEST_F(SurveyTest, AMissingFileIsTold) {
  const std::string path = Files().front();
  ASSERT_TRUE(fs_.Remove(path).ok());
  EXPECT_FALSE(Verify());
  EXPECT_THAT(said_, HasSubstr("damaged: " + path +
                               ": collection 'default.books1': the file is "
                               "missing"));
}

TEST_F(SurveyTest, ADamagedLogIsTold) {
  std::string log;
  for (const std::string& name : fs_.List("data/wal").take()) {
    if (name.starts_with("log-")) log = io::JoinPath("data/wal", name);
  }
  fs_.FlipBit(log, 4096 + 30, 1);
  EXPECT_FALSE(Verify());
  EXPECT_THAT(said_, HasSubstr(log + "' is damaged at offset 4096"));
}

TEST_F(SurveyTest, ADamagedCatalogIsTold) {
  std::vector<std::pair<std::string, std::string>> records;
  ASSERT_TRUE(store_
                  .Scan("",
                        [&](std::string_view key, std::string_view value) {
                          if (key != "format" && !key.starts_with("id/"))
                            records.emplace_back(key, value);
                          return Status();
                        })
                  .ok());
  ASSERT_GE(records.size(), 7U);
  for (const auto& [key, value] : records) {
    std::string damaged = value;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 4);
    ASSERT_TRUE(store_.Commit({{}, {{key, damaged}}, {}}).ok());
    EXPECT_FALSE(Verify()) << key;
    EXPECT_THAT(said_, HasSubstr("damaged: data/meta")) << key;
    ASSERT_TRUE(store_.Commit({{}, {{key, value}}, {}}).ok());
  }
  EXPECT_TRUE(Verify()) << said_;
}

TEST_F(SurveyTest, InspectShowsWhatIsThere) {
  std::ostringstream out;
  ASSERT_TRUE(fs_.Create("data/shards/11/999.idx").ok());
  ASSERT_TRUE(InspectData(fs_, *folder_, store_, out).ok());
  EXPECT_THAT(
      out.str(),
      AllOf(HasSubstr("collection default.books1 id=1 shard=11"),
            HasSubstr("collection default.books2 id=2 shard=12"),
            HasSubstr("rows in segments: 1000; records only in the log: 1"),
            HasSubstr("memory when open: tables of segments 0.0 MiB, rows in the log"),
            HasSubstr("index=v("), HasSubstr("orphan 999.idx"), HasSubstr("log: next lsn")));
}

TEST_F(SurveyTest, InspectTellsOfASegmentThatCannotBeOpened) {
  const auto names = fs_.List("data/shards/11");
  ASSERT_TRUE(names.ok());
  std::string segment;
  for (const std::string& name : *names) {
    if (name.ends_with(".seg")) segment = "data/shards/11/" + name;
  }
  ASSERT_TRUE(fs_.Remove(segment).ok());
  std::ostringstream out;
  ASSERT_TRUE(InspectData(fs_, *folder_, store_, out).ok());
  EXPECT_THAT(out.str(), HasSubstr("quarantined: map '" + segment + "': No such file"));
}

TEST_F(SurveyTest, ADamagedSegmentIsGivenUpAndTheRestHasNoDamage) {
  std::string segment;
  for (const std::string& path : Files()) {
    if (path.starts_with("data/shards/11/") && path.ends_with(".seg")) segment = path;
  }
  const auto discard = [&](const std::string& file) {
    std::ostringstream out;
    const Status done = DiscardSegment(fs_, *folder_, store_, file, out);
    return done.ok() ? out.str() : done.message();
  };
  EXPECT_EQ(FolderOfSegment(segment).take(), "data");
  EXPECT_THAT(discard(segment), HasSubstr("is not damaged: nothing was done"));
  EXPECT_THAT(discard("data/shards/11/999.seg"), HasSubstr("belongs to no collection"));
  EXPECT_THAT(discard("data/shards/13/1.seg"), HasSubstr("belongs to no collection"));
  EXPECT_THAT(discard("data/wal/log-1"), HasSubstr("is no segment"));
  EXPECT_THAT(discard("data/shards/11/7x.seg"), HasSubstr("is no segment"));
  EXPECT_TRUE(Verify()) << said_;
  fs_.FlipBit(segment, fs_.SizeOf(segment).take() / 2, 3);
  EXPECT_FALSE(Verify());
  EXPECT_THAT(discard(segment),
              AllOf(HasSubstr("discarded: " + segment + ": collection 'default.books1': 1000 rows"),
                    HasSubstr("0 segments are left"), HasSubstr("checksum")));
  EXPECT_TRUE(Verify()) << said_;
}

}  // namespace
}  // namespace elanus::app
