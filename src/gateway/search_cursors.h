// Where search iterators (version 2) stand. A client sends the token of its iterator and the score
// of its last hit; what that does not say is how far it got among rows of that very score, so that
// is kept here. A cursor is forgotten when it rests too long, and the longest resting one when
// there are too many. Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/status.h"
#include "model/value.h"

namespace elanus::gateway {

// The end of a page.
struct SearchCursor {
  float bound = 0;         // the score of its last hit
  Value last_key;          // the key of its last hit
  bool ties_left = false;  // more rows have that score
  bool exhausted = false;  // no rows are left at all
};

class SearchCursors {
 public:
  SearchCursors(size_t max, int64_t idle_ms);

  // A token in the form of a random UUID.
  static std::string MakeToken();
  static bool IsToken(const std::string& text);

  // The cursor of a page that ended with `bound`. A page that is asked for again, as after a lost
  // answer, finds the cursor it began from. Fails when nothing is known of it any more.
  // `now_ms`: of a clock that never goes back.
  Result<SearchCursor> Find(const std::string& token, float bound, int64_t now_ms);
  // `from`: where the page began that ends with `to`; nothing for the first page.
  void Save(const std::string& token, const std::optional<SearchCursor>& from,
            const SearchCursor& to, int64_t now_ms);

 private:
  struct State {
    std::string token;
    std::optional<SearchCursor> from;  // where the last page began
    SearchCursor to;                   // where it ended
    int64_t used_ms = 0;
  };
  void DropIdle(int64_t now_ms);

  const size_t max_;
  const int64_t idle_ms_;
  std::mutex mutex_;         // guards all below
  std::list<State> states_;  // most recently used first
  std::unordered_map<std::string, std::list<State>::iterator> by_token_;
};

}  // namespace elanus::gateway
