#include "index/rtree.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "base/coding.h"
#include "geo/wkb.h"

namespace elanus::index {
namespace {

constexpr size_t kFan = 64;  // boxes of a node
enum : size_t { kBoxes = 0, kRows = 1, kNodes = 2 };

// An envelope in floats that holds the one in doubles.
struct Box {
  float min_x, min_y, max_x, max_y;

  bool Meets(const Box& other) const {
    return (min_x <= other.max_x) & (other.min_x <= max_x) & (min_y <= other.max_y) &
           (other.min_y <= max_y);
  }
  void Add(const Box& other) {
    min_x = std::min(min_x, other.min_x);
    min_y = std::min(min_y, other.min_y);
    max_x = std::max(max_x, other.max_x);
    max_y = std::max(max_y, other.max_y);
  }
};

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();
// What has no float is beyond all of them.
float Below(double value) {
  if (std::abs(value) > kLargest) return value < 0 ? -kInfinity : kLargest;
  const auto nearest = static_cast<float>(value);
  return static_cast<double>(nearest) <= value ? nearest : std::nextafter(nearest, -kInfinity);
}
float Above(double value) { return -Below(-value); }
Box BoxOf(const geo::Envelope& envelope) {
  return {Below(envelope.min_x), Below(envelope.min_y), Above(envelope.max_x),
          Above(envelope.max_y)};
}
geo::Envelope EnvelopeOf(const Box& box) { return {box.min_x, box.min_y, box.max_x, box.max_y}; }

// How many nodes the levels have, from those over the entries up to the root.
std::vector<size_t> LevelsOf(size_t entries) {
  std::vector<size_t> levels;
  for (size_t n = entries; n > 1 || levels.empty();) {
    n = (n + kFan - 1) / kFan;
    levels.push_back(n);
  }
  return levels;
}

class RTree final : public ScalarIndex {
 public:
  RTree(size_t rows, size_t entries, const Box* boxes, const uint32_t* entry_rows, const Box* nodes)
      : rows_(rows), entry_rows_(entry_rows), levels_(LevelsOf(entries)) {
    level_boxes_.push_back(boxes);
    sizes_.push_back(entries);
    for (const size_t nodes_of_level : levels_) {
      level_boxes_.push_back(nodes);
      sizes_.push_back(nodes_of_level);
      nodes += nodes_of_level;
    }
  }

  // Not questions for geometries.
  Bitmap In(const std::vector<Value>&) const override { return Bitmap(rows_); }
  Bitmap Range(const std::optional<Bound>&, const std::optional<Bound>&) const override {
    return Bitmap(rows_);
  }
  Bitmap Prefix(std::string_view) const override { return Bitmap(rows_); }
  size_t EstimateRange(const std::optional<Bound>&, const std::optional<Bound>&) const override {
    return rows_;
  }

  std::optional<Bitmap> Near(const geo::Reach& reach, size_t enough) const override {
    Bitmap found(rows_);
    if (sizes_[0] == 0) return found;
    if (reach.on_globe && !geo::kGlobe.Covers(EnvelopeOf(level_boxes_.back()[0]))) {
      return std::nullopt;
    }
    size_t count = 0;
    Find(levels_.size(), 0, BoxOf(reach.box), enough, &count, &found);
    if (count >= enough) return std::nullopt;
    return found;
  }

 private:
  // Below node `node` of level `level`, which is itself met; level 0 has the entries.
  void Find(size_t level, size_t node, const Box& box, size_t enough, size_t* count,
            Bitmap* found) const {
    const size_t below = level - 1;
    const size_t begin = node * kFan;
    const size_t end = std::min(begin + kFan, sizes_[below]);
    const Box* boxes = level_boxes_[below];
    for (size_t i = begin; i < end && *count < enough; ++i) {
      if (!boxes[i].Meets(box)) continue;
      if (below > 0) {
        Find(below, i, box, enough, count, found);
      } else if (entry_rows_[i] < rows_) {
        found->Set(entry_rows_[i]);
        ++*count;
      }
    }
  }

  size_t rows_;
  const uint32_t* entry_rows_;
  std::vector<size_t> levels_;
  std::vector<const Box*> level_boxes_;  // 0: of the entries; the last: the root
  std::vector<size_t> sizes_;
};

struct Entry {
  Box box;
  uint32_t row;
};

// Slices by x, each in order of y: entries that follow each other lie together.
void Pack(std::vector<Entry>* entries) {
  const auto x = [](const Entry& e) { return e.box.min_x / 2 + e.box.max_x / 2; };
  const auto y = [](const Entry& e) { return e.box.min_y / 2 + e.box.max_y / 2; };
  const auto before = [](const auto& of) {
    return [of](const Entry& a, const Entry& b) {
      return of(a) != of(b) ? of(a) < of(b) : a.row < b.row;
    };
  };
  std::sort(entries->begin(), entries->end(), before(x));
  const double nodes = std::ceil(static_cast<double>(entries->size()) / kFan);
  const size_t slice = static_cast<size_t>(std::ceil(std::sqrt(nodes))) * kFan;
  for (size_t begin = 0; begin < entries->size(); begin += slice) {
    const size_t end = std::min(begin + slice, entries->size());
    std::sort(entries->begin() + static_cast<std::ptrdiff_t>(begin),
              entries->begin() + static_cast<std::ptrdiff_t>(end), before(y));
  }
}

template <typename T>
std::string_view BytesOf(const std::vector<T>& v) {
  return {reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T)};
}

}  // namespace

Status BuildRTree(const ScalarView& column, const Sink& sink) {
  std::vector<Entry> entries;
  entries.reserve(column.rows);
  for (uint32_t row = 0; row < column.rows; ++row) {
    if (column.valid != nullptr && column.valid[row] == 0) continue;
    const uint64_t begin = row == 0 ? 0 : column.ends[row - 1];
    const geo::Envelope envelope = TRY(geo::EnvelopeOf(std::string_view(
        reinterpret_cast<const char*>(column.data) + begin, column.ends[row] - begin)));
    if (!envelope.empty()) entries.push_back({BoxOf(envelope), row});
  }
  Pack(&entries);

  std::vector<Box> boxes;
  std::vector<uint32_t> rows;
  for (const Entry& entry : entries) {
    boxes.push_back(entry.box);
    rows.push_back(entry.row);
  }
  std::vector<Box> nodes;
  std::span<const Box> below = boxes;
  for (const size_t count : LevelsOf(entries.size())) {
    std::vector<Box> level(count, Box{kInfinity, kInfinity, -kInfinity, -kInfinity});
    for (size_t i = 0; i < below.size(); ++i) level[i / kFan].Add(below[i]);
    nodes.insert(nodes.end(), level.begin(), level.end());
    below = std::span(nodes).last(count);
  }
  std::string meta;
  Writer(&meta).U64(entries.size());
  BlobWriter blob({BlobKind::kRTree, column.type, Metric::kNone, column.rows, 0, meta});
  blob.Add(BytesOf(boxes));
  blob.Add(BytesOf(rows));
  blob.Add(BytesOf(nodes));
  return blob.Write(sink);
}

Result<std::unique_ptr<ScalarIndex>> OpenRTree(const Blob& blob) {
  Reader meta(blob.header().meta);
  const uint64_t entries = TRY(meta.U64());
  if (entries > blob.header().rows)
    return Status(Code::kCorruption, "spatial index has more entries than rows");
  size_t nodes = 0;
  for (const size_t count : LevelsOf(entries)) nodes += count;
  const Box* boxes = TRY(blob.ArrayOf<Box>(kBoxes, entries));
  const uint32_t* rows = TRY(blob.ArrayOf<uint32_t>(kRows, entries));
  const Box* node_boxes = TRY(blob.ArrayOf<Box>(kNodes, nodes));
  return std::unique_ptr<ScalarIndex>(
      std::make_unique<RTree>(blob.header().rows, entries, boxes, rows, node_boxes));
}

}  // namespace elanus::index
