// The inside of the memory file system: what a crash keeps and what it forgets.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "io/io_error.h"
#include "io/memory/memory_file_system.h"

namespace elanus::io {

// A file or a folder, whatever its names.
struct MemoryNode {
  static constexpr size_t kSectorBytes = 512;

  bool folder = false;
  std::string data;             // what readers see
  std::string durable;          // what a crash leaves
  uint64_t dirty_from = ~0ULL;  // bytes of `data` the next good sync makes durable
  uint64_t dirty_to = 0;
  uint64_t reserved = 0;

  uint64_t used() const { return std::max<uint64_t>(data.size(), reserved); }

  void MarkDirty(uint64_t from, uint64_t to) {
    dirty_from = std::min(dirty_from, from);
    dirty_to = std::max(dirty_to, to);
  }
  void MarkClean() {
    dirty_from = ~0ULL;
    dirty_to = 0;
  }
  void MakeDurable() {
    durable.resize(data.size());
    const uint64_t to = std::min<uint64_t>(dirty_to, data.size());
    if (dirty_from < to) std::memcpy(&durable[dirty_from], &data[dirty_from], to - dirty_from);
    MarkClean();
  }
  // After a power loss; `random` chooses which unsynced sectors made it.
  void LosePower(std::mt19937_64* random) {
    if (random == nullptr) {
      data = durable;
    } else {
      const bool old_size = ((*random)() & 1) != 0;
      std::string before = durable;
      const size_t size = old_size ? durable.size() : data.size();
      before.resize(size);
      data.resize(size);
      for (size_t at = 0; at < size; at += kSectorBytes) {
        const size_t length = std::min(kSectorBytes, size - at);
        if (((*random)() & 1) != 0) std::memcpy(&data[at], &before[at], length);
      }
      durable = data;
    }
    MarkClean();
  }
};

using MemoryNodePtr = std::shared_ptr<MemoryNode>;
using MemoryNames = std::map<std::string, MemoryNodePtr>;

// Changes of names that become durable together, by the sync of one folder.
struct NameChange {
  std::string folder;
  std::vector<std::pair<std::string, MemoryNodePtr>> edits;  // nullptr: the name goes

  void ApplyTo(MemoryNames* names) const {
    for (const auto& [path, node] : edits) {
      if (node == nullptr) {
        names->erase(path);
      } else {
        (*names)[path] = node;
      }
    }
  }
};

// All fields under `mutex`, the nodes' too.
struct MemoryState {
  mutable std::mutex mutex;
  MemoryNames names;
  MemoryNames durable;
  std::vector<NameChange> pending;
  std::set<std::string> locked;
  uint64_t generation = 0;  // a handle of an older one is dead
  bool halted = false;
  uint64_t calls = 0;
  uint64_t fail_at = 0;
  int fail_with = EIO;
  uint64_t reads = 0;
  uint64_t fail_read_at = 0;
  uint64_t capacity = ~0ULL;
  std::function<Status(const FileCall&)> fault;

  Status Call(FileCall::Kind kind, std::string_view path) {
    TRY(Running(path));
    ++calls;
    if (calls == fail_at) return IoError("injected fault:", path, fail_with);
    return fault ? fault({kind, path, calls}) : Status();
  }

  Status Read(std::string_view path) {
    if (++reads != fail_read_at) return {};
    return IoError("injected fault: read", path, EIO);
  }

  Status Running(std::string_view path) const {
    return halted ? IoError("the machine is down:", path, EIO) : Status();
  }

  MemoryNodePtr Find(const std::string& path) const {
    const auto at = names.find(path);
    return at == names.end() ? nullptr : at->second;
  }
  bool IsFolder(const std::string& path) const {
    if (path == "/" || path == ".") return true;
    const MemoryNodePtr node = Find(path);
    return node != nullptr && node->folder;
  }
  void Change(std::string folder, std::vector<std::pair<std::string, MemoryNodePtr>> edits) {
    pending.push_back({std::move(folder), std::move(edits)});
    pending.back().ApplyTo(&names);
  }
  void SyncFolder(const std::string& folder) {
    std::erase_if(pending, [&](const NameChange& change) {
      if (change.folder != folder) return false;
      change.ApplyTo(&durable);
      return true;
    });
  }
  uint64_t Used() const {
    uint64_t sum = 0;
    for (const auto& [path, node] : names) sum += node->used();
    return sum;
  }
  // How far `node` may grow.
  uint64_t Room(const MemoryNode& node) const {
    if (capacity == ~0ULL) return ~0ULL;
    const uint64_t others = Used() - std::min(Used(), node.used());
    return std::max(node.used(), capacity > others ? capacity - others : 0);
  }
};

}  // namespace elanus::io
