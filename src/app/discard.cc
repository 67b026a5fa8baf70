#include "app/discard.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <ostream>
#include <string_view>

#include "meta/catalog.h"
#include "segment/sealed_segment.h"

namespace elanus::app {
namespace {

struct Place {
  std::string folder;
  ShardId shard;
  SegmentId segment;
};

std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Cuts the last part off.
std::string_view TakeLast(std::string_view* path) {
  const size_t slash = path->rfind('/');
  const std::string_view last = slash == std::string_view::npos ? *path : path->substr(slash + 1);
  *path = slash == std::string_view::npos ? std::string_view() : path->substr(0, slash);
  return last;
}

Result<Place> Parse(const std::string& file) {
  std::string_view path = file;
  std::string_view name = TakeLast(&path);
  const bool is_segment = name.ends_with(".seg");
  if (is_segment) name.remove_suffix(4);
  const auto segment = Number(name);
  const auto shard = Number(TakeLast(&path));
  if (!is_segment || !segment || !shard || TakeLast(&path) != "shards") {
    return Fail(Code::kParameterInvalid,
                file + " is no segment: name it as `elanus verify` does, DIR/shards/ID/N.seg");
  }
  return Place{path.empty() ? "." : std::string(path), ShardId(*shard), SegmentId(*segment)};
}

// What is wrong with the rows of the segment, or OK.
Status DamageOf(io::FileSystem& fs, const std::string& dir, const std::string& file,
                const meta::SegmentMeta& meta) {
  if (meta.delta != 0) {
    const std::string ended = io::JoinPath(dir, std::to_string(meta.delta) + ".del");
    TRY(segment::ReadDelta(&fs, ended));
  }
  const auto check = TRY(segment::CheckSegmentFile(&fs, file));
  if (check.id != meta.id || check.rows != meta.rows)
    return Status(Code::kCorruption, "it is another segment");
  return check.damage.empty() ? Status() : check.damage.front();
}

}  // namespace

Result<std::string> FolderOfSegment(const std::string& file) { return TRY(Parse(file)).folder; }

Status DiscardSegment(io::FileSystem& fs, const DataFolder& folder, meta::MetaStore& store,
                      const std::string& file, std::ostream& out) {
  const Place place = TRY(Parse(file));
  const auto catalog = TRY(meta::Catalog::Open(&store));
  const meta::ShardHead before = TRY(catalog->LoadHead(place.shard));
  const auto is_it = [&](const meta::SegmentMeta& meta) { return meta.id == place.segment; };
  const auto found = std::find_if(before.segments.begin(), before.segments.end(), is_it);
  if (found == before.segments.end()) {
    return Fail(Code::kParameterInvalid, file + " belongs to no collection");
  }
  const std::string dir = io::JoinPath(folder.shards(), std::to_string(place.shard.value));
  const std::string path = io::JoinPath(dir, std::to_string(place.segment.value) + ".seg");
  const Status damage = DamageOf(fs, dir, path, *found);
  if (damage.ok()) return Fail(Code::kParameterInvalid, file + " is not damaged: nothing was done");

  std::string collection = "shard " + std::to_string(place.shard.value);
  for (const CollectionInfo& info : TRY(catalog->LoadCollections())) {
    if (info.shard == place.shard) collection = info.database + "." + info.name;
  }
  meta::ShardHead after = before;
  ++after.version;
  std::erase_if(after.segments, is_it);
  const uint32_t rows = found->rows;
  TRY(catalog->CommitHead(place.shard, before, after));
  out << "discarded: " << path << ": collection '" << collection << "': " << rows
      << " rows, those that were deleted among them; " << after.segments.size()
      << " segments are left (it was: " << damage.message() << ")\n";
  return {};
}

}  // namespace elanus::app
