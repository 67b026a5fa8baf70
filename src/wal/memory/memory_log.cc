#include "wal/memory/memory_log.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace elanus::wal {
namespace {

struct Frame {
  Lsn lsn;
  std::vector<std::string> records;

  uint64_t bytes() const {
    uint64_t sum = 0;
    for (const std::string& record : records) sum += record.size();
    return sum;
  }
};

}  // namespace

struct MemoryLogStore::State {
  std::mutex mutex;
  std::deque<Frame> frames;
  Lsn next = 1;
  Lsn low_water = 1;
  uint64_t bytes = 0;
  uint64_t epoch = 0;
  bool open = false;
  std::optional<Fault> fault;
};

namespace {

using State = MemoryLogStore::State;

class MemoryLog : public Log {
 public:
  explicit MemoryLog(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~MemoryLog() override {
    const std::lock_guard lock(state_->mutex);
    state_->open = false;
  }

  Result<Lsn> Append(std::span<const std::string_view> records) override {
    const std::lock_guard lock(state_->mutex);
    if (!healthy_) return Fail(Code::kIoFailed, "log: an earlier write failed, reopen first");
    if (records.empty()) return Fail(Code::kParameterInvalid, "log: a frame needs a record");
    const auto fault = std::exchange(state_->fault, std::nullopt);
    if (fault == MemoryLogStore::Fault::kRefused) {
      return Fail(Code::kDiskLimitExceeded, "log: no space left");
    }
    const Lsn lsn = state_->next++;
    if (fault != MemoryLogStore::Fault::kLost) {
      state_->frames.push_back({lsn, {records.begin(), records.end()}});
      state_->bytes += state_->frames.back().bytes();
    }
    if (!fault) return lsn;
    healthy_ = false;
    unknown_ = lsn;
    return Fail(Code::kIoFailed, "log: write failed");
  }

  Result<Lsn> AppendFromReserve(std::span<const std::string_view> records) override {
    {
      const std::lock_guard lock(state_->mutex);
      if (state_->fault == MemoryLogStore::Fault::kRefused) state_->fault.reset();
    }
    return Append(records);
  }

  Status Reopen() override {
    const std::lock_guard lock(state_->mutex);
    if (healthy_) return {};
    if (!state_->frames.empty() && state_->frames.back().lsn == unknown_) {
      state_->bytes -= state_->frames.back().bytes();
      state_->frames.pop_back();
    }
    healthy_ = true;
    return {};
  }

  // Copies one frame at a time, so that `fn` may call the log.
  Status Read(Lsn from, const FrameFn& fn) override {
    while (true) {
      Frame frame;
      {
        const std::lock_guard lock(state_->mutex);
        const auto at = std::ranges::lower_bound(state_->frames, from, {}, &Frame::lsn);
        if (at == state_->frames.end()) return {};
        if (!healthy_ && at->lsn == unknown_) return {};
        frame = *at;
      }
      const std::vector<std::string_view> records(frame.records.begin(), frame.records.end());
      TRY(fn(frame.lsn, records));
      from = frame.lsn + 1;
    }
  }

  Status Truncate(Lsn keep_from) override {
    const std::lock_guard lock(state_->mutex);
    while (!state_->frames.empty() && state_->frames.front().lsn < keep_from) {
      state_->low_water = state_->frames.front().lsn + 1;
      state_->bytes -= state_->frames.front().bytes();
      state_->frames.pop_front();
    }
    return {};
  }

  Lsn next() const override { return Get(&State::next); }
  Lsn LowWater() const override { return Get(&State::low_water); }
  uint64_t bytes() const override { return Get(&State::bytes); }
  uint64_t epoch() const override { return Get(&State::epoch); }
  bool healthy() const override {
    const std::lock_guard lock(state_->mutex);
    return healthy_;
  }

 private:
  uint64_t Get(uint64_t State::* field) const {
    const std::lock_guard lock(state_->mutex);
    return (*state_).*field;
  }

  const std::shared_ptr<State> state_;
  bool healthy_ = true;
  Lsn unknown_ = 0;  // the frame to decide while unhealthy
};

}  // namespace

MemoryLogStore::MemoryLogStore() : state_(std::make_shared<State>()) {}
MemoryLogStore::~MemoryLogStore() = default;

Result<std::unique_ptr<Log>> MemoryLogStore::Open() {
  const std::lock_guard lock(state_->mutex);
  if (state_->open) return Fail(Code::kIoFailed, "log: it is open already");
  state_->open = true;
  ++state_->epoch;
  return std::unique_ptr<Log>(new MemoryLog(state_));
}

void MemoryLogStore::FailNextAppend(Fault fault) {
  const std::lock_guard lock(state_->mutex);
  state_->fault = fault;
}

}  // namespace elanus::wal
