// One statement of a script, run against a Database. The language is told in README.md beside this.
#pragma once

#include <string>
#include <string_view>

#include "scripts/database.h"

namespace elanus::testing {

struct Outcome {
  std::string text;      // lines, each ended; empty: it just succeeded
  bool changed = false;  // rows or schema may be others than before
};

// Whether the statement looks at rows: the runner may flush or restart before it.
bool IsRead(std::string_view statement);

// An error of the database is an outcome ("error 1100: ..."); a Status is one of the script.
Result<Outcome> RunStatement(Database& database, std::string_view statement);

}  // namespace elanus::testing
