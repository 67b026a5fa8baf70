// Runs every *.test beside this file, once in each mode. `scripts_test --update` writes what the
// growing mode answers into the files instead; read the diff before you commit it.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"
#include "scripts/script.h"

namespace elanus::testing {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class ScriptTest : public ::testing::Test {
 public:
  ScriptTest(fs::path path, Mode mode) : path_(std::move(path)), mode_(mode) {}

  void TestBody() override {
    const std::vector<Block> blocks = ParseScript(ReadAll(path_));
    const Result<Answered> answered = RunScript(blocks, mode_);
    ASSERT_TRUE(answered.ok()) << path_.filename().string() << ": " << answered.status().message();
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (blocks[i].expected == answered->actual[i]) continue;
      ADD_FAILURE() << path_.filename().string() << ":" << blocks[i].line << " (" << NameOf(mode_)
                    << ")\n"
                    << blocks[i].statement << "----\n"
                    << Difference(blocks[i].expected, answered->actual[i]);
    }
  }

 private:
  const fs::path path_;
  const Mode mode_;
};

int Update(const std::vector<fs::path>& files) {
  for (const fs::path& path : files) {
    const std::string before = ReadAll(path);
    std::vector<Block> blocks = ParseScript(before);
    const Result<Answered> answered = RunScript(blocks, Mode::kGrowing);
    if (!answered.ok()) {
      std::cerr << path.filename().string() << ": " << answered.status().message() << "\n";
      return 1;
    }
    for (size_t i = 0; i < blocks.size(); ++i) blocks[i].expected = answered->actual[i];
    const std::string after = FormatScript(blocks);
    if (after == before) continue;
    std::ofstream(path) << after;
    std::cout << "updated " << path.filename().string() << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace elanus::testing

int main(int argc, char** argv) {
  using namespace elanus::testing;
  ::testing::InitGoogleTest(&argc, argv);
  elanus::LogOptions log;
  log.level = elanus::LogLevel::kError;
  (void)elanus::ConfigureLog(log);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(ELANUS_SCRIPTS)) {
    if (entry.path().extension() == ".test") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (argc > 1 && std::strcmp(argv[1], "--update") == 0) return Update(files);
  for (const auto& path : files) {
    for (const Mode mode : kModes) {
      ::testing::RegisterTest(
          "Scripts", (path.stem().string() + "_" + std::string(NameOf(mode))).c_str(), nullptr,
          nullptr, __FILE__, __LINE__,
          [path, mode]() -> ::testing::Test* { return new ScriptTest(path, mode); });
    }
  }
  return RUN_ALL_TESTS();
}
