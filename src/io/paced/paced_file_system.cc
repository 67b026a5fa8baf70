#include "io/paced/paced_file_system.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

namespace elanus::io {
namespace {

class PacedFile final : public WritableFile {
 public:
  PacedFile(std::unique_ptr<WritableFile> file, Pace* pace)
      : file_(std::move(file)), pace_(*pace) {}

  Status WriteAt(uint64_t offset, std::string_view bytes) override {
    pace_.Take(bytes.size());
    return file_->WriteAt(offset, bytes);
  }
  Status Sync() override { return file_->Sync(); }
  Status Truncate(uint64_t size) override { return file_->Truncate(size); }
  Status Preallocate(uint64_t size) override { return file_->Preallocate(size); }
  Status Close() override { return file_->Close(); }
  uint64_t size() const override { return file_->size(); }
  size_t alignment() const override { return file_->alignment(); }
  const std::string& path() const override { return file_->path(); }

 private:
  const std::unique_ptr<WritableFile> file_;
  Pace& pace_;
};

}  // namespace

Pace::Time Pace::RealTime() {
  return {[] {
            return std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::steady_clock::now().time_since_epoch())
                .count();
          },
          [](int64_t us) { std::this_thread::sleep_for(std::chrono::microseconds(us)); }};
}

Pace::Pace(uint64_t bytes_per_second, Time time)
    : bytes_per_second_(bytes_per_second), time_(std::move(time)) {}

void Pace::Take(uint64_t bytes) {
  if (bytes_per_second_ == 0 || stopped_) return;
  const auto cost_us = static_cast<int64_t>(static_cast<double>(bytes) * 1e6 /
                                            static_cast<double>(bytes_per_second_));
  int64_t begin_us = 0;
  {
    const std::lock_guard lock(mutex_);
    begin_us = std::max(time_.now_us(), free_at_us_);
    free_at_us_ = begin_us + cost_us;
  }
  while (!stopped_) {
    const int64_t left_us = begin_us - time_.now_us();
    if (left_us <= 0) return;
    time_.sleep(std::min(left_us, kSliceUs));
  }
}

Result<std::unique_ptr<WritableFile>> PacedFileSystem::OpenWritable(const std::string& path,
                                                                    const OpenOptions& options) {
  auto file = TRY(fs_.OpenWritable(path, options));
  return std::unique_ptr<WritableFile>(std::make_unique<PacedFile>(std::move(file), &pace_));
}

}  // namespace elanus::io
