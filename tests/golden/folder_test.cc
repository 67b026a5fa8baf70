// Data folders of every version of the format open in place and answer as they did when they were
// written: tests/golden/folder-vN is a whole folder (catalog, log, segments, deltas, indexes), and
// its answers.txt what it answers. ELANUS_WRITE_GOLDEN=1 writes the present version's anew, which
// only a new version may need: add a folder, keep the old ones.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "base/log.h"
#include "scripts/database.h"
#include "scripts/statement.h"

namespace elanus::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kPresent = 1;
constexpr int kRows = 30;

std::filesystem::path FolderOf(int version) {
  return std::filesystem::path(ELANUS_GOLDEN_DIR) / ("folder-v" + std::to_string(version));
}

std::string ReadDisk(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Database::Options SmallLog() {
  Database::Options options = Database::SmallOptions();
  options.log.file_bytes = 16 << 10;
  options.log.reserve_bytes = 8 << 10;
  options.log.spare_files_max = 0;
  return options;
}

class GoldenFolder : public ::testing::Test {
 protected:
  GoldenFolder() {
    LogOptions quiet;
    quiet.level = LogLevel::kError;
    (void)ConfigureLog(quiet);
  }

  std::string Say(const std::string& statement) {
    const Result<Outcome> outcome = RunStatement(database_, statement);
    return outcome.ok() ? outcome->text : "script: " + outcome.status().message();
  }

  // A collection with a field of each kind, and a collection for each vector index.
  static std::vector<std::string> Indexes() {
    return {"FLAT",       "HNSW",       "HNSW_SQ", "IVF_FLAT", "IVF_SQ8",
            "IVF_PQ m=2", "IVF_RABITQ", "SCANN",   "DISKANN"};
  }
  std::vector<std::string> History() {
    std::vector<std::string> all = {
        "create kinds (id Int64 primary, b Bool, i8 Int8, i16 Int16, i32 Int32, i64 Int64, "
        "f Float, d Double, s VarChar(100) nullable, j JSON, a Array(Int32, 5), "
        "v FloatVector(4), h Float16Vector(4), bv BinaryVector(16), sp SparseFloatVector) dynamic",
        "index kinds s type INVERTED",
        "index kinds i32 type STL_SORT",
        "index kinds i8 type BITMAP",
        "serve kinds L2",
        "partition kinds other",
        "load kinds in other",
        InsertKinds("kinds", 0, kRows),
        "flush",
        InsertKinds("kinds into other", kRows, kRows + 5),
        "flush",
        "delete kinds where id in [3, 31]",
        "flush",
    };
    int number = 0;
    for (const std::string& type : Indexes()) {
      const std::string name = "vectors" + std::to_string(number++);
      all.push_back("create " + name + " (id VarChar(10) primary, v FloatVector(8))");
      all.push_back("index " + name + " v metric L2 type " + type);
      all.push_back("load " + name);
      std::string rows = "insert " + name;
      for (int i = 0; i < 2 * kRows; ++i) {
        rows += "\n  {\"id\": \"k" + std::to_string(i) + "\", \"v\": [" + std::to_string(i) +
                ", 1, 0, 0, 0, " + std::to_string(i % 7) + ", 0, 2]}";
      }
      all.push_back(rows);
      all.push_back("flush");
    }
    return all;
  }
  // What is in the log alone.
  static std::vector<std::string> Late() {
    return {InsertKinds("kinds", 100, 103), "delete kinds where id == 5", "alias types kinds",
            "alter kinds collection.ttl.seconds=100000000"};
  }
  static std::string InsertKinds(const std::string& where, int first, int end) {
    std::string rows = "insert " + where;
    for (int i = first; i < end; ++i) {
      const std::string n = std::to_string(i);
      rows += "\n  {\"id\": " + n + ", \"b\": " + (i % 2 == 0 ? "true" : "false") +
              ", \"i8\": " + std::to_string(i % 5) + ", \"i16\": " + n + ", \"i32\": " + n +
              ", \"i64\": " + n + ", \"f\": " + n + ".5, \"d\": " + n +
              ".25, \"s\": " + (i % 7 == 0 ? "null" : "\"text " + n + "\"") +
              ", \"j\": {\"n\": " + n + "}, \"a\": [" + n + ", 1], \"v\": [" + n +
              ", 0, 1, 2], \"h\": [" + n + ", 0, 1, 2], \"bv\": \"" +
              std::string(static_cast<size_t>(i % 16), '1') +
              std::string(static_cast<size_t>(16 - i % 16), '0') + "\", \"sp\": {\"" + n +
              "\": 1.5}, \"more\": " + n + "}";
    }
    return rows;
  }
  std::string Answers() {
    std::string text;
    for (const std::string& statement : Questions())
      text += statement + "\n----\n" + Say(statement) + "\n";
    return text;
  }
  std::vector<std::string> Questions() {
    std::vector<std::string> all = {
        "describe kinds",
        "count kinds",
        "query kinds select * where id < 12",
        "query kinds in other select s limit 10",
        "query kinds select i32 where s == \"text 9\"",
        "query kinds select i8 where i32 > 25",
        "query kinds select i8 where i8 == 4",
        "query kinds select id where j[\"n\"] == 101",
        "query kinds select id where more == 8",
        "query types select id where array_contains(a, 12)",
        "search kinds v [9, 0, 1, 2] limit 3",
        "search kinds h [9, 0, 1, 2] limit 3",
        "search kinds bv \"1111100000000000\" limit 2",
        "search kinds sp {\"8\": 1} limit 2",
    };
    for (size_t i = 0; i < Indexes().size(); ++i)
      all.push_back("search vectors" + std::to_string(i) + " v [[12, 1, 0, 0, 0, 5, 0, 2], " +
                    "[47, 1, 0, 0, 0, 5, 0, 2]] limit 1");
    return all;
  }

  void Load(int version) {
    const std::filesystem::path folder = FolderOf(version) / "data";
    ASSERT_TRUE(std::filesystem::exists(folder)) << folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      const std::string path =
          "data/" + std::filesystem::relative(entry.path(), folder).generic_string();
      if (entry.is_directory()) {
        ASSERT_TRUE(database_.files().CreateDirs(path).ok());
        continue;
      }
      ASSERT_TRUE(database_.files().CreateDirs(io::ParentPath(path)).ok());
      ASSERT_TRUE(io::WriteFileAtomically(database_.files(), path, ReadDisk(entry.path())).ok());
    }
  }
  void Save(const std::string& from, const std::filesystem::path& to) {
    std::filesystem::create_directories(to);
    const auto names = database_.files().List(from).take();
    for (const std::string& name : names) {
      const std::string path = io::JoinPath(from, name);
      if (database_.files().List(path).ok()) {
        Save(path, to / name);
      } else if (name != "LOCK" && name != "reserve") {
        std::ofstream out(to / name, std::ios::binary);
        out << io::ReadFile(database_.files(), path).take();
      }
    }
  }
  std::string FirstFile(const std::string& folder, std::string_view part) {
    const auto names = database_.files().List(folder).take();
    for (const std::string& name : names) {
      const std::string path = io::JoinPath(folder, name);
      if (database_.files().List(path).ok()) {
        if (std::string found = FirstFile(path, part); !found.empty()) return found;
      } else if (path.find(part) != std::string::npos) {
        return path;
      }
    }
    return "";
  }
  // Whatever an older binary would meet in a folder of a newer one.
  void Change(const std::string& path, const std::function<void(std::string*)>& change) {
    ASSERT_FALSE(path.empty());
    std::string bytes = io::ReadFile(database_.files(), path).take();
    change(&bytes);
    ASSERT_TRUE(io::WriteFileAtomically(database_.files(), path, bytes).ok());
  }

  Database database_{SmallLog()};
};

TEST_F(GoldenFolder, WritesThePresentVersion) {
  if (std::getenv("ELANUS_WRITE_GOLDEN") == nullptr) GTEST_SKIP() << "not asked to";
  ASSERT_TRUE(database_.Start().ok());
  for (const std::string& statement : History()) {
    const std::string said = Say(statement);
    ASSERT_TRUE(said.empty() || said.starts_with("deleted")) << statement << ": " << said;
  }
  ASSERT_TRUE(database_.FinishIndexes().ok());
  for (const std::string& statement : Late()) {
    const std::string said = Say(statement);
    ASSERT_TRUE(said.empty() || said.starts_with("deleted")) << statement << ": " << said;
  }
  const std::string answers = Answers();
  database_.Stop();
  std::filesystem::remove_all(FolderOf(kPresent));
  Save("data", FolderOf(kPresent) / "data");
  std::ofstream(FolderOf(kPresent) / "answers.txt") << answers;
}

TEST_F(GoldenFolder, OfEachVersionOpensInPlaceAndIsWrittenTo) {
  for (int version = 1; version <= kPresent; ++version) {
    SCOPED_TRACE("format " + std::to_string(version));
    Load(version);
    const Status started = database_.Start();
    ASSERT_TRUE(started.ok()) << started.message();
    const std::string answers = ReadDisk(FolderOf(version) / "answers.txt");
    EXPECT_EQ(Answers(), answers);
    // Written to, merged, indexed and opened once more it is the present version's.
    EXPECT_EQ(Say("delete kinds where id == 101"), "deleted 1\n");
    EXPECT_EQ(Say(InsertKinds("kinds", 101, 102)), "");
    EXPECT_EQ(Say("flush"), "");
    ASSERT_TRUE(database_.FinishIndexes().ok());
    ASSERT_TRUE(database_.Crash().ok());
    EXPECT_EQ(Answers(), answers);
    database_.Stop();
    ASSERT_TRUE(database_.files().RemoveTree("data").ok());
  }
}

TEST_F(GoldenFolder, OfANewerVersionIsRefusedByNumber) {
  Load(kPresent);
  ASSERT_TRUE(database_.Start().ok());
  meta::Transaction newer;
  ASSERT_TRUE(database_.store()
                  .Scan("",
                        [&](std::string_view key, std::string_view value) {
                          if (value == std::to_string(kPresent)) newer.puts.emplace_back(key, "7");
                          return Status();
                        })
                  .ok());
  ASSERT_EQ(newer.puts.size(), 1U);
  ASSERT_TRUE(database_.store().Commit(newer).ok());
  database_.Stop();
  EXPECT_THAT(database_.Start().message(),
              HasSubstr("data folder has format 7, this binary reads up to 1"));
}

TEST_F(GoldenFolder, NewerFilesInItAreNamedWithTheirNumber) {
  struct Case {
    const char* folder;
    const char* part;
    std::function<void(std::string*)> change;
    const char* told;
  };
  const auto number_at = [](size_t at, size_t checked) {
    return [at, checked](std::string* bytes) {
      (*bytes)[at] = 7;
      if (checked == 0) return;
      const uint32_t crc = Crc32c(std::string_view(*bytes).substr(0, checked));
      bytes->replace(checked, sizeof crc, reinterpret_cast<const char*>(&crc), sizeof crc);
    };
  };
  const auto delta = [](std::string* bytes) {
    (*bytes)[8] = 7;
    const size_t checked = bytes->size() - sizeof(uint32_t);
    const uint32_t crc = Crc32c(std::string_view(*bytes).substr(0, checked));
    bytes->replace(checked, sizeof crc, reinterpret_cast<const char*>(&crc), sizeof crc);
  };
  const Case cases[] = {{Database::kLogFolder, "/log-", number_at(8, 0), "log format 7"},
                        {Database::kShardsFolder, ".seg", number_at(8, 60), "segment format 7"},
                        {Database::kShardsFolder, ".del", delta, "delta format 7"}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.told);
    Load(kPresent);
    const std::string path = FirstFile(one.folder, one.part);
    Change(path, one.change);
    const Status started = database_.Start();
    std::string said = started.message();
    if (started.ok()) {
      said = Say("query kinds select id where id >= 0");
      for (size_t i = 0; i < Indexes().size(); ++i)
        said += Say("query vectors" + std::to_string(i) + " select id where id != \"\"");
    }
    EXPECT_THAT(said, HasSubstr(one.told));
    EXPECT_THAT(said, HasSubstr(path));
    database_.Stop();
    ASSERT_TRUE(database_.files().RemoveTree("data").ok());
  }
}

}  // namespace
}  // namespace elanus::testing
