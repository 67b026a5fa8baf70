#include "base/memory_limit.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace elanus {
namespace {

constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();

// Words that are no number ("max", "unlimited") and what stands for no limit are kNone.
uint64_t BytesOf(std::string_view text) {
  uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  // Version 1 writes the largest multiple of a page for "no limit".
  constexpr uint64_t kAbsurd = uint64_t{1} << 60;
  return error != std::errc() || bytes >= kAbsurd ? kNone : bytes;
}

uint64_t LimitIn(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  return file >> text ? BytesOf(text) : kNone;
}

std::vector<std::string> SplitAt(char separator, const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(std::move(part));
  return parts;
}

struct Mount {
  std::string root;  // which folder of the tree of groups is mounted
  std::string at;
};

// Where the groups that say `what` are mounted: the controller "memory" of version 1, or for an
// empty name version 2.
std::optional<Mount> FindMount(const std::string& root, const std::string& what) {
  std::ifstream file(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::vector<std::string> left = SplitAt(' ', line.substr(0, dash));
    const std::vector<std::string> right = SplitAt(' ', line.substr(dash + 3));
    if (left.size() < 5 || right.empty()) continue;
    if (right[0] != (what.empty() ? "cgroup2" : "cgroup")) continue;
    const std::vector<std::string> controllers =
        right.size() < 3 ? std::vector<std::string>() : SplitAt(',', right[2]);
    if (!what.empty() && std::ranges::find(controllers, what) == controllers.end()) continue;
    return Mount{left[3], left[4]};
  }
  return std::nullopt;
}

// The least limit from `group` up to the root of its tree.
uint64_t LimitUpTree(const std::string& root, const std::string& what, const std::string& group,
                     const std::string& name) {
  const std::optional<Mount> mount = FindMount(root, what);
  if (!mount) return kNone;
  // In a container the mount may begin at the group itself.
  std::string below = group;
  if (mount->root != "/" && below.starts_with(mount->root)) below.erase(0, mount->root.size());
  uint64_t least = kNone;
  while (true) {
    while (below.ends_with('/')) below.pop_back();
    least = std::min(least, LimitIn(root + mount->at + below + "/" + name));
    if (below.empty()) return least;
    below.erase(below.rfind('/'));
  }
}

uint64_t GroupLimit(const std::string& root) {
  uint64_t least = kNone;
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // "4:memory:/group", "0::/group"
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::vector<std::string> controllers =
        SplitAt(',', line.substr(first + 1, second - first - 1));
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      least = std::min(least, LimitUpTree(root, "", group, "memory.max"));
    } else if (std::ranges::find(controllers, "memory") != controllers.end()) {
      least = std::min(least, LimitUpTree(root, "memory", group, "memory.limit_in_bytes"));
    }
  }
  return least;
}

// The soft limits of address space and data: "Max data size   unlimited   unlimited   bytes".
uint64_t ResourceLimit(const std::string& root) {
  uint64_t least = kNone;
  std::ifstream file(root + "/proc/self/limits");
  for (std::string line; std::getline(file, line);) {
    for (const std::string_view name : {"Max address space", "Max data size"}) {
      if (!line.starts_with(name)) continue;
      std::istringstream rest(line.substr(name.size()));
      if (std::string soft; rest >> soft) least = std::min(least, BytesOf(soft));
    }
  }
  return least;
}

uint64_t MachineLimit(const std::string& root) {
  std::ifstream file(root + "/proc/meminfo");
  uint64_t kilobytes = 0;
  for (std::string word; file >> word;) {
    if (word == "MemTotal:" && file >> kilobytes) return kilobytes << 10;
  }
  return kNone;
}

}  // namespace

uint64_t FindMemoryLimit(const std::string& root) {
  const uint64_t least = std::min({GroupLimit(root), ResourceLimit(root), MachineLimit(root)});
  return least == kNone ? 0 : least;
}

uint64_t ReadAnonymousBytes(const std::string& root) {
  std::ifstream file(root + "/proc/self/statm");  // in pages: size, resident, shared with files
  uint64_t size = 0, resident = 0, shared = 0;
  if (!(file >> size >> resident >> shared)) return 0;
  return (resident - std::min(resident, shared)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace elanus
