// A damaged segment takes its own rows out of service and nothing else: reads that need it say
// which file of which collection, the rest is served, and once the file is restored nothing is
// missing.
#include "faults/books.h"

namespace elanus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Quarantine : public ::testing::Test {
 protected:
  // Books with a segment and a later delete and insert that are in the log alone, and another
  // collection of two partitions with a segment each.
  void SetUp() override {
    ASSERT_TRUE(database_.Start().ok());
    ASSERT_EQ(books_.Create(), "");
    ASSERT_EQ(books_.Insert({{1, 1}, {2, 2}, {3, 30}}), "");
    ASSERT_EQ(books_.Say("create parted (id Int64 primary, n Int32, v FloatVector(2))"), "");
    ASSERT_EQ(books_.Say("serve parted L2"), "");
    ASSERT_EQ(books_.Say("insert parted\n  {\"id\": 1, \"n\": 1, \"v\": [1, 1]}"), "");
    ASSERT_EQ(books_.Say("flush"), "");
    ASSERT_EQ(books_.Say("partition parted b"), "");
    ASSERT_EQ(books_.Say("load parted in b"), "");
    ASSERT_EQ(books_.Say("insert parted into b\n  {\"id\": 2, \"n\": 2, \"v\": [2, 2]}"), "");
    ASSERT_EQ(books_.Say("flush"), "");
    ASSERT_EQ(books_.Delete(2), "");
    ASSERT_EQ(books_.Insert({{5, 50}}), "");
  }

  static Database::Options Calm() {
    Database::Options options = Database::SmallOptions();
    options.host.shard.quiet_ms = 1'000'000;  // segments stay as they are
    options.host.shard.index_rows_min = 1'000;
    return options;
  }

  shard::ShardHost& shards() { return database_.shards(); }
  roles::CollectionPtr Info(const std::string& name) {
    const auto all = database_.coordinator().List(kDefaultDatabaseName).take();
    for (const roles::CollectionPtr& info : all) {
      if (info->name == name) return info;
    }
    return nullptr;
  }
  // Of a collection, by the order of their ids.
  std::vector<std::string> Segments(const std::string& name) {
    const roles::CollectionPtr info = Info(name);
    std::vector<std::string> paths;
    const auto head = database_.catalog().LoadHead(info->shard).take();
    for (const meta::SegmentMeta& meta : head.segments) {
      paths.push_back(std::string(Database::kShardsFolder) + "/" +
                      std::to_string(info->shard.value) + "/" + std::to_string(meta.id.value) +
                      ".seg");
    }
    return paths;
  }
  std::vector<std::string> Damages(const std::string& name) {
    return shards().Open(Info(name)).take()->Stats().damages;
  }

  // Damages the file while the database is stopped; afterwards puts it right.
  void ServesTheRestWithout(const std::string& path,
                            const std::function<void(io::MemoryFileSystem&)>& damage,
                            bool at_start = true) {
    const std::string bytes = io::ReadFile(database_.files(), path).take();
    database_.Stop();
    damage(database_.files());
    ASSERT_TRUE(database_.Start().ok());
    const auto named = AllOf(HasSubstr("error"), HasSubstr("collection 'books'"), HasSubstr(path));
    EXPECT_THAT(books_.Rows(), named);
    EXPECT_THAT(books_.Say("search books v [1, 1] limit 1"), named);
    EXPECT_EQ(Damages("books").size(), 1U);
    EXPECT_THAT(Damages("books")[0], HasSubstr(path));
    EXPECT_THAT(Damages("parted"), IsEmpty());
    if (at_start) {
      EXPECT_THAT(books_.Insert({{6, 6}}), named) << "a key might come to be there twice";
      EXPECT_THAT(books_.Say("flush"), HasSubstr(path));
    }
    // Other collections do not notice, the log is not held back by them, and DDL goes on.
    EXPECT_EQ(books_.Say("query parted select n where n > 0"),
              "{\"n\":1, \"id\":1}\n{\"n\":2, \"id\":2}\n");
    EXPECT_EQ(books_.Say("insert parted\n  {\"id\": 3, \"n\": 3, \"v\": [3, 3]}"), "");
    EXPECT_EQ(books_.Say("delete parted where id == 3"), "deleted 1\n");
    EXPECT_EQ(database_.shards().problem(), "");
    ASSERT_TRUE(database_.Restart().ok());

    database_.Stop();
    ASSERT_TRUE(io::WriteFileAtomically(database_.files(), path, bytes).ok());
    ASSERT_TRUE(database_.Start().ok());
    books_.Check("restored");
    EXPECT_THAT(Damages("books"), IsEmpty());
    EXPECT_EQ(books_.Insert({{7, 7}}), "");
    books_.Check("written again");
  }

  Database database_{Calm()};
  Books books_{&database_};
};

TEST_F(Quarantine, OfAMissingSegment) {
  const std::string path = Segments("books").at(0);
  ServesTheRestWithout(path, [&](auto& files) { ASSERT_TRUE(files.Remove(path).ok()); });
}

TEST_F(Quarantine, OfADamagedHeader) {
  const std::string path = Segments("books").at(0);
  ServesTheRestWithout(path, [&](auto& files) { files.FlipBit(path, 3, 1); });
}

TEST_F(Quarantine, OfADamagedFooter) {
  const std::string path = Segments("books").at(0);
  ServesTheRestWithout(
      path, [&](auto& files) { files.FlipBit(path, files.SizeOf(path).value() - 40, 1); });
}

TEST_F(Quarantine, OfACutFile) {
  const std::string path = Segments("books").at(0);
  ServesTheRestWithout(path, [&](auto& files) {
    auto file = files.OpenWritable(path, {.create = false, .truncate = false}).take();
    ASSERT_TRUE(file->Truncate(file->size() / 2).ok());
    ASSERT_TRUE(file->Sync().ok());
  });
}

TEST_F(Quarantine, PartitionsWithoutRowsInItAreRead) {
  const std::string path = Segments("parted").at(0);
  database_.Stop();
  ASSERT_TRUE(database_.files().Remove(path).ok());
  ASSERT_TRUE(database_.Start().ok());
  EXPECT_THAT(books_.Say("query parted select n where n > 0"), HasSubstr(path));
  EXPECT_EQ(books_.Say("query parted in b select n where n > 0"), "{\"n\":2, \"id\":2}\n");
  EXPECT_EQ(books_.Say("search parted v [1, 1] in b limit 5"), "2 2\n");
  EXPECT_EQ(books_.Say("drop parted"), "");
  books_.Check("after the damaged collection was dropped");
}

TEST_F(Quarantine, OfADeltaFileOfItsSegments) {
  ASSERT_EQ(books_.Say("flush"), "");
  const roles::CollectionPtr info = Info("books");
  const auto head = database_.catalog().LoadHead(info->shard).take();
  int64_t delta = 0;
  for (const meta::SegmentMeta& meta : head.segments) delta = std::max(delta, meta.delta);
  ASSERT_NE(delta, 0);
  const std::string path = std::string(Database::kShardsFolder) + "/" +
                           std::to_string(info->shard.value) + "/" + std::to_string(delta) + ".del";
  const std::string bytes = io::ReadFile(database_.files(), path).take();
  database_.Stop();
  ASSERT_TRUE(database_.files().Remove(path).ok());
  ASSERT_TRUE(database_.Start().ok());
  EXPECT_THAT(books_.Rows(), AllOf(HasSubstr("collection 'books'"), HasSubstr(path)));
  EXPECT_EQ(books_.Say("count parted"), "2\n");
  database_.Stop();
  ASSERT_TRUE(io::WriteFileAtomically(database_.files(), path, bytes).ok());
  ASSERT_TRUE(database_.Start().ok());
  books_.Check("restored");
}

// Damage of a column is met by the first call that reads it.
TEST_F(Quarantine, ADamagedColumnIsToldByTheReadsOfItAlone) {
  const std::string path = Segments("books").at(0);
  const std::string bytes = io::ReadFile(database_.files(), path).take();
  database_.Stop();
  const size_t text = bytes.find("123");  // the column s: a digit of each key
  ASSERT_NE(text, std::string::npos);
  database_.files().FlipBit(path, text, 3);
  ASSERT_TRUE(database_.Start().ok());
  EXPECT_EQ(books_.Say("query books select n where n == 30"), "{\"n\":30, \"id\":3}\n");
  EXPECT_THAT(Damages("books"), IsEmpty());
  EXPECT_THAT(books_.Say("query books select s where id == 3"),
              AllOf(HasSubstr("collection 'books'"), HasSubstr(path)));
  EXPECT_EQ(Damages("books").size(), 1U);
  EXPECT_EQ(books_.Say("query books select n where n == 30"), "{\"n\":30, \"id\":3}\n");
  EXPECT_EQ(books_.Insert({{8, 8}}), "");
}

}  // namespace
}  // namespace elanus::testing
