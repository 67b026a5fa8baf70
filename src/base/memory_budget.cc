#include "base/memory_budget.h"

#include <algorithm>
#include <cstdio>

#include "base/metrics.h"

namespace elanus {
namespace {

constexpr uint64_t kPercent[] = {85, 95, 98, 100};

std::string Megabytes(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(bytes) / (1 << 20));
  return text;
}

Counter& Refusals(MemoryUse use) {
  static MetricFamily<Counter> family("elanus_memory_refused_total",
                                      "What was refused for want of memory.", {"use"});
  return family.With({std::string(NameOf(use))});
}

}  // namespace

std::string_view NameOf(MemoryUse use) {
  switch (use) {
    case MemoryUse::kGrowing:
      return "growing";
    case MemoryUse::kBuilds:
      return "builds";
    case MemoryUse::kRequests:
      return "requests";
    case MemoryUse::kResident:
      return "resident";
  }
  return "";
}

uint64_t MemoryBudget::Share(uint64_t numerator, uint64_t denominator) const {
  return limited() ? limit_ / denominator * numerator : kUnlimited;
}

uint64_t MemoryBudget::At(Line line) const {
  return Share(kPercent[static_cast<size_t>(line)], 100);
}

uint64_t MemoryBudget::used(MemoryUse use) const {
  return static_cast<uint64_t>(std::max<int64_t>(
      0, counts_[static_cast<size_t>(use)].bytes.load(std::memory_order_relaxed)));
}

uint64_t MemoryBudget::used() const {
  uint64_t sum = uncounted();
  for (size_t use = 0; use < kMemoryUses; ++use) sum += used(static_cast<MemoryUse>(use));
  return sum;
}

void MemoryBudget::Add(MemoryUse use, int64_t bytes) {
  counts_[static_cast<size_t>(use)].bytes.fetch_add(bytes, std::memory_order_relaxed);
  if (bytes < 0 && waiting_.load(std::memory_order_relaxed) > 0) given_back_.notify_all();
}

bool MemoryBudget::TryAdd(MemoryUse use, int64_t bytes, Line line) {
  Add(use, bytes);
  if (bytes <= 0 || !limited() || used() <= At(line)) return true;
  Add(use, -bytes);
  return false;
}

Result<MemoryReservation> MemoryBudget::Reserve(MemoryUse use, uint64_t bytes, Line line,
                                                std::string_view what) {
  constexpr uint64_t kAbsurd = uint64_t{1} << 60;
  bytes = std::min(bytes, kAbsurd);
  if (!TryAdd(use, static_cast<int64_t>(bytes), line)) return Refuse(use, bytes, what);
  return MemoryReservation(this, use, bytes);
}

void MemoryBudget::Observe(uint64_t anonymous_bytes) {
  if (!limited()) return;
  uint64_t counted = limit_ / 8;
  for (size_t use = 0; use < kMemoryUses; ++use) counted += used(static_cast<MemoryUse>(use));
  const uint64_t uncounted = anonymous_bytes - std::min(anonymous_bytes, counted);
  uncounted_.store(uncounted, std::memory_order_relaxed);
  if (waiting_.load(std::memory_order_relaxed) > 0) given_back_.notify_all();
}

bool MemoryBudget::WaitBelow(Line line, std::chrono::steady_clock::time_point until) {
  // Who gives back takes no lock, so a notice may be missed: a wait is short.
  constexpr std::chrono::milliseconds kSlice(10);
  waiting_.fetch_add(1, std::memory_order_relaxed);
  std::unique_lock lock(mutex_);
  while (Above(line) && std::chrono::steady_clock::now() < until)
    given_back_.wait_for(
        lock, std::min<std::chrono::nanoseconds>(kSlice, until - std::chrono::steady_clock::now()));
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  return !Above(line);
}

Status MemoryBudget::Refuse(MemoryUse use, uint64_t bytes, std::string_view what) {
  Refusals(use).Add();
  const auto of = [this](MemoryUse one) { return Megabytes(used(one)); };
  return FailWith(Code::kMemoryLimitExceeded, what,
                  {{"predict(MB)", Megabytes(used() + bytes)},
                   {"limit(MB)", Megabytes(limit_)},
                   {"growing(MB)", of(MemoryUse::kGrowing)},
                   {"builds(MB)", of(MemoryUse::kBuilds)},
                   {"requests(MB)", of(MemoryUse::kRequests)},
                   {"resident(MB)", of(MemoryUse::kResident)},
                   {"other(MB)", Megabytes(uncounted())}});
}

Status MemoryReservation::Resize(uint64_t bytes, MemoryBudget::Line line, std::string_view what) {
  if (budget_ == nullptr) return {};
  const int64_t more = static_cast<int64_t>(bytes) - static_cast<int64_t>(bytes_);
  if (!budget_->TryAdd(use_, more, line)) {
    return budget_->Refuse(use_, static_cast<uint64_t>(more), what);
  }
  bytes_ = bytes;
  return {};
}

void MemoryReservation::Release() {
  if (budget_ == nullptr) return;
  budget_->Add(use_, -static_cast<int64_t>(bytes_));
  budget_ = nullptr;
  bytes_ = 0;
}

}  // namespace elanus
