// Rotten bytes: every kind of file, a flipped bit here and there. The answer is an error that names
// the file, or the right rows, never others; and the process lives.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <random>

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
    // A merge may have come between, whose index was not built when the database stopped. And the
    // catalog has its tables since its second start.
    do {
      ASSERT_TRUE(database_.Start().ok());
      ASSERT_TRUE(database_.FinishIndexes().ok());
      database_.Stop();
    } while (Files(".idx").empty());
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

  // Damage deep inside an index may cost a hit till the scrub comes by; but a hit is a row.
  static bool IsRow(const std::string& hit) {
    const int key = std::atoi(hit.c_str());
    return key < 40 &&
           hit == std::to_string(key) + " " + std::to_string(2 * (key - 5) * (key - 5)) + "\n";
  }
  static std::string KindOf(const std::string& path) {
    if (path.starts_with(Database::kLogFolder)) return "log";
    const std::string name = path.substr(path.rfind('/') + 1);
    const size_t dot = name.rfind('.');
    if (path.starts_with(Database::kShardsFolder)) return name.substr(dot);
    return "catalog's " +
           (dot == std::string::npos ? name.substr(0, name.find('-')) : name.substr(dot));
  }
  // What was written last may look torn.
  static bool IsLog(const std::string& path) {
    return path.starts_with(Database::kLogFolder) ||
           (path.starts_with(Database::kCatalogFolder) && path.ends_with(".log"));
  }

  // Flips a bit, starts, reads, and puts everything back. `lossy`: rows may also be those of an
  // earlier moment.
  void Flip(const std::string& path, uint64_t offset, bool lossy) {
    SCOPED_TRACE(path + " byte " + std::to_string(offset));
    database_.files().FlipBit(path, offset, static_cast<int>(offset % 8));
    StartAndRead(path, lossy);
  }
  // The same with a file that ends early.
  void Cut(const std::string& path, uint64_t size) {
    SCOPED_TRACE(path + " cut at " + std::to_string(size));
    {
      auto file = database_.files().OpenWritable(path, {.create = false, .truncate = false}).take();
      ASSERT_TRUE(file->Truncate(size).ok());
      ASSERT_TRUE(file->Sync().ok());
    }
    StartAndRead(path, false);
  }
  void StartAndRead(const std::string& path, bool lossy) {
    const Status started = database_.Start();
    if (started.ok()) {
      ExpectRows(books_.Rows(), path, lossy);
      ExpectRows(books_.Say("query books select n where n >= 0"), path, lossy);
      const std::string found = books_.Say("search books v [5, 5] limit 1");
      EXPECT_TRUE(found == "5 0\n" || IsNamedDamage(found, path) ||
                  (path.ends_with(".idx") && IsRow(found)))
          << found;
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
    if (path.starts_with(Database::kCatalogFolder))
      return text.find("catalog") != std::string::npos ||
             text.find("data folder") != std::string::npos;
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

// Any file of the folder, the catalog's too: a bit flipped anywhere, or the file cut anywhere.
TEST_F(Rot, OfAnyFileAnywhereIsNamedOrHarmless) {
  const uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  std::map<std::string, std::vector<std::string>> kinds;
  for (const auto& [path, bytes] : files_) {
    if (!bytes.empty() && path.find("/LOCK") == std::string::npos)
      kinds[KindOf(path)].push_back(path);
  }
  const char* asked = std::getenv("ELANUS_ROTS");
  const int rots = asked == nullptr ? 300 : std::atoi(asked);
  std::map<std::string, int> done;
  for (int i = 0; i < rots && !HasFailure(); ++i) {
    const auto kind = std::next(kinds.begin(), static_cast<ptrdiff_t>(random() % kinds.size()));
    const std::string& path = kind->second[random() % kind->second.size()];
    const std::string& bytes = files_[path];
    // Where the bytes are: a log file is mostly room.
    const size_t used = std::max<size_t>(bytes.find_last_not_of('\0') + 1, 1);
    const uint64_t at = random() % used;
    // A log that is cut where a record ends looks as if it had ended there.
    if (random() % 3 == 0 && !IsLog(path)) {
      Cut(path, at);
    } else {
      Flip(path, at, IsLog(path));
    }
    ++done[kind->first];
  }
  for (const auto& [kind, count] : done) std::printf("%s: %d\n", kind.c_str(), count);
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
