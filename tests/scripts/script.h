// A script file: blocks of one statement and what it must answer. See README.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace elanus::testing {

struct Block {
  size_t line = 0;  // of the statement, from 1
  std::vector<std::string> comments;
  std::string statement;  // its lines
  std::string expected;   // lines, each ended; empty: it succeeds and says nothing
};

std::vector<Block> ParseScript(std::string_view text);
std::string FormatScript(const std::vector<Block>& blocks);

// In which state rows are when a statement looks at them.
enum class Mode {
  kGrowing,   // as written, in memory
  kReplayed,  // after a power loss: read back from the log
  kSealed,    // in segment files
  kIndexed,   // in segment files, with every index built
};
inline constexpr Mode kModes[] = {Mode::kGrowing, Mode::kReplayed, Mode::kSealed, Mode::kIndexed};
std::string_view NameOf(Mode mode);

// Runs every block on a database of its own. Fills in what each answered.
struct Answered {
  std::vector<std::string> actual;  // of each block
};
Result<Answered> RunScript(const std::vector<Block>& blocks, Mode mode);

// "  same", "- expected", "+ actual" lines.
std::string Difference(std::string_view expected, std::string_view actual);

}  // namespace elanus::testing
