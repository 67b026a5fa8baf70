#include "app/survey.h"

#include <chrono>
#include <cstdio>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "index/vector_index.h"
#include "meta/catalog.h"
#include "segment/sealed_segment.h"
#include "shard/record.h"
#include "wal/file/survey.h"

namespace elanus::app {
namespace {

std::string Megabytes(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  return text;
}

// A file of a shard that its head names.
struct Expected {
  enum class Kind { kSegment, kDelta, kIndex } kind;
  const meta::SegmentMeta* segment = nullptr;
  uint64_t bytes = 0;  // 0: not known
};

std::map<std::string, Expected> FilesOf(const meta::ShardHead& head) {
  std::map<std::string, Expected> files;
  for (const meta::SegmentMeta& meta : head.segments) {
    files[std::to_string(meta.id.value) + ".seg"] = {Expected::Kind::kSegment, &meta, meta.bytes};
    if (meta.delta != 0)
      files[std::to_string(meta.delta) + ".del"] = {Expected::Kind::kDelta, &meta, 0};
    for (const meta::IndexObject& index : meta.indexes)
      files[std::to_string(index.object) + ".idx"] = {Expected::Kind::kIndex, &meta, index.bytes};
  }
  return files;
}

std::string NameOf(const CollectionInfo& info) { return info.database + "." + info.name; }

class Verifier {
 public:
  Verifier(io::FileSystem& fs, const DataFolder& folder, meta::MetaStore& store, std::ostream& out)
      : fs_(fs), folder_(folder), store_(store), out_(out) {}

  Result<bool> Run() {
    const auto begun = std::chrono::steady_clock::now();
    CheckCatalog();
    CheckLog();
    TRY(CheckShards());
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    char speed[64];
    std::snprintf(speed, sizeof speed, "%.2f s, %.0f MB/s", seconds,
                  static_cast<double>(bytes_) / 1e6 / std::max(seconds, 1e-9));
    out_ << files_ << " files, " << Megabytes(bytes_) << ", " << speed << ": ";
    if (damages_ == 0) {
      out_ << "no damage\n";
    } else {
      out_ << damages_ << (damages_ == 1 ? " damage\n" : " damages\n");
    }
    return damages_ == 0;
  }

 private:
  void Tell(const std::string& file, const std::string& collection, const std::string& what) {
    ++damages_;
    out_ << "damaged: " << file;
    if (!collection.empty()) out_ << ": collection '" << collection << "'";
    out_ << ": " << what << "\n";
  }

  // Each kind of record is decoded: its checksum covers its key and its bytes.
  void CheckCatalog() {
    const std::string where = folder_.meta();
    auto catalog = meta::Catalog::Open(&store_);
    if (!catalog.ok()) return Tell(where, "", catalog.status().message());
    catalog_ = std::move(catalog).take();
    const auto check = [&](const Status& status) {
      if (!status.ok()) Tell(where, "", status.message());
    };
    auto collections = catalog_->LoadCollections();
    check(collections.status());
    if (collections.ok()) {
      for (CollectionInfo& info : *collections) names_[info.shard] = NameOf(info);
    }
    check(catalog_->LoadDatabases().status());
    check(catalog_->LoadTombstones().status());
    check(catalog_->LoadAccessRules().status());
    check(catalog_->LoadResourceGroups().status());
    check(catalog_->LoadCompactions().status());
    check(catalog_->LoadTimestampLimit().status());
    auto heads = catalog_->LoadAppliedLsns();
    check(heads.status());
    if (!heads.ok()) return;
    for (const auto& [shard, lsn] : *heads) {
      auto head = catalog_->LoadHead(shard);
      if (head.ok()) {
        heads_[shard] = std::move(head).take();
      } else {
        Tell(where, NameOfShard(shard), head.status().message());
      }
    }
  }

  void CheckLog() {
    const auto survey = wal::SurveyLog(fs_, folder_.wal(), nullptr);
    if (!survey.ok()) return Tell(folder_.wal(), "", survey.status().message());
    for (const wal::LogSurvey::File& file : survey->files) {
      ++files_;
      bytes_ += file.end;
      if (!file.damage.ok()) Tell(file.path, "", file.damage.message());
    }
    // What is in segments need not be in the log; what is not, must follow on.
    for (const auto& [shard, head] : heads_) {
      if (head.applied_lsn < survey->next) continue;
      Tell(folder_.wal(), NameOfShard(shard),
           "the log ends at " + std::to_string(survey->next - 1) + ", before " +
               std::to_string(head.applied_lsn) + " which the segments hold");
    }
  }

  Status CheckShards() {
    for (const auto& [shard, head] : heads_) {
      const std::string dir = io::JoinPath(folder_.shards(), std::to_string(shard.value));
      for (const auto& [name, expected] : FilesOf(head)) {
        const std::string path = io::JoinPath(dir, name);
        const std::string collection = NameOfShard(shard);
        if (!TRY(fs_.Exists(path))) {
          Tell(path, collection, "the file is missing");
          continue;
        }
        ++files_;
        const uint64_t size = TRY(fs_.SizeOf(path));
        bytes_ += size;
        if (expected.bytes != 0 && size != expected.bytes) {
          Tell(path, collection,
               "it has " + std::to_string(size) + " bytes, not " + std::to_string(expected.bytes));
          continue;
        }
        CheckFile(path, collection, expected);
      }
    }
    return {};
  }

  void CheckFile(const std::string& path, const std::string& collection, const Expected& expected) {
    Status status;
    switch (expected.kind) {
      case Expected::Kind::kSegment: {
        const auto check = segment::CheckSegmentFile(&fs_, path);
        status = check.status();
        if (!check.ok()) break;
        for (const Status& damage : check->damage) Tell(path, collection, damage.message());
        if (check->id != expected.segment->id || check->rows != expected.segment->rows)
          Tell(path, collection, "it is another segment");
        return;
      }
      case Expected::Kind::kDelta:
        status = segment::ReadDelta(&fs_, path).status();
        break;
      case Expected::Kind::kIndex: {
        const auto mapping = fs_.Map(path);
        status = mapping.status();
        if (!mapping.ok()) break;
        (*mapping)->Advise(io::Access::kSequential);
        status = index::Verify((*mapping)->view());
        break;
      }
    }
    if (!status.ok()) Tell(path, collection, status.message());
  }

  std::string NameOfShard(ShardId shard) const {
    const auto found = names_.find(shard);
    return found == names_.end() ? "shard " + std::to_string(shard.value) : found->second;
  }

  io::FileSystem& fs_;
  const DataFolder& folder_;
  meta::MetaStore& store_;
  std::ostream& out_;
  std::unique_ptr<meta::Catalog> catalog_;
  std::map<ShardId, std::string> names_;
  std::map<ShardId, meta::ShardHead> heads_;
  uint64_t files_ = 0, bytes_ = 0, damages_ = 0;
};

// Records that are in the log alone: their rows are in memory once the collection is open.
struct Unflushed {
  uint64_t records = 0;
  uint64_t bytes = 0;
};

Status InspectShard(io::FileSystem& fs, const DataFolder& folder, const CollectionInfo& info,
                    const meta::ShardHead& head, Unflushed unflushed, std::ostream& out) {
  uint64_t columns = 0, indexes = 0, deltas = 0, rows = 0;
  const std::string dir = io::JoinPath(folder.shards(), std::to_string(info.shard.value));
  std::set<std::string> known;
  for (const auto& [name, expected] : FilesOf(head)) {
    known.insert(name);
    const std::string path = io::JoinPath(dir, name);
    const uint64_t size = TRY(fs.Exists(path)) ? TRY(fs.SizeOf(path)) : 0;
    switch (expected.kind) {
      case Expected::Kind::kSegment:
        columns += size;
        rows += expected.segment->rows;
        break;
      case Expected::Kind::kDelta:
        deltas += size;
        break;
      case Expected::Kind::kIndex:
        indexes += size;
        break;
    }
  }
  out << "collection " << NameOf(info) << " id=" << info.id.value << " shard=" << info.shard.value
      << " version=" << info.version << " loaded=" << (info.loaded ? "yes" : "no")
      << " fields=" << info.schema.fields.size() << " partitions=" << info.partitions.size()
      << " indexes=" << info.indexes.size() << "\n";
  out << "  disk: columns " << Megabytes(columns) << ", indexes " << Megabytes(indexes)
      << ", deltas " << Megabytes(deltas) << "; rows in segments: " << rows
      << "; records only in the log: " << unflushed.records << "\n";
  out << "  head: version=" << head.version << " applied_lsn=" << head.applied_lsn
      << " floor=" << head.floor << "\n";
  std::map<int64_t, Result<std::shared_ptr<segment::SealedSegment>>> opened;
  uint64_t resident = 0;
  for (const meta::SegmentMeta& meta : head.segments) {
    const std::string path = io::JoinPath(dir, std::to_string(meta.id.value) + ".seg");
    const auto& segment =
        opened.emplace(meta.id.value, segment::SealedSegment::Open(&fs, path, meta, info.schema))
            .first->second;
    if (segment.ok()) resident += (*segment)->memory_bytes();
  }
  out << "  memory when open: tables of segments " << Megabytes(resident + deltas)
      << ", rows in the log " << Megabytes(unflushed.bytes) << "; the rest is mapped from files\n";
  for (const meta::SegmentMeta& meta : head.segments) {
    out << "  segment " << meta.id.value << ": rows=" << meta.rows << " bytes=" << meta.bytes
        << " inserted=" << MsOfTimestamp(meta.min_ts) << ".." << MsOfTimestamp(meta.max_ts)
        << " ms";
    if (meta.delta != 0) out << " delta=" << meta.delta;
    for (const meta::IndexObject& index : meta.indexes) {
      const IndexInfo* declared = info.FindIndex(index.index);
      out << " index=" << (declared == nullptr ? "?" : declared->name) << "(" << index.object
          << ", " << index.bytes << " bytes)";
    }
    out << "\n";
    const auto& segment = opened.at(meta.id.value);
    if (!segment.ok()) out << "    quarantined: " << segment.status().message() << "\n";
  }
  if (!TRY(fs.Exists(dir))) return {};
  for (const std::string& name : TRY(fs.List(dir))) {
    if (!known.contains(name)) out << "  orphan " << name << ": goes when the collection opens\n";
  }
  return {};
}

}  // namespace

Result<bool> VerifyData(io::FileSystem& fs, const DataFolder& folder, meta::MetaStore& store,
                        std::ostream& out) {
  return Verifier(fs, folder, store, out).Run();
}

Status InspectData(io::FileSystem& fs, const DataFolder& folder, meta::MetaStore& store,
                   std::ostream& out) {
  const auto catalog = TRY(meta::Catalog::Open(&store));
  std::map<ShardId, meta::ShardHead> heads;
  for (const auto& [shard, lsn] : TRY(catalog->LoadAppliedLsns()))
    heads[shard] = TRY(catalog->LoadHead(shard));

  std::map<ShardId, uint64_t> records;
  std::map<ShardId, Unflushed> unflushed;
  const auto count = [&](wal::Lsn lsn, std::span<const std::string_view> frame) -> Status {
    for (const std::string_view bytes : frame) {
      const ShardId shard = TRY(shard::PeekRecord(bytes)).first;
      ++records[shard];
      if (lsn <= heads[shard].applied_lsn) continue;
      ++unflushed[shard].records;
      unflushed[shard].bytes += bytes.size();
    }
    return {};
  };
  const wal::LogSurvey log = TRY(wal::SurveyLog(fs, folder.wal(), count));
  out << "log: next lsn " << log.next << "\n";
  for (const wal::LogSurvey::File& file : log.files) {
    out << "  " << file.path << ": lsn from " << file.first << ", frames=" << file.frames
        << " ends at " << file.end << " of " << file.bytes << " bytes";
    if (!file.damage.ok()) out << "; " << file.damage.message();
    out << "\n";
  }
  for (const auto& [shard, number] : records)
    out << "  shard " << shard.value << ": records=" << number << "\n";

  for (const CollectionInfo& info : TRY(catalog->LoadCollections()))
    TRY(InspectShard(fs, folder, info, heads[info.shard], unflushed[info.shard], out));
  for (const ShardId shard : TRY(catalog->LoadTombstones()))
    out << "dropped shard " << shard.value << ": its files go at the next start\n";
  for (const Compaction& compaction : TRY(catalog->LoadCompactions())) {
    if (compaction.done()) continue;
    out << "compaction " << compaction.id << " of shard " << compaction.shard.value
        << ": plans=" << compaction.plans.size() << ", not finished\n";
  }
  return {};
}

}  // namespace elanus::app
