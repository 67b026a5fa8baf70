#include "expr/parsed_filters.h"

#include <utility>

namespace elanus::expr {

Result<std::shared_ptr<const ParsedFilter>> ParsedFilters::Parse(std::string_view text) {
  const bool keeps = text.size() <= kTextMax && texts_max_ > 0;
  if (keeps) {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_text_.find(text); found != by_text_.end()) {
      kept_.splice(kept_.begin(), kept_, found->second);
      ++found_;
      return kept_.front();
    }
  }
  auto parsed = std::make_shared<ParsedFilter>();
  parsed->text = text;
  parsed->root = TRY(ParseFilter(parsed->text));
  std::shared_ptr<const ParsedFilter> result = std::move(parsed);
  if (!keeps) return result;
  const std::lock_guard lock(mutex_);
  if (by_text_.contains(text)) return result;  // another thread was first
  kept_.push_front(result);
  by_text_.emplace(kept_.front()->text, kept_.begin());
  if (kept_.size() > texts_max_) {
    by_text_.erase(kept_.back()->text);
    kept_.pop_back();
  }
  return result;
}

}  // namespace elanus::expr
