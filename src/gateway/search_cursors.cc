#include "gateway/search_cursors.h"

#include <algorithm>
#include <cctype>
#include <random>
#include <utility>

#include "gateway/text.h"

namespace elanus::gateway {

SearchCursors::SearchCursors(size_t max, int64_t idle_ms) : max_(max), idle_ms_(idle_ms) {}

std::string SearchCursors::MakeToken() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device random;
  std::string token = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
  for (char& c : token) {
    const unsigned bits = random() & 15;
    if (c == 'x') c = kDigits[bits];
    if (c == 'v') c = kDigits[8 + (bits & 3)];
  }
  return token;
}

bool SearchCursors::IsToken(const std::string& text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return true;
}

Result<SearchCursor> SearchCursors::Find(const std::string& token, float bound, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  DropIdle(now_ms);
  const auto found = by_token_.find(token);
  if (found != by_token_.end()) {
    State& state = *found->second;
    state.used_ms = now_ms;
    states_.splice(states_.begin(), states_, found->second);
    if (state.to.bound == bound) return state.to;
    if (state.from.has_value() && state.from->bound == bound) return *state.from;
  }
  return Invalid("search iterator ", token, " is not known here any more, begin a new one");
}

void SearchCursors::Save(const std::string& token, const std::optional<SearchCursor>& from,
                         const SearchCursor& to, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_token_.find(token); found != by_token_.end()) {
    states_.erase(found->second);
    by_token_.erase(found);
  }
  states_.push_front({token, from, to, now_ms});
  by_token_[token] = states_.begin();
  DropIdle(now_ms);
}

void SearchCursors::DropIdle(int64_t now_ms) {
  while (!states_.empty() &&
         (states_.size() > max_ || now_ms - states_.back().used_ms > idle_ms_)) {
    by_token_.erase(states_.back().token);
    states_.pop_back();
  }
}

}  // namespace elanus::gateway
