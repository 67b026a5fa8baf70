#include "index/block_reader.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <liburing.h>
#include <sys/mman.h>
#include <unistd.h>

namespace elanus::index {
namespace {

constexpr unsigned kRingEntries = 128;

// A thread's ring; not ready where the kernel does not permit one.
class Ring {
 public:
  Ring() : ready_(::io_uring_queue_init(kRingEntries, &ring_, 0) == 0) {}
  ~Ring() {
    if (ready_) ::io_uring_queue_exit(&ring_);
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  bool ready() const { return ready_; }
  io_uring* get() { return &ring_; }

 private:
  io_uring ring_{};
  bool ready_;
};

Ring& ThreadRing() {
  thread_local Ring ring;
  return ring;
}

Status Failed(int error) {
  return Status(Code::kIoFailed,
                std::string("index file: reading a block: ") + std::strerror(error));
}

}  // namespace

Result<std::unique_ptr<BlockReader>> BlockReader::Open(std::string_view region, size_t block,
                                                       const std::string& path, uint64_t offset) {
  std::unique_ptr<BlockReader> reader(new BlockReader(region, block));
  if (path.empty()) {
    // Blocks are read in no order: what lies around one is not worth reading ahead.
    if (!region.empty()) {
      const auto begin = reinterpret_cast<uintptr_t>(region.data()) / 4096 * 4096;
      const auto end = reinterpret_cast<uintptr_t>(region.data()) + region.size();
      static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_RANDOM));
    }
    return reader;
  }
  reader->offset_ = offset;
  reader->fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT);
  reader->direct_ = reader->fd_ >= 0;
  if (reader->fd_ < 0 && errno == EINVAL) {  // the file system has no O_DIRECT
    reader->fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (reader->fd_ >= 0) ::posix_fadvise(reader->fd_, 0, 0, POSIX_FADV_RANDOM);
  }
  if (reader->fd_ < 0)
    return Status(Code::kIoFailed, "index file " + path + ": " + std::strerror(errno));
  reader->way_ = ThreadRing().ready() ? Way::kRing : Way::kRead;
  return reader;
}

BlockReader::~BlockReader() {
  if (fd_ >= 0) ::close(fd_);
}

Status BlockReader::ReadEach(std::span<const uint32_t> blocks,
                             std::span<const std::byte*> buffers) const {
  for (size_t i = 0; i < blocks.size(); ++i) {
    size_t done = 0;
    while (done < block_) {
      const ssize_t n = ::pread(fd_, const_cast<std::byte*>(buffers[i]) + done, block_ - done,
                                static_cast<off_t>(offset_ + blocks[i] * block_ + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return Failed(n < 0 ? errno : EIO);
      done += static_cast<size_t>(n);
    }
  }
  return {};
}

Status BlockReader::Read(std::span<const uint32_t> blocks,
                         std::span<const std::byte*> buffers) const {
  if (way_ == Way::kMapping) {
    for (size_t i = 0; i < blocks.size(); ++i) {
      buffers[i] = reinterpret_cast<const std::byte*>(region_.data()) + blocks[i] * block_;
    }
    // All are on their way before the first is waited for.
    for (size_t i = 0; i < blocks.size() && blocks.size() > 1; ++i) {
      const auto at = reinterpret_cast<uintptr_t>(buffers[i]) / 4096 * 4096;
      static_cast<void>(::madvise(reinterpret_cast<void*>(at), block_, MADV_WILLNEED));
    }
    return {};
  }
  if (way_ == Way::kRead || !ThreadRing().ready() || blocks.size() > kRingEntries)
    return ReadEach(blocks, buffers);
  io_uring* const ring = ThreadRing().get();
  for (size_t i = 0; i < blocks.size(); ++i) {
    io_uring_sqe* entry = ::io_uring_get_sqe(ring);
    CHECK(entry != nullptr);
    ::io_uring_prep_read(entry, fd_, const_cast<std::byte*>(buffers[i]),
                         static_cast<unsigned>(block_), offset_ + blocks[i] * block_);
    ::io_uring_sqe_set_data(entry, reinterpret_cast<void*>(i));
  }
  size_t submitted = 0;
  while (submitted < blocks.size()) {
    const int n = ::io_uring_submit_and_wait(ring, static_cast<unsigned>(blocks.size()));
    if (n == -EINTR || n == -EAGAIN) continue;
    CHECK(n >= 0);
    submitted += static_cast<size_t>(n);
  }
  // Every answer is taken, also after a failure: the buffers are ours again only then.
  Status status;
  for (size_t i = 0; i < blocks.size();) {
    io_uring_cqe* answer = nullptr;
    const int waited = ::io_uring_wait_cqe(ring, &answer);
    if (waited == -EINTR) continue;
    CHECK(waited == 0);
    const auto which = reinterpret_cast<size_t>(::io_uring_cqe_get_data(answer));
    const int result = answer->res;
    ::io_uring_cqe_seen(ring, answer);
    ++i;
    if (result == static_cast<int>(block_)) continue;
    // Short or refused: once more, the plain way.
    Status again = ReadEach(blocks.subspan(which, 1), buffers.subspan(which, 1));
    if (!again.ok()) status = std::move(again);
  }
  return status;
}

}  // namespace elanus::index
