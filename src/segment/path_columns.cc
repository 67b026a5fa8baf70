#include "segment/path_columns.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/coding.h"
#include "model/json_path.h"

namespace elanus::segment {
namespace {

constexpr size_t kDepthMax = 3;
constexpr size_t kPathsMax = 64;       // of one field
constexpr size_t kNodesMax = 4096;     // that a census counts
constexpr size_t kColumnsMax = 10000;  // that a table may name
constexpr DataType kKinds[] = {DataType::kBool, DataType::kDouble, DataType::kVarChar};

// The place in kKinds, or none.
std::optional<size_t> KindOf(const JsonView& value) {
  if (value.is_bool()) return 0;
  if (value.is_number()) return 1;
  if (value.is_string()) return 2;
  return std::nullopt;
}

}  // namespace

void EncodePaths(const std::vector<PathColumn>& paths, std::string* out) {
  Writer w(out);
  w.Varint(paths.size());
  for (const PathColumn& path : paths) {
    w.I64(path.field.value);
    w.I64(path.column.value);
    w.U8(static_cast<uint8_t>(path.type));
    w.Varint(path.path.size());
    for (const std::string& key : path.path) w.Bytes(key);
  }
}

Result<std::vector<PathColumn>> DecodePaths(std::string_view bytes) {
  Reader r(bytes);
  const uint64_t count = TRY(r.Varint());
  std::vector<PathColumn> paths;
  for (uint64_t i = 0; i < count; ++i) {
    PathColumn path;
    path.field = FieldId(TRY(r.I64()));
    path.column = FieldId(TRY(r.I64()));
    path.type = static_cast<DataType>(TRY(r.U8()));
    const uint64_t keys = TRY(r.Varint());
    const bool known =
        std::find(std::begin(kKinds), std::end(kKinds), path.type) != std::end(kKinds);
    if (!known || keys > bytes.size() || paths.size() == kColumnsMax)
      return Status(Code::kCorruption, "a table of path columns makes no sense");
    for (uint64_t k = 0; k < keys; ++k) path.path.emplace_back(TRY(r.Bytes()));
    paths.push_back(std::move(path));
  }
  return paths;
}

struct PathCensus::Node {
  size_t counts[std::size(kKinds)] = {};
  uint64_t bytes = 0;  // of strings
  std::map<std::string, Node, std::less<>> members;
};

PathCensus::PathCensus() : root_(std::make_unique<Node>()) {}
PathCensus::PathCensus(PathCensus&&) noexcept = default;
PathCensus::~PathCensus() = default;

void PathCensus::Add(std::string_view document) {
  ++documents_;
  bytes_ += document.size();
  Visit(JsonView(document), 1, root_.get());
}

void PathCensus::Visit(const JsonView& object, size_t depth, Node* node) {
  object.ForEachMember([&](std::string_view key, const JsonView& value) {
    auto found = node->members.find(key);
    if (found == node->members.end()) {
      if (node->members.size() == kNodesMax) return true;
      found = node->members.try_emplace(std::string(key)).first;
    }
    Node& member = found->second;
    if (const auto kind = KindOf(value)) {
      ++member.counts[*kind];
      if (value.is_string()) member.bytes += value.string().size();
    } else if (value.is_object() && depth < kDepthMax) {
      Visit(value, depth + 1, &member);
    }
    return true;
  });
}

std::vector<PathCensus::Path> PathCensus::Take() const {
  struct Found {
    Path path;
    size_t count;
    uint64_t bytes;
  };
  std::vector<Found> found;
  std::vector<std::string> keys;
  const auto visit = [&](const auto& self, const Node& node) -> void {
    for (size_t kind = 0; kind < std::size(kKinds); ++kind) {
      if (keys.empty() || node.counts[kind] * 10 < documents_ * 3) continue;
      const size_t width = WidthOf(kKinds[kind]);
      const uint64_t bytes = width != 0 ? width * documents_ : node.bytes + 8 * documents_;
      found.push_back({{keys, kKinds[kind]}, node.counts[kind], bytes + documents_});
    }
    for (const auto& [key, member] : node.members) {
      keys.push_back(key);
      self(self, member);
      keys.pop_back();
    }
  };
  visit(visit, *root_);
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.count > b.count; });
  std::vector<Path> taken;
  uint64_t bytes = 0;
  for (Found& one : found) {
    if (taken.size() == kPathsMax) break;
    if (bytes + one.bytes > bytes_) continue;
    bytes += one.bytes;
    taken.push_back(std::move(one.path));
  }
  return taken;
}

struct PathValues::State {
  std::unique_ptr<ValueReader> documents;
  JsonPath path;
  DataType type;
  bool* exact;
  double number = 0;
  uint8_t boolean = 0;
};

PathValues::PathValues(std::unique_ptr<ValueReader> documents, const PathCensus::Path& path,
                       bool* exact)
    : state_(new State{std::move(documents), JsonPath(path.keys), path.type, exact}) {}
PathValues::~PathValues() = default;

std::optional<std::string_view> PathValues::At(uint32_t row) const {
  State& s = *state_;
  const auto document = s.documents->At(row);
  if (!document) return std::nullopt;
  const JsonView value = s.path.Find(*document);
  const auto kind = KindOf(value);
  if (!kind || kKinds[*kind] != s.type) return std::nullopt;
  if (value.is_string()) return value.string();
  if (value.is_bool()) {
    s.boolean = value.boolean() ? 1 : 0;
    return std::string_view(reinterpret_cast<const char*>(&s.boolean), sizeof s.boolean);
  }
  s.number = value.number();
  if (!IsExactly(value, s.number)) *s.exact = false;
  return std::string_view(reinterpret_cast<const char*>(&s.number), sizeof s.number);
}

}  // namespace elanus::segment
