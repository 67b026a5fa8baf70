// ParsedFilters: the syntax of the filters that were asked last, so that a text that comes again
// with other template values, or against another schema, is bound but not parsed. Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/status.h"
#include "expr/syntax.h"

namespace elanus::expr {

struct ParsedFilter {
  std::string text;  // which the nodes' tokens borrow
  std::unique_ptr<const Node> root;
};

class ParsedFilters {
 public:
  // Longer texts have their constants in them, and are not kept.
  static constexpr size_t kTextMax = 8 << 10;

  explicit ParsedFilters(size_t texts_max) : texts_max_(texts_max) {}

  // Errors are ParseFilter's, and not kept.
  Result<std::shared_ptr<const ParsedFilter>> Parse(std::string_view text);
  // How many texts were found here.
  uint64_t found() const {
    const std::lock_guard lock(mutex_);
    return found_;
  }

 private:
  using Kept = std::list<std::shared_ptr<const ParsedFilter>>;  // the last one asked for first

  const size_t texts_max_;
  mutable std::mutex mutex_;
  Kept kept_;                                                     // guarded by mutex_
  std::unordered_map<std::string_view, Kept::iterator> by_text_;  // guarded by mutex_
  uint64_t found_ = 0;                                            // guarded by mutex_
};

}  // namespace elanus::expr
