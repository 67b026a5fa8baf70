// The terms of one text on their way through an analyzer. Reused from text to text, so that no
// memory is asked for once the first few have been seen.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace elanus::text {

struct Token {
  std::string_view text;  // in the text itself, or in TokenList's own room
  uint32_t begin, end;    // where it stands, in bytes of the text
  uint32_t position;      // its place in the order of terms; phrases are about these
  uint32_t length;        // places it takes
};

class TokenList {
 public:
  std::vector<Token>& tokens() { return tokens_; }
  const std::vector<Token>& tokens() const { return tokens_; }

  void Clear() {
    tokens_.clear();
    used_ = 0;
  }
  // A string that stays where it is until Clear; empty, to be filled at once.
  std::string* Room() {
    if (used_ == rooms_.size()) rooms_.emplace_back();
    std::string* room = &rooms_[used_++];
    room->clear();
    return room;
  }
  // Gives the last room back.
  void Return() { --used_; }

 private:
  std::vector<Token> tokens_;
  std::deque<std::string> rooms_;
  size_t used_ = 0;
};

}  // namespace elanus::text
