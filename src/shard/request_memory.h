// RequestMemory: what one request gathers, as far as it knows, held against the budget. Nothing is
// reserved below a size that any request may have, so that small ones cost nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/memory_budget.h"
#include "base/status.h"

namespace elanus::shard {

class RequestMemory {
 public:
  // `what` is told where the request is refused; a literal. Budget: null: none.
  RequestMemory(MemoryBudget* budget, std::string_view what,
                MemoryBudget::Line line = MemoryBudget::Line::kRead)
      : budget_(budget), what_(what), line_(line) {}

  // It holds, or is about to hold, so much. kMemoryLimitExceeded above the line.
  Status Set(uint64_t bytes) {
    if (bytes < kFreeBytes || budget_ == nullptr) return {};
    if (bytes <= reserved_.bytes()) return {};
    // In steps, as it comes to be called again and again.
    const uint64_t step = std::max(bytes / 8, kFreeBytes);
    const uint64_t rounded = (std::min(bytes, kMost) + step - 1) / step * step;
    if (reserved_.bytes() != 0) return reserved_.Resize(rounded, line_, what_);
    reserved_ = TRY(budget_->Reserve(MemoryUse::kRequests, rounded, line_, what_));
    return {};
  }

 private:
  static constexpr uint64_t kFreeBytes = 1 << 20;
  static constexpr uint64_t kMost = uint64_t{1} << 60;

  MemoryBudget* const budget_;
  const std::string_view what_;
  const MemoryBudget::Line line_;
  MemoryReservation reserved_;
};

}  // namespace elanus::shard
