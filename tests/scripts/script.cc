#include "scripts/script.h"

#include <utility>

#include "scripts/database.h"
#include "scripts/statement.h"

namespace elanus::testing {
namespace {

constexpr std::string_view kSeparator = "----";

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Status Settle(Database& database, Mode mode) {
  switch (mode) {
    case Mode::kGrowing:
      return {};
    case Mode::kReplayed:
      return database.Crash();
    case Mode::kSealed:
      return database.FlushAll();
    case Mode::kIndexed:
      TRY(database.FlushAll());
      return database.FinishIndexes();
  }
  return {};
}

}  // namespace

std::string_view NameOf(Mode mode) {
  switch (mode) {
    case Mode::kGrowing:
      return "growing";
    case Mode::kReplayed:
      return "replayed";
    case Mode::kSealed:
      return "sealed";
    case Mode::kIndexed:
      return "indexed";
  }
  return "";
}

std::vector<Block> ParseScript(std::string_view text) {
  std::vector<Block> blocks;
  Block block;
  bool answer = false;
  size_t number = 0;
  const auto finish = [&] {
    if (!block.statement.empty() || !block.comments.empty()) blocks.push_back(std::move(block));
    block = Block();
    answer = false;
  };
  for (const std::string& line : Lines(text)) {
    ++number;
    if (line.empty()) {
      finish();
    } else if (answer) {
      block.expected += line + "\n";
    } else if (line == kSeparator) {
      answer = true;
    } else if (line[0] == '#' && block.statement.empty()) {
      block.comments.push_back(line);
    } else {
      if (block.statement.empty()) block.line = number;
      block.statement += line + "\n";
    }
  }
  finish();
  return blocks;
}

std::string FormatScript(const std::vector<Block>& blocks) {
  std::string text;
  for (const Block& block : blocks) {
    if (!text.empty()) text += "\n";
    for (const std::string& comment : block.comments) text += comment + "\n";
    text += block.statement;
    if (!block.expected.empty()) text += std::string(kSeparator) + "\n" + block.expected;
  }
  return text;
}

Result<Answered> RunScript(const std::vector<Block>& blocks, Mode mode) {
  Database database;
  TRY(database.Start());
  Answered answered;
  bool changed = false;
  for (const Block& block : blocks) {
    if (block.statement.empty()) {
      answered.actual.emplace_back();
      continue;
    }
    const auto at_line = [&block](Status status) {
      return std::move(status).Prefixed("line " + std::to_string(block.line));
    };
    if (changed && IsRead(block.statement)) {
      if (Status settled = Settle(database, mode); !settled.ok())
        return at_line(std::move(settled));
      changed = false;
    }
    Result<Outcome> outcome = RunStatement(database, block.statement);
    if (!outcome.ok()) return at_line(std::move(outcome).error());
    changed |= outcome->changed;
    answered.actual.push_back(outcome->text);
  }
  return answered;
}

std::string Difference(std::string_view expected, std::string_view actual) {
  const std::vector<std::string> a = Lines(expected);
  const std::vector<std::string> b = Lines(actual);
  // Longest common subsequence: answers are short.
  std::vector<std::vector<size_t>> length(a.size() + 1, std::vector<size_t>(b.size() + 1, 0));
  for (size_t i = a.size(); i-- > 0;) {
    for (size_t j = b.size(); j-- > 0;) {
      length[i][j] =
          a[i] == b[j] ? length[i + 1][j + 1] + 1 : std::max(length[i + 1][j], length[i][j + 1]);
    }
  }
  std::string text;
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      text += "  " + a[i++] + "\n";
      ++j;
    } else if (j == b.size() || (i < a.size() && length[i + 1][j] >= length[i][j + 1])) {
      text += "- " + a[i++] + "\n";
    } else {
      text += "+ " + b[j++] + "\n";
    }
  }
  return text;
}

}  // namespace elanus::testing
