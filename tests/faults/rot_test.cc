// Rotten bytes: every kind of file, a flipped bit here and there. The answer is an error that names
// the file, or the right rows, never others; and the process lives.
#include <algorithm>
#include <cctype>
#include <cstring>

#include "base/crc32c.h"
#include "faults/books.h"

namespace elanus::testing {
namespace {

using ::testing::HasSubstr;

class Rot : public ::testing::Test {
 protected:
  static constexpr const char* kFolders[] = {Database::kCatalogFolder, Database::kLogFolder,
                                             Database::kShardsFolder};

  // A segment with its indexes, a delta object, and a log with rows that are nowhere else.
  void SetUp() override {
    ASSERT_TRUE(database_.Start().ok());
    ASSERT_EQ(books_.Create(), "");
    std::map<int64_t, int32_t> rows;
    for (int32_t i = 0; i < 40; ++i) rows[i] = i;
    ASSERT_EQ(books_.Insert(rows), "");
    ASSERT_EQ(books_.Say("flush"), "");
    ASSERT_EQ(books_.Delete(20), "");
    ASSERT_EQ(books_.Say("flush"), "");
    ASSERT_TRUE(database_.FinishIndexes().ok());
    history_.push_back(books_.expected);
    for (int32_t i = 100; i < 110; ++i) {
      ASSERT_EQ(books_.Insert({{i, i}}), "");
      history_.push_back(books_.expected);
    }
    database_.Stop();
    // A merge may have come between, whose index was not built when the database stopped.
    while (Files(".idx").empty()) {
      ASSERT_TRUE(database_.Start().ok());
      ASSERT_TRUE(database_.FinishIndexes().ok());
      database_.Stop();
    }
    for (const char* folder : kFolders) {
      for (const std::string& path : Files("", folder)) files_[path] = Read(path);
    }
  }

  // Files and catalog as SetUp left them, whatever has run since.
  void Restore() {
    io::MemoryFileSystem& files = database_.files();
    for (const char* folder : kFolders) {
      for (const std::string& path : Files("", folder)) {
        if (files_.contains(path)) continue;
        ASSERT_TRUE(files.Remove(path).ok());
      }
    }
    for (const auto& [path, bytes] : files_) Write(path, bytes);
  }

  // Of the shards, with this ending; or the log's.
  std::vector<std::string> Files(const std::string& ending) {
    if (ending == "log") return Files("", Database::kLogFolder);
    return Files(ending, Database::kShardsFolder);
  }
  std::vector<std::string> Files(const std::string& ending, const std::string& folder) {
    std::vector<std::string> found;
    auto names = database_.files().List(folder);
    if (!names.ok()) return found;
    for (const std::string& name : *names) {
      const std::string path = folder + "/" + name;
      for (std::string& below : Files(ending, path)) found.push_back(std::move(below));
      if (name.ends_with(ending) && io::ReadFile(database_.files(), path).ok())
        found.push_back(path);
    }
    return found;
  }
  std::string FirstLog() {
    for (const std::string& path : Files("log")) {
      if (path.find("/log-") != std::string::npos) return path;
    }
    return "";
  }

  // Flips a bit, starts, reads, and puts everything back. `lossy`: rows may also be those of an
  // earlier moment.
  void Flip(const std::string& path, uint64_t offset, bool lossy) {
    SCOPED_TRACE(path + " byte " + std::to_string(offset));
    io::MemoryFileSystem& files = database_.files();
    files.FlipBit(path, offset, static_cast<int>(offset % 8));
    const Status started = database_.Start();
    if (started.ok()) {
      ExpectRows(books_.Rows(), path, lossy);
      ExpectRows(books_.Say("query books select n where n >= 0"), path, lossy);
      const std::string found = books_.Say("search books v [5, 5] limit 1");
      EXPECT_TRUE(found == "5 0\n" || IsNamedDamage(found, path)) << found;
    } else {
      EXPECT_TRUE(IsNamedDamage(started.message(), path)) << started.message();
    }
    database_.Stop();
    Restore();
  }

  void ExpectRows(const std::string& text, const std::string& path, bool lossy) {
    if (text == Books::Text(books_.expected) || IsNamedDamage(text, path)) return;
    const bool earlier =
        lossy && std::any_of(history_.begin(), history_.end(),
                             [&](const auto& rows) { return text == Books::Text(rows); });
    EXPECT_TRUE(earlier) << "wrong rows:\n" << text;
  }
  static bool IsNamedDamage(const std::string& text, const std::string& path) {
    const std::string name = path.substr(path.rfind('/') + 1);
    return text.find(name) != std::string::npos;
  }

  void FlipAll(const std::string& ending, uint64_t step, bool lossy) {
    const std::vector<std::string> files = Files(ending);
    ASSERT_FALSE(files.empty()) << "no file " << ending;
    for (const std::string& path : files) {
      const uint64_t size = database_.files().SizeOf(path).take();
      for (uint64_t at = 0; at < size && !HasFailure();
           at += at < 128 || at + 256 > size ? 1 : step)
        Flip(path, at, lossy);
    }
  }

  std::string Read(const std::string& path) { return io::ReadFile(database_.files(), path).take(); }
  void Write(const std::string& path, const std::string& bytes) {
    ASSERT_TRUE(io::WriteFileAtomically(database_.files(), path, bytes).ok());
    const size_t slash = path.rfind('/');
    ASSERT_TRUE(database_.files().SyncDir(path.substr(0, slash)).ok());
  }
  static void Put32(std::string* bytes, size_t at, uint32_t value) {
    std::memcpy(bytes->data() + at, &value, sizeof value);
  }

  // What starting and reading say.
  std::string Complaint() {
    const Status started = database_.Start();
    std::string said = started.ok() ? books_.Rows() : started.message();
    database_.Stop();
    return said;
  }

  Database database_;
  Books books_{&database_};
  std::vector<std::map<int64_t, int32_t>>
      history_;  // states that were acknowledged since the last flush
  std::map<std::string, std::string> files_;
};

TEST_F(Rot, OfASegmentIsNamedAndNeverServed) { FlipAll(".seg", 61, false); }
TEST_F(Rot, OfADeltaObjectIsNamedAndNeverServed) { FlipAll(".del", 61, false); }
TEST_F(Rot, OfAnIndexGivesNoWrongRows) { FlipAll(".idx", 127, false); }

// The last frame may have been torn by the power loss that the process cannot know of.
TEST_F(Rot, OfTheLogIsNamedOrItsTornEndDropped) {
  const std::string path = FirstLog();
  ASSERT_FALSE(path.empty());
  const uint64_t size = std::min<uint64_t>(database_.files().SizeOf(path).take(), 16 << 10);
  for (uint64_t at = 0; at < size && !HasFailure(); at += at < 64 ? 1 : 37) Flip(path, at, true);
}

TEST_F(Rot, OfACatalogEntryIsNamed) {
  // The catalog's records carry their own checksums; meta's tests flip their bits. Here: it is told
  // at start.
  ASSERT_TRUE(database_.Start().ok());
  std::string key;
  ASSERT_TRUE(database_.store()
                  .Scan("",
                        [&](std::string_view name, std::string_view value) {
                          if (value.size() > 40 && key.empty()) key = name;
                          return Status();
                        })
                  .ok());
  ASSERT_FALSE(key.empty());
  const std::string before = *database_.store().Get(key).take();
  std::string damaged = before;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 4);
  meta::Transaction change;
  change.puts = {{key, damaged}};
  ASSERT_TRUE(database_.store().Commit(change).ok());
  database_.Stop();
  EXPECT_THAT(Complaint(), HasSubstr("corrupt"));
}

TEST_F(Rot, ANewerSegmentFormatIsRefusedWithItsNumber) {
  const std::string path = Files(".seg").front();
  std::string bytes = Read(path);
  Put32(&bytes, 8, 7);
  Put32(&bytes, 60, Crc32c(std::string_view(bytes).substr(0, 60)));
  Write(path, bytes);
  const std::string said = Complaint();
  EXPECT_THAT(said, HasSubstr("format 7"));
  EXPECT_THAT(said, HasSubstr(path));
}

TEST_F(Rot, ANewerLogFormatIsRefusedWithItsNumber) {
  const std::string path = FirstLog();
  std::string bytes = Read(path);
  Put32(&bytes, 8, 7);
  Write(path, bytes);
  const std::string said = Complaint();
  EXPECT_THAT(said, HasSubstr("format 7"));
  EXPECT_THAT(said, HasSubstr(path));
}

}  // namespace
}  // namespace elanus::testing
