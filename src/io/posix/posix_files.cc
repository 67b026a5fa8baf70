#include "io/posix/posix_files.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/io_error.h"

namespace elanus::io {
namespace {

constexpr size_t kDirectAlignment = 4096;

// Repeats a call that a signal interrupted.
template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class PosixWritableFile : public WritableFile {
 public:
  PosixWritableFile(Descriptor fd, std::string path, uint64_t size, bool direct)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size), direct_(direct) {}

  Status WriteAt(uint64_t offset, std::string_view bytes) override {
    TRY(Usable("write"));
    while (!bytes.empty()) {
      const ssize_t wrote = Uninterrupted([&] {
        return ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      });
      if (wrote < 0) return IoError("write", path_, errno);
      if (wrote == 0) return IoError("write", path_, EIO);
      offset += static_cast<uint64_t>(wrote);
      bytes.remove_prefix(static_cast<size_t>(wrote));
      size_ = std::max(size_, offset);
    }
    return {};
  }

  Status Sync() override {
    TRY(Usable("sync"));
    if (Uninterrupted([&] { return ::fdatasync(fd_.get()); }) == 0) return {};
    failed_sync_ = errno;
    return IoError("sync", path_, errno);
  }

  Status Truncate(uint64_t size) override {
    TRY(Usable("truncate"));
    if (Uninterrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
      return IoError("truncate", path_, errno);
    }
    size_ = size;
    return {};
  }

  Status Preallocate(uint64_t size) override {
    TRY(Usable("preallocate"));
    if (size == 0) return {};
    const int result = Uninterrupted(
        [&] { return ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)); });
    if (result == 0 || errno == EOPNOTSUPP || errno == ENOSYS) return {};
    return IoError("preallocate", path_, errno);
  }

  Status Close() override {
    if (!fd_.valid()) return {};
    // Linux frees the descriptor even when close fails, so this is never repeated.
    if (::close(fd_.Release()) != 0 && errno != EINTR) return IoError("close", path_, errno);
    return {};
  }

  uint64_t size() const override { return size_; }
  size_t alignment() const override { return direct_ ? kDirectAlignment : 1; }
  const std::string& path() const override { return path_; }

 private:
  Status Usable(std::string_view action) const {
    if (!fd_.valid()) return IoError(action, path_, EBADF);
    if (!failed_sync_) return {};
    return IoError("an earlier sync failed: " + std::string(action), path_, *failed_sync_);
  }

  Descriptor fd_;
  const std::string path_;
  uint64_t size_;
  const bool direct_;
  std::optional<int> failed_sync_;
};

class PosixReadableFile : public ReadableFile {
 public:
  PosixReadableFile(Descriptor fd, std::string path, uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

  Result<size_t> ReadAt(uint64_t offset, std::span<char> out) const override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = Uninterrupted([&] {
        return ::pread(fd_.get(), out.data() + done, out.size() - done,
                       static_cast<off_t>(offset + done));
      });
      if (got < 0) return IoError("read", path_, errno);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  uint64_t size() const override { return size_; }
  const std::string& path() const override { return path_; }

 private:
  const Descriptor fd_;
  const std::string path_;
  const uint64_t size_;
};

class PosixMapping : public Mapping {
 public:
  PosixMapping(void* data, size_t size) {
    data_ = static_cast<const std::byte*>(data);
    size_ = size;
  }
  ~PosixMapping() override {
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
  }

  void Advise(Access access, uint64_t offset, uint64_t size) const override {
    if (offset >= size_) return;
    // madvise wants a page's start; the end it rounds up itself.
    const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    const uint64_t begin = offset / page * page;
    const uint64_t end = std::min<uint64_t>(size_, offset + std::min<uint64_t>(size, size_));
    ::madvise(const_cast<std::byte*>(data_) + begin, end - begin, AdviceOf(access));
  }

 private:
  static int AdviceOf(Access access) {
    switch (access) {
      case Access::kNormal:
        return MADV_NORMAL;
      case Access::kRandom:
        return MADV_RANDOM;
      case Access::kSequential:
        return MADV_SEQUENTIAL;
      case Access::kWillNeed:
        return MADV_WILLNEED;
      case Access::kDontNeed:
        return MADV_DONTNEED;
    }
    return MADV_NORMAL;
  }
};

}  // namespace

std::unique_ptr<WritableFile> NewPosixWritableFile(Descriptor fd, std::string path, uint64_t size,
                                                   bool direct) {
  return std::make_unique<PosixWritableFile>(std::move(fd), std::move(path), size, direct);
}

std::unique_ptr<ReadableFile> NewPosixReadableFile(Descriptor fd, std::string path, uint64_t size) {
  return std::make_unique<PosixReadableFile>(std::move(fd), std::move(path), size);
}

Result<std::shared_ptr<const Mapping>> NewPosixMapping(Descriptor fd, const std::string& path,
                                                       uint64_t size) {
  void* data = nullptr;
  if (size > 0) {
    data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (data == MAP_FAILED) return IoError("map", path, errno);
  }
  return std::shared_ptr<const Mapping>(std::make_shared<PosixMapping>(data, size));
}

}  // namespace elanus::io
