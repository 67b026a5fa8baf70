#include "meta/rocksdb/rocks_meta_store.h"

#include <filesystem>
#include <fstream>

#include "meta/catalog.h"
#include "meta/meta_store_conformance.h"

namespace elanus::meta {
namespace {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "elanus_meta_XXXXXX").string();
    CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_; }

 private:
  std::string path_;
};

struct RocksFixture {
  MetaStore& store() { return *rocks; }
  TempFolder folder;
  std::unique_ptr<RocksMetaStore> rocks = RocksMetaStore::Open(folder.path()).take();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, MetaStoreConformance, RocksFixture);

// The files as a crash would leave them: copied while the store is still open.
void CopyFiles(const std::string& from, const std::string& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

TEST(RocksMetaStore, KeepsEverythingOverReopen) {
  TempFolder folder;
  for (int round = 0; round < 3; ++round) {
    auto store = RocksMetaStore::Open(folder.path()).take();
    for (int i = 0; i < round; ++i) {
      EXPECT_EQ(store->Get("round" + std::to_string(i)).value(), std::to_string(i));
    }
    ASSERT_TRUE(store->Commit({{}, {{"round" + std::to_string(round), std::to_string(round)}}, {}})
                    .value());
  }
}

TEST(RocksMetaStore, KeepsWhatWasCommittedWhenTheProcessDies) {
  TempFolder folder;
  auto store = RocksMetaStore::Open(folder.path() + "/live").take();
  ASSERT_TRUE(store->Commit({{}, {{"a", "1"}, {"b", "2"}}, {}}).value());
  ASSERT_TRUE(store->Commit({{{"a", "1"}}, {{"a", "3"}}, {"b"}}).value());
  CopyFiles(folder.path() + "/live", folder.path() + "/crashed");
  auto again = RocksMetaStore::Open(folder.path() + "/crashed").take();
  EXPECT_EQ(again->Get("a").value(), "3");
  EXPECT_EQ(again->Get("b").value(), std::nullopt);
}

TEST(RocksMetaStore, KeepsMoreThanItsWriteBuffer) {
  TempFolder folder;
  {
    auto store = RocksMetaStore::Open(folder.path()).take();
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(store
                      ->Commit({{},
                                {{std::to_string(i),
                                  std::string(100'000, static_cast<char>('a' + i % 26))}},
                                {}})
                      .value());
    }
  }
  auto store = RocksMetaStore::Open(folder.path()).take();
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(store->Get(std::to_string(i)).value(),
              std::string(100'000, static_cast<char>('a' + i % 26)));
  }
}

TEST(RocksMetaStore, IsHeldByOneAtATime) {
  TempFolder folder;
  auto store = RocksMetaStore::Open(folder.path()).take();
  auto second = RocksMetaStore::Open(folder.path());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), Code::kIoFailed);
}

TEST(RocksMetaStore, CarriesACatalogOverReopen) {
  TempFolder folder;
  const ShardHead head{1, 42, 7, 91, {}};
  CollectionInfo info;
  info.id = CollectionId(1);
  info.name = "books";
  int64_t id = 0;
  {
    auto store = RocksMetaStore::Open(folder.path()).take();
    auto catalog = Catalog::Open(store.get()).take();
    ASSERT_TRUE(catalog->PutCollection(info).ok());
    ASSERT_TRUE(catalog->CommitHead(ShardId(3), {}, head).ok());
    id = catalog->AllocateIds(10).take();
  }
  auto store = RocksMetaStore::Open(folder.path()).take();
  auto catalog = Catalog::Open(store.get()).take();
  ASSERT_EQ(catalog->LoadCollections().value().size(), 1U);
  EXPECT_EQ(catalog->LoadCollections().value()[0].name, "books");
  EXPECT_EQ(catalog->LoadHead(ShardId(3)).value(), head);
  EXPECT_GE(catalog->AllocateIds(1).value(), id + 10);
}

TEST(RocksMetaStore, SaysWhichFolderItCannotOpen) {
  TempFolder folder;
  std::ofstream(folder.path() + "/file") << "not a folder";
  auto store = RocksMetaStore::Open(folder.path() + "/file");
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.status().message().find(folder.path() + "/file"), std::string::npos);
}

}  // namespace
}  // namespace elanus::meta
