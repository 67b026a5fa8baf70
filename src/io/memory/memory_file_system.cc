#include "io/memory/memory_file_system.h"

#include <cstdlib>

#include "io/memory/memory_state.h"

namespace elanus::io {
namespace {

constexpr size_t kDirectAlignment = 4096;

std::string Normal(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '/' && !out.empty() && out.back() == '/') continue;
    out += c;
  }
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

class MemoryMapping : public Mapping {
 public:
  explicit MemoryMapping(std::string_view bytes) {
    size_ = bytes.size();
    if (bytes.empty()) return;
    const size_t pages = (bytes.size() + 4095) / 4096;
    copy_.reset(static_cast<std::byte*>(std::aligned_alloc(4096, pages * 4096)));
    CHECK(copy_ != nullptr);
    std::memcpy(copy_.get(), bytes.data(), bytes.size());
    std::memset(copy_.get() + bytes.size(), 0, pages * 4096 - bytes.size());
    data_ = copy_.get();
  }
  void Advise(Access, uint64_t, uint64_t) const override {}

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<std::byte, Free> copy_;
};

class MemoryWritableFile : public WritableFile {
 public:
  MemoryWritableFile(std::shared_ptr<MemoryState> state, MemoryNodePtr node, std::string path,
                     bool direct)
      : state_(std::move(state)),
        node_(std::move(node)),
        path_(std::move(path)),
        direct_(direct),
        generation_(state_->generation) {}

  Status WriteAt(uint64_t offset, std::string_view bytes) override {
    const std::lock_guard lock(state_->mutex);
    TRY(Usable("write"));
    const auto address = reinterpret_cast<uintptr_t>(bytes.data());
    if ((offset | bytes.size() | address) % alignment() != 0) {
      return IoError("write", path_, EINVAL);
    }
    Status status = state_->Call(FileCall::Kind::kWrite, path_);
    if (!status.ok()) bytes = bytes.substr(0, bytes.size() / 2);
    const uint64_t room = state_->Room(*node_);
    if (offset + bytes.size() > room) {
      if (status.ok()) status = IoError("write", path_, ENOSPC);
      bytes = bytes.substr(0, room - std::min(room, offset));
    }
    if (bytes.empty()) return status;
    const uint64_t end = offset + bytes.size();
    if (node_->data.size() < end) {
      node_->MarkDirty(node_->data.size(), end);
      node_->data.resize(end);
    }
    std::memcpy(&node_->data[offset], bytes.data(), bytes.size());
    node_->MarkDirty(offset, end);
    return status;
  }

  Status Sync() override {
    const std::lock_guard lock(state_->mutex);
    TRY(Usable("sync"));
    if (Status status = state_->Call(FileCall::Kind::kSync, path_); !status.ok()) {
      node_->MarkClean();  // as kernels do: a later sync would not write these bytes
      failed_sync_ = true;
      return status;
    }
    node_->MakeDurable();
    return {};
  }

  Status Truncate(uint64_t size) override {
    const std::lock_guard lock(state_->mutex);
    TRY(Usable("truncate"));
    TRY(state_->Call(FileCall::Kind::kTruncate, path_));
    if (size > state_->Room(*node_)) return IoError("truncate", path_, ENOSPC);
    if (size > node_->data.size()) node_->MarkDirty(node_->data.size(), size);
    node_->data.resize(size);
    node_->reserved = std::min(node_->reserved, size);
    return {};
  }

  Status Preallocate(uint64_t size) override {
    const std::lock_guard lock(state_->mutex);
    TRY(Usable("preallocate"));
    TRY(state_->Call(FileCall::Kind::kPreallocate, path_));
    if (size > state_->Room(*node_)) return IoError("preallocate", path_, ENOSPC);
    node_->reserved = std::max(node_->reserved, size);
    return {};
  }

  Status Close() override {
    const std::lock_guard lock(state_->mutex);
    closed_ = true;
    return {};
  }

  uint64_t size() const override {
    const std::lock_guard lock(state_->mutex);
    return node_->data.size();
  }
  size_t alignment() const override { return direct_ ? kDirectAlignment : 1; }
  const std::string& path() const override { return path_; }

 private:
  Status Usable(std::string_view action) const {
    if (closed_) return IoError(action, path_, EBADF);
    if (generation_ != state_->generation) return IoError("after a crash: write", path_, EIO);
    if (failed_sync_) return IoError("an earlier sync failed: write", path_, EIO);
    return state_->Running(path_);
  }

  const std::shared_ptr<MemoryState> state_;
  const MemoryNodePtr node_;
  const std::string path_;
  const bool direct_;
  const uint64_t generation_;
  bool closed_ = false;
  bool failed_sync_ = false;
};

class MemoryReadableFile : public ReadableFile {
 public:
  MemoryReadableFile(std::shared_ptr<MemoryState> state, MemoryNodePtr node, std::string path)
      : state_(std::move(state)),
        node_(std::move(node)),
        path_(std::move(path)),
        size_(node_->data.size()),
        generation_(state_->generation) {}

  Result<size_t> ReadAt(uint64_t offset, std::span<char> out) const override {
    const std::lock_guard lock(state_->mutex);
    if (generation_ != state_->generation) return IoError("after a crash: read", path_, EIO);
    TRY(state_->Read(path_));
    const std::string& data = node_->data;
    if (offset >= data.size()) return size_t{0};
    const size_t length = std::min<uint64_t>(out.size(), data.size() - offset);
    if (length > 0) std::memcpy(out.data(), &data[offset], length);
    return length;
  }
  uint64_t size() const override { return size_; }
  const std::string& path() const override { return path_; }

 private:
  const std::shared_ptr<MemoryState> state_;
  const MemoryNodePtr node_;
  const std::string path_;
  const uint64_t size_;
  const uint64_t generation_;
};

class MemoryFileLock : public FileLock {
 public:
  MemoryFileLock(std::shared_ptr<MemoryState> state, std::string path)
      : state_(std::move(state)), path_(std::move(path)), generation_(state_->generation) {}
  ~MemoryFileLock() override {
    const std::lock_guard lock(state_->mutex);
    if (generation_ == state_->generation) state_->locked.erase(path_);
  }

 private:
  const std::shared_ptr<MemoryState> state_;
  const std::string path_;
  const uint64_t generation_;
};

// The file at `path`, or why not.
Result<MemoryNodePtr> FindFile(const MemoryState& state, std::string_view action,
                               const std::string& path) {
  if (state.IsFolder(path)) return IoError(action, path, EISDIR);
  MemoryNodePtr node = state.Find(path);
  if (node == nullptr) return IoError(action, path, ENOENT);
  return node;
}

}  // namespace

MemoryFileSystem::MemoryFileSystem() : state_(std::make_shared<MemoryState>()) {}
MemoryFileSystem::~MemoryFileSystem() = default;

void MemoryFileSystem::Crash(std::optional<uint64_t> seed) {
  const std::lock_guard lock(state_->mutex);
  ++state_->generation;
  state_->halted = false;
  state_->locked.clear();
  std::mt19937_64 random(seed.value_or(0));
  if (seed) {
    // Each folder keeps a prefix of its changes.
    std::set<std::string> cut;
    for (const NameChange& change : state_->pending) {
      if (!cut.contains(change.folder) && random() % 4 == 0) cut.insert(change.folder);
      if (!cut.contains(change.folder)) change.ApplyTo(&state_->durable);
    }
  }
  state_->pending.clear();
  state_->names = state_->durable;
  std::set<MemoryNode*> seen;
  for (const auto& [path, node] : state_->names) {
    if (seen.insert(node.get()).second) node->LosePower(seed ? &random : nullptr);
  }
}

void MemoryFileSystem::BecomeImageOf(const MemoryFileSystem& other, std::optional<uint64_t> seed) {
  {
    const std::scoped_lock lock(state_->mutex, other.state_->mutex);
    std::map<MemoryNodePtr, MemoryNodePtr> copies;
    const auto copy = [&copies](const MemoryNodePtr& node) {
      if (node == nullptr) return node;
      MemoryNodePtr& made = copies[node];
      if (made == nullptr) made = std::make_shared<MemoryNode>(*node);
      return made;
    };
    const auto copy_all = [&copy](const MemoryNames& names) {
      MemoryNames made;
      for (const auto& [path, node] : names) made[path] = copy(node);
      return made;
    };
    state_->names = copy_all(other.state_->names);
    state_->durable = copy_all(other.state_->durable);
    state_->pending = other.state_->pending;
    for (NameChange& change : state_->pending) {
      for (auto& [path, node] : change.edits) node = copy(node);
    }
  }
  Crash(seed);
}

void MemoryFileSystem::Kill() {
  const std::lock_guard lock(state_->mutex);
  ++state_->generation;
  state_->halted = false;
  state_->locked.clear();
}

void MemoryFileSystem::Halt() {
  const std::lock_guard lock(state_->mutex);
  state_->halted = true;
}

void MemoryFileSystem::SetFault(std::function<Status(const FileCall&)> fault) {
  const std::lock_guard lock(state_->mutex);
  state_->fault = std::move(fault);
}

void MemoryFileSystem::FailCall(uint64_t n, int error_number) {
  const std::lock_guard lock(state_->mutex);
  state_->fail_at = state_->calls + n;
  state_->fail_with = error_number == 0 ? EIO : error_number;
}

void MemoryFileSystem::FailRead(uint64_t n) {
  const std::lock_guard lock(state_->mutex);
  state_->fail_read_at = state_->reads + n;
}

uint64_t MemoryFileSystem::reads() const {
  const std::lock_guard lock(state_->mutex);
  return state_->reads;
}

uint64_t MemoryFileSystem::calls() const {
  const std::lock_guard lock(state_->mutex);
  return state_->calls;
}

void MemoryFileSystem::SetCapacity(uint64_t bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->capacity = bytes;
}

void MemoryFileSystem::FlipBit(const std::string& path, uint64_t offset, int bit) {
  const std::lock_guard lock(state_->mutex);
  const MemoryNodePtr node = state_->Find(Normal(path));
  CHECK(node != nullptr && offset < node->data.size());
  const auto mask = static_cast<char>(1 << bit);
  node->data[offset] = static_cast<char>(node->data[offset] ^ mask);
  if (offset < node->durable.size()) {
    node->durable[offset] = static_cast<char>(node->durable[offset] ^ mask);
  }
}

Result<std::unique_ptr<WritableFile>> MemoryFileSystem::OpenWritable(const std::string& raw_path,
                                                                     const OpenOptions& options) {
  const std::string path = Normal(raw_path);
  const std::lock_guard lock(state_->mutex);
  if (state_->IsFolder(path)) return IoError("open", path, EISDIR);
  MemoryNodePtr node = state_->Find(path);
  if (node == nullptr && (!options.create || !state_->IsFolder(ParentPath(path)))) {
    return IoError("open", path, ENOENT);
  }
  TRY(state_->Call(FileCall::Kind::kOpen, path));
  if (node == nullptr) {
    node = std::make_shared<MemoryNode>();
    state_->Change(ParentPath(path), {{path, node}});
  } else if (options.truncate) {
    node->data.clear();
    node->reserved = 0;
  }
  return std::unique_ptr<WritableFile>(
      new MemoryWritableFile(state_, std::move(node), path, options.direct));
}

Result<std::unique_ptr<ReadableFile>> MemoryFileSystem::OpenRandomAccess(
    const std::string& raw_path) {
  const std::string path = Normal(raw_path);
  const std::lock_guard lock(state_->mutex);
  MemoryNodePtr node = TRY(FindFile(*state_, "open", path));
  TRY(state_->Read(path));
  return std::unique_ptr<ReadableFile>(new MemoryReadableFile(state_, std::move(node), path));
}

Result<std::shared_ptr<const Mapping>> MemoryFileSystem::Map(const std::string& raw_path) {
  const std::string path = Normal(raw_path);
  const std::lock_guard lock(state_->mutex);
  const MemoryNodePtr node = TRY(FindFile(*state_, "map", path));
  TRY(state_->Read(path));
  return std::shared_ptr<const Mapping>(std::make_shared<MemoryMapping>(node->data));
}

Status MemoryFileSystem::Rename(const std::string& raw_from, const std::string& raw_to) {
  const std::string from = Normal(raw_from);
  const std::string to = Normal(raw_to);
  const std::lock_guard lock(state_->mutex);
  const MemoryNodePtr node = state_->Find(from);
  if (node == nullptr || !state_->IsFolder(ParentPath(to))) return IoError("rename", from, ENOENT);
  if (state_->IsFolder(to) && !node->folder) return IoError("rename", from, EISDIR);
  TRY(state_->Call(FileCall::Kind::kRename, from));
  if (from == to) return {};
  std::vector<std::pair<std::string, MemoryNodePtr>> gone = {{from, nullptr}};
  std::vector<std::pair<std::string, MemoryNodePtr>> come = {{to, node}};
  for (const auto& [path, child] : state_->names) {  // a folder takes what is in it along
    if (!path.starts_with(from + "/")) continue;
    gone.emplace_back(path, nullptr);
    come.emplace_back(to + path.substr(from.size()), child);
  }
  if (ParentPath(from) == ParentPath(to)) {
    gone.insert(gone.end(), come.begin(), come.end());
    state_->Change(ParentPath(to), std::move(gone));
    return {};
  }
  state_->Change(ParentPath(to), std::move(come));
  state_->Change(ParentPath(from), std::move(gone));
  return {};
}

Status MemoryFileSystem::Remove(const std::string& raw_path) {
  const std::string path = Normal(raw_path);
  const std::lock_guard lock(state_->mutex);
  if (state_->Find(path) == nullptr) return IoError("remove", path, ENOENT);
  const auto child = state_->names.lower_bound(path + "/");
  if (child != state_->names.end() && child->first.starts_with(path + "/")) {
    return IoError("remove", path, ENOTEMPTY);
  }
  TRY(state_->Call(FileCall::Kind::kRemove, path));
  state_->Change(ParentPath(path), {{path, nullptr}});
  return {};
}

Status MemoryFileSystem::RemoveTree(const std::string& raw_path) {
  const std::string path = Normal(raw_path);
  const std::lock_guard lock(state_->mutex);
  if (state_->Find(path) == nullptr) return {};
  TRY(state_->Call(FileCall::Kind::kRemove, path));
  std::vector<std::pair<std::string, MemoryNodePtr>> gone = {{path, nullptr}};
  for (const auto& [name, child] : state_->names) {
    if (name.starts_with(path + "/")) gone.emplace_back(name, nullptr);
  }
  state_->Change(ParentPath(path), std::move(gone));
  return {};
}

Status MemoryFileSystem::CreateDirs(const std::string& raw_path) {
  const std::string path = Normal(raw_path);
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> missing;
  for (std::string at = path; !state_->IsFolder(at); at = ParentPath(at)) {
    if (state_->Find(at) != nullptr) return IoError("create folder", at, ENOTDIR);
    missing.push_back(at);
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    TRY(state_->Call(FileCall::Kind::kCreateDir, *at));
    const auto folder = std::make_shared<MemoryNode>();
    folder->folder = true;
    state_->Change(ParentPath(*at), {{*at, folder}});
    state_->SyncFolder(ParentPath(*at));
  }
  return {};
}

Result<std::vector<std::string>> MemoryFileSystem::List(const std::string& raw_dir) {
  const std::string dir = Normal(raw_dir);
  const std::lock_guard lock(state_->mutex);
  if (!state_->IsFolder(dir)) {
    return IoError("list", dir, state_->Find(dir) == nullptr ? ENOENT : ENOTDIR);
  }
  TRY(state_->Read(dir));
  std::vector<std::string> names;
  for (const auto& [path, node] : state_->names) {
    if (path != dir && ParentPath(path) == dir) names.push_back(path.substr(path.rfind('/') + 1));
  }
  std::ranges::sort(names);
  return names;
}

Status MemoryFileSystem::SyncDir(const std::string& raw_dir) {
  const std::string dir = Normal(raw_dir);
  const std::lock_guard lock(state_->mutex);
  if (!state_->IsFolder(dir)) return IoError("sync", dir, ENOENT);
  TRY(state_->Call(FileCall::Kind::kSyncDir, dir));
  state_->SyncFolder(dir);
  return {};
}

Result<bool> MemoryFileSystem::Exists(const std::string& raw_path) {
  const std::string path = Normal(raw_path);
  const std::lock_guard lock(state_->mutex);
  return state_->IsFolder(path) || state_->Find(path) != nullptr;
}

Result<uint64_t> MemoryFileSystem::SizeOf(const std::string& raw_path) {
  const std::string path = Normal(raw_path);
  const std::lock_guard lock(state_->mutex);
  const MemoryNodePtr node = state_->Find(path);
  if (node == nullptr) return IoError("stat", path, ENOENT);
  TRY(state_->Read(path));
  return uint64_t{node->data.size()};
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::LockFile(const std::string& raw_path) {
  const std::string path = Normal(raw_path);
  const std::lock_guard lock(state_->mutex);
  if (!state_->IsFolder(ParentPath(path))) return IoError("lock", path, ENOENT);
  TRY(state_->Running(path));
  if (!state_->locked.insert(path).second) return LockedElsewhere(path);
  if (state_->Find(path) == nullptr) {
    state_->Change(ParentPath(path), {{path, std::make_shared<MemoryNode>()}});
  }
  return std::unique_ptr<FileLock>(new MemoryFileLock(state_, path));
}

Result<uint64_t> MemoryFileSystem::FreeBytes(const std::string&) {
  const std::lock_guard lock(state_->mutex);
  if (state_->capacity == ~0ULL) return state_->capacity;
  return state_->capacity - std::min(state_->capacity, state_->Used());
}

}  // namespace elanus::io
