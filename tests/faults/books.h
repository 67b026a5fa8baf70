// One collection of a Database and the rows it must have: what was acknowledged, no more and no
// less.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "scripts/database.h"
#include "scripts/statement.h"

namespace elanus::testing {

// As small, and with a log that turns over within a few dozen rows.
inline Database::Options SmallLogOptions() {
  Database::Options options = Database::SmallOptions();
  options.log.file_bytes = 32 << 10;
  options.log.reserve_bytes = 8 << 10;
  options.host.log_bytes_soft = 64 << 10;
  return options;
}

// Rows are key -> number; a row's vector is (number, key), its text is `pad` times its key's digit.
class Books {
 public:
  explicit Books(Database* database) : database_(database) {
    LogOptions quiet;  // faults are many, and each is told
    quiet.level = LogLevel::kError;
    (void)ConfigureLog(quiet);
  }

  std::string Say(const std::string& statement) {
    const Result<Outcome> outcome = RunStatement(*database_, statement);
    return outcome.ok() ? outcome->text : "script: " + outcome.status().message();
  }

  std::string Create() {
    if (std::string error =
            Say("create books (id Int64 primary, n Int32, s VarChar(60000), v FloatVector(2))");
        !error.empty())
      return error;
    if (std::string error = Say("index books n type INVERTED"); !error.empty()) return error;
    return Say("serve books L2");
  }

  // Each answers the error, or nothing; only then does it count.
  std::string Insert(const std::map<int64_t, int32_t>& rows, const std::string& word = "insert") {
    std::string statement = word + " books";
    for (const auto& [key, number] : rows) {
      statement += "\n  {\"id\": " + std::to_string(key) + ", \"n\": " + std::to_string(number) +
                   ", \"s\": \"" + std::string(pad, static_cast<char>('0' + key % 10)) +
                   "\", \"v\": [" + std::to_string(number) + ", " + std::to_string(key) + "]}";
    }
    std::string error = Say(statement);
    if (error.empty()) {
      for (const auto& [key, number] : rows) expected[key] = number;
    }
    return error;
  }
  std::string Delete(int64_t key) {
    const std::string said = Say("delete books where id == " + std::to_string(key));
    if (said != "deleted 1\n") return said;
    expected.erase(key);
    return "";
  }
  // A delete by a filter on the indexed number.
  std::string DeleteNumbersAbove(int32_t bound) {
    const std::string said = Say("delete books where n > " + std::to_string(bound));
    if (!said.starts_with("deleted ")) return said;
    std::erase_if(expected, [&](const auto& row) { return row.second > bound; });
    return "";
  }

  static std::string Text(const std::map<int64_t, int32_t>& rows) {
    std::string text;
    for (const auto& [key, number] : rows) {
      text += "{\"n\":" + std::to_string(number) + ", \"id\":" + std::to_string(key) + "}\n";
    }
    return text.empty() ? "nothing\n" : text;
  }
  std::string Rows() { return Say("query books select n limit 10000"); }

  // Reads of every kind answer exactly the acknowledged rows.
  void Check(const std::string& when) {
    SCOPED_TRACE(when);
    EXPECT_EQ(Rows(), Text(expected));
    EXPECT_EQ(Say("count books"), std::to_string(expected.size()) + "\n");
    std::map<int64_t, int32_t> some;
    for (const auto& row : expected) {
      if (row.second > 10) some.insert(row);
    }
    EXPECT_EQ(Say("query books select n where n > 10"), Text(some));
    if (expected.empty()) return;
    const auto& [key, number] = *expected.begin();
    EXPECT_EQ(
        Say("search books v [" + std::to_string(number) + ", " + std::to_string(key) + "] limit 1"),
        std::to_string(key) + " 0\n");
  }

  std::map<int64_t, int32_t> expected;
  size_t pad = 1;

 private:
  Database* const database_;
};

}  // namespace elanus::testing
