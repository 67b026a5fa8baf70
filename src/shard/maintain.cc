// LocalShard, work behind the scenes: merges of small segments and builds of declared indexes
// (shard.md section 7). One job at a time a shard; its result is dropped if its inputs are gone.
#include <algorithm>
#include <span>

#include "base/crash_point.h"
#include "base/log.h"
#include "expr/field_path.h"
#include "index/build_memory.h"
#include "shard/fetch.h"
#include "shard/local_shard.h"
#include "shard/served_indexes.h"
#include "shard/shard_metrics.h"
#include "text/analyzer.h"

namespace elanus::shard {

using segment::LiveTable;
using segment::Segment;

namespace {

constexpr size_t kMergeFanIn = 4;
// A segment is rewritten when more than this share of it can be dropped: a half, once quiet a
// fifth.
constexpr size_t kBusyShare = 2;
constexpr size_t kQuietShare = 5;

// Of the merge of a row: where it comes from and goes, its key, its moment.
constexpr uint64_t kMergeRowBytes = 64;

// Of warm-ups, in a turn.
constexpr size_t kWarmedBytes = 64 << 20;

// As fast to search as if they were one segment.
constexpr uint64_t kSmallBytes = 16 << 20;

bool WorthRewriting(const SegmentView& view, size_t gone, size_t share) {
  return gone >= view.rows || gone * share > view.rows;
}

std::optional<index::ScalarSpec> SpecOfTerms(const Field& field) {
  const auto analyzer = text::AnalyzerOf(field);
  if (!analyzer.ok()) return std::nullopt;  // matches are refused with the reason
  index::ScalarSpec spec;
  spec.part.type = field.type;
  spec.part.terms = true;
  spec.cut = [analyzer = *analyzer, list = std::make_shared<text::TokenList>()](
                 std::string_view text, const std::function<void(std::string_view)>& term) {
    analyzer->Analyze(text, list.get());
    for (const text::Token& token : list->tokens()) term(token.text);
  };
  return spec;
}

// What is built for an index on a scalar field.
std::optional<index::ScalarSpec> SpecOf(const IndexInfo& index, const Field& field,
                                        const Schema& schema) {
  if (index.type == kTermsIndex) return SpecOfTerms(field);
  std::vector<std::string> path;
  if (const std::string* text = index.Param("json_path");
      text != nullptr && field.type == DataType::kJson) {
    Result<expr::FieldPath> parsed = expr::ParseFieldPath(*text, schema);
    if (!parsed.ok() || parsed->field->id != field.id) return std::nullopt;
    path = std::move(parsed).take().keys;
  }
  return index::ResolveScalarSpec(field, index, std::move(path));
}

}  // namespace

bool LocalShard::IsQuiet() const {
  return asked_to_settle_ || env_->clock->NowMs() - last_write_ms_ >= env_->options.quiet_ms;
}

bool LocalShard::HasJobWhenQuiet() const {
  const SnapshotPtr snapshot = slot_.Get();
  if (dropped_) return false;
  if (warm_up_due_ || !warm_ups_.empty()) return true;
  {
    const std::lock_guard lock(failures_mutex_);
    if (!index_failures_.empty()) return true;
  }
  for (const SegmentViewPtr& view : snapshot->segments) {
    if (view->growing != nullptr && WorthSealing(*snapshot->collection, *view->growing))
      return true;
  }
  return !PickMerge(*snapshot, true).empty() || PickIndex(*snapshot, true, false);
}

bool LocalShard::RunOneJob() {
  if (dropped_) return false;
  if (warm_up_due_.exchange(false)) warm_ups_.Plan(*slot_.Get(), env_->budget->limit());
  if (!warm_ups_.empty()) {
    warm_ups_.Read(kWarmedBytes);
    return true;
  }
  ForgetHistory();
  const SnapshotPtr snapshot = slot_.Get();
  if (DropStaleIndexes(*snapshot)) return true;
  if (SealWhenQuiet(*snapshot)) return true;
  // What is being flushed wakes the worker when it is there, and is then merged and indexed with
  // the rest.
  const bool flushing = std::any_of(snapshot->segments.begin(), snapshot->segments.end(),
                                    [](const SegmentViewPtr& view) {
                                      return view->sealed == nullptr && view->growing == nullptr;
                                    });
  const bool quiet = IsQuiet() && !flushing;
  if (const auto inputs = PickMerge(*snapshot, quiet); !inputs.empty()) {
    const Status merged = Merge(inputs);
    if (merged.ok() || dropped_) return true;
    if (merged.code() != Code::kMemoryLimitExceeded) {
      LOG_ERROR("merge failed", {"shard", id_.value}, {"error", merged.message()});
      return false;
    }
    // What there is can be indexed meanwhile.
    LOG_DEBUG("merge waits for memory", {"shard", id_.value}, {"reason", merged.message()});
  }
  if (const auto job = PickIndex(*snapshot, quiet, true); job) {
    const Status built = BuildIndex(*job);
    if (built.code() == Code::kMemoryLimitExceeded &&
        BuildBytes({&job->view, 1}, job->index, job->field) <= env_->budget->Share(3, 4)) {
      return false;  // others were quicker; it is tried again
    }
    if (!built.ok() && !dropped_) {
      LOG_ERROR("index build failed", {"shard", id_.value}, {"index", job->index.name},
                {"error", built.message()});
      const std::lock_guard lock(failures_mutex_);
      index_failures_[job->index.id] = {built.message(),
                                        env_->clock->NowMs() + env_->options.index_retry_ms};
    } else {
      const std::lock_guard lock(failures_mutex_);
      index_failures_.erase(job->index.id);
    }
    return true;
  }
  if (quiet && !PickIndex(*snapshot, true, false)) asked_to_settle_ = false;
  return false;
}

uint64_t LocalShard::BuildBytes(std::span<const SegmentViewPtr> views, const IndexInfo& index,
                                const Field& field) const {
  index::ColumnSize column{field.type, field.dim, 0, 0};
  for (const SegmentViewPtr& view : views) {
    if (view->sealed == nullptr || !view->sealed->Has(field.id) || view->rows == 0) continue;
    column.rows += view->rows;
    const uint64_t* ends = nullptr;
    if (IsVector(field.type)) {
      if (const auto lent = view->sealed->LendVectors(field); lent.ok()) ends = lent->ends;
    } else if (const auto lent = view->sealed->LendScalars(field); lent.ok()) {
      ends = lent->ends;
    }
    if (ends != nullptr) column.bytes += ends[view->rows - 1];
  }
  if (IsVector(field.type)) {
    return index::BuildMemory(index::ResolveSpec(field, index), column,
                              env_->options.build_threads);
  }
  const auto spec = SpecOf(index, field, slot_.Get()->collection->schema);
  return spec ? index::BuildMemory(*spec, column) : 0;
}

bool LocalShard::IsTooWide(const index::BuildSpec& spec, const index::VectorView& vectors) const {
  uint64_t rows = 0;
  const SnapshotPtr snapshot = slot_.Get();
  for (const SegmentViewPtr& view : snapshot->segments) rows += view->rows;
  return index::WideRowBytes(spec, vectors) * rows > env_->budget->limit();
}

uint64_t LocalShard::BuildableBytes(const Snapshot& snapshot) const {
  constexpr uint64_t kAny = MemoryBudget::kUnlimited;
  if (!env_->budget->limited()) return kAny;
  uint64_t rows = 0, bytes = 0;
  for (const SegmentViewPtr& view : snapshot.segments) {
    if (view->sealed == nullptr) continue;
    rows += view->rows;
    bytes += view->sealed->file_bytes();
  }
  uint64_t needed = rows * kMergeRowBytes;  // if all were one segment
  for (const IndexInfo& index : ServedIndexes(*snapshot.collection)) {
    const Field* field = snapshot.collection->schema.Find(index.field);
    if (field == nullptr || IsExact(index.type)) continue;
    needed = std::max(needed, BuildBytes(snapshot.segments, index, *field));
  }
  const uint64_t share = env_->budget->Share(1, 3);
  if (needed <= share) return kAny;
  return static_cast<uint64_t>(static_cast<double>(bytes) * static_cast<double>(share) /
                               static_cast<double>(needed));
}

// Raises the floor of a shard that is not written to, once that frees rows.
void LocalShard::ForgetHistory() {
  const SnapshotPtr snapshot = slot_.Get();
  const int64_t ms = env_->clock->NowMs() - env_->options.history_ms;
  const Timestamp floor = ms > 0 ? TimestampFromMs(ms) : 0;
  const bool frees = std::any_of(
      snapshot->segments.begin(), snapshot->segments.end(), [&](const SegmentViewPtr& view) {
        return view->sealed != nullptr &&
               RowsToReclaim(*view, floor, {}) > RowsToReclaim(*view, snapshot->floor, {});
      });
  if (floor <= snapshot->floor || !frees) return;
  env_->lane->RunTask([this] {
    Floor();
    changed_ = true;
    Publish();
  });
  CrashHere(CrashPoint::kHistoryForgotten);
}

// Rows that an index would serve better than a scan, or that take an eighth of what seals them
// anyway.
bool LocalShard::WorthSealing(const CollectionInfo& collection,
                              const segment::GrowingSegment& growing) const {
  if (growing.data_bytes() >= env_->options.seal_bytes / 8) return true;
  return AnyServed(collection, [&](const IndexInfo& index) {
    const Field* field = collection.schema.Find(index.field);
    return field != nullptr && WantsIndexFile(index, *field, growing.rows());
  });
}

// A Flush or a DDL is no reason: rows may be coming in meanwhile, and each look would seal a few.
bool LocalShard::SealWhenQuiet(const Snapshot& snapshot) {
  const auto due = [this](const CollectionInfo& collection,
                          const segment::GrowingSegment& growing) {
    return env_->clock->NowMs() - last_write_ms_ >= env_->options.quiet_ms &&
           WorthSealing(collection, growing);
  };
  if (snapshot.segments.empty() || snapshot.segments.back()->growing == nullptr ||
      !due(*snapshot.collection, *snapshot.segments.back()->growing)) {
    return false;
  }
  bool sealed = false;
  env_->lane->RunTask([&] {
    if (growing_ == nullptr || !due(*collection_, *growing_)) return;
    FreezeGrowing();
    changed_ = true;
    Publish();
    sealed = true;
  });
  if (!sealed) return false;
  CrashHere(CrashPoint::kQuietSealed);
  env_->wake_flusher(id_);
  return sealed;
}

// Files of indexes that were dropped.
bool LocalShard::DropStaleIndexes(const Snapshot& snapshot) {
  const std::lock_guard lock(maintain_mutex_);
  if (dropped_) return false;
  meta::ShardHead head = head_;
  bool changed = false;
  for (meta::SegmentMeta& meta : head.segments) {
    changed |= std::erase_if(meta.indexes, [&](const meta::IndexObject& object) {
                 return !Serves(*snapshot.collection, object.index);
               }) > 0;
  }
  if (!changed) return false;
  const Status committed = CommitHead(std::move(head));
  CrashHere(CrashPoint::kIndexesForgotten);
  if (!committed.ok())
    LOG_ERROR("dropped index stays on disk", {"shard", id_.value}, {"error", committed.message()});
  return committed.ok();
}

bool LocalShard::LacksMade(const segment::Segment& segment, const Schema& schema) {
  return std::any_of(schema.fields.begin(), schema.fields.end(),
                     [&segment](const Field& field) { return LacksMade(segment, field); });
}

// Four or more of like size; once quiet, everything that is worth joining: small ones first, and a
// larger one only if what it joins is not dwarfed by it. A segment with many rows that nobody can
// read any more, or without a field that a function makes, is rewritten alone.
std::vector<SegmentViewPtr> LocalShard::PickMerge(const Snapshot& snapshot, bool quiet) const {
  const Expiry expiry = Purgeable(*snapshot.collection);
  const uint64_t bytes_max = std::min(env_->options.segment_bytes_max, BuildableBytes(snapshot));
  std::vector<SegmentViewPtr> sealed;
  for (const SegmentViewPtr& view : snapshot.segments) {
    if (view->sealed == nullptr || !view->sealed->damage().ok()) continue;
    if (LacksMade(*view->segment, snapshot.collection->schema)) return {view};
    const size_t gone = RowsToReclaim(*view, snapshot.floor, expiry);
    if (WorthRewriting(*view, gone, quiet ? kQuietShare : kBusyShare)) return {view};
    if (view->sealed->file_bytes() < bytes_max) sealed.push_back(view);
  }
  std::sort(sealed.begin(), sealed.end(), [](const SegmentViewPtr& a, const SegmentViewPtr& b) {
    return a->sealed->file_bytes() < b->sealed->file_bytes();
  });
  for (size_t first = 0; !quiet && first + kMergeFanIn <= sealed.size(); ++first) {
    const uint64_t smallest = std::max<uint64_t>(sealed[first]->sealed->file_bytes(), 1 << 20);
    std::vector<SegmentViewPtr> run;
    uint64_t bytes = 0;
    for (size_t i = first; i < sealed.size(); ++i) {
      const uint64_t size = sealed[i]->sealed->file_bytes();
      if (size > smallest * 4 || bytes + size > bytes_max) break;
      bytes += size;
      run.push_back(sealed[i]);
    }
    if (run.size() >= kMergeFanIn) return run;
  }
  if (!quiet) return {};
  std::vector<SegmentViewPtr> joined;
  uint64_t bytes = 0;
  for (const SegmentViewPtr& view : sealed) {
    const uint64_t size = view->sealed->file_bytes();
    if (bytes + size > bytes_max) break;
    if (joined.size() >= 2 && size > 8 * bytes) break;
    joined.push_back(view);
    bytes += size;
  }
  // Flushes in a row would each cause a merge; a few small segments wait until writes have ceased.
  const bool settled = env_->clock->NowMs() - last_write_ms_ >= env_->options.quiet_ms;
  if (!settled && joined.size() < kMergeFanIn && bytes < kSmallBytes) joined.clear();
  // Two of very different size are not worth rewriting the large one.
  if (joined.size() == 2 && joined[1]->sealed->file_bytes() > 8 * joined[0]->sealed->file_bytes())
    joined.clear();
  if (joined.size() < 2) joined.clear();
  return joined;
}

// What a rewrite would drop: rows that ended before any readable moment, and expired ones. A row
// may be both and is then counted twice, which makes for an early rewrite and no second one.
size_t LocalShard::RowsToReclaim(const SegmentView& view, Timestamp floor,
                                 const Expiry& expiry) const {
  const auto tail = view.live->tail();
  const auto recent =
      std::upper_bound(tail.begin(), tail.end(), floor,
                       [](Timestamp ts, const LiveTable::Ended& ended) { return ts < ended.ts; });
  const size_t ended = view.live->dead() - static_cast<size_t>(tail.end() - recent);
  return ended + CountExpired(*view.sealed, expiry);
}

Result<segment::WrittenSegment> LocalShard::WritePart(const Snapshot& snapshot,
                                                      const std::vector<SegmentViewPtr>& inputs,
                                                      const std::vector<Bitmap>* part) {
  const SegmentId id(TRY(env_->next_object()));
  const Expiry expiry = Purgeable(*snapshot.collection);
  std::vector<segment::MergeInput> merge_inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    segment::MergeInput input = TRY(InputOf(*inputs[i], *snapshot.collection, expiry));
    if (part != nullptr && input.kept.has_value()) {
      input.kept->And((*part)[i]);
    } else if (part != nullptr) {
      input.kept = (*part)[i];
    }
    merge_inputs.push_back(std::move(input));
  }
  return segment::WriteSegment(jobs_, env_->paced_fs, Path(id.value, "seg"), id,
                               snapshot.collection->schema, merge_inputs,
                               PartitionsOf(*snapshot.collection), snapshot.floor);
}

Result<std::vector<SegmentId>> LocalShard::Rewrite(const std::vector<SegmentViewPtr>& inputs,
                                                   const RowParts& parts, const NoteTargets& note) {
  const SnapshotPtr snapshot = slot_.Get();
  uint64_t rows_in = 0;
  for (const SegmentViewPtr& view : inputs) rows_in += view->rows;
  const MemoryReservation reserved = TRY(env_->budget->Reserve(
      MemoryUse::kBuilds, rows_in * kMergeRowBytes, MemoryBudget::Line::kSoft, "merge"));
  struct Output {
    segment::WrittenSegment written;
    std::shared_ptr<segment::SealedSegment> sealed;
    LiveTable::Ptr live;
  };
  std::vector<Output> outputs;
  std::vector<SegmentId> targets;
  for (size_t i = 0; i < std::max<size_t>(parts.size(), 1); ++i) {
    auto written = WritePart(*snapshot, inputs, parts.empty() ? nullptr : &parts[i]);
    if (!written.ok()) {
      // The error that matters is the first; files that stay are orphans.
      for (const SegmentId done : targets) (void)env_->fs->Remove(Path(done.value, "seg"));
      return written.status();
    }
    if (written->meta.rows == 0) continue;
    targets.push_back(written->meta.id);
    outputs.push_back({std::move(written).take(), nullptr, nullptr});
    CrashHere(CrashPoint::kMergePartWritten);
  }
  if (note) {
    TRY(note(targets));
    CrashHere(CrashPoint::kMergeNoted);
  }

  const std::lock_guard lock(maintain_mutex_);
  if (dropped_) return Status(Code::kCancelled, "shard is dropped");
  meta::ShardHead head = head_;
  size_t found = 0;
  for (const SegmentViewPtr& view : inputs) {
    found += std::erase_if(head.segments,
                           [&](const meta::SegmentMeta& meta) { return meta.id == view->id; });
  }
  CHECK(found == inputs.size());  // only this thread takes segments out of the head
  for (Output& output : outputs) {
    const meta::SegmentMeta& meta = output.written.meta;
    output.sealed = TRY(segment::SealedSegment::Open(env_->fs, Path(meta.id.value, "seg"), meta,
                                                     snapshot->collection->schema));
    head.segments.push_back(meta);
  }
  // The inputs' deltas die with this commit, so every end up to now goes into the outputs'.
  std::vector<std::pair<SegmentId, LiveTable::Ptr>> tables;
  env_->lane->RunTask([&] {
    for (Output& output : outputs) {
      output.live = CarryEnds(inputs, output.written);
      if (output.live->dead() > 0) tables.emplace_back(output.written.meta.id, output.live);
    }
  });
  TRY(AddDeltas(tables, &head));
  CrashHere(CrashPoint::kMergeDeltaWritten);
  TRY(env_->fs->SyncDir(Dir()));
  CrashHere(CrashPoint::kMergeFolderSynced);
  TRY(CommitHead(std::move(head)));
  CrashHere(CrashPoint::kMergeCommitted);
  for (const SegmentViewPtr& view : inputs) persisted_.erase(view->id);
  for (const Output& output : outputs) persisted_[output.written.meta.id] = output.live;

  size_t rows = 0;
  uint64_t bytes = 0;
  env_->lane->RunTask([&] {
    for (const Output& output : outputs) {
      const LiveTable::Ptr now = CarryEnds(inputs, output.written);
      SegmentView view{.id = output.written.meta.id,
                       .segment = output.sealed,
                       .rows = output.sealed->rows(),
                       .live = now->dead() == output.live->dead() ? output.live : now,
                       .sealed = output.sealed,
                       .indexes = std::make_shared<segment::IndexSet>(),
                       .index_ids = {},
                       .growing = nullptr,
                       .frozen_lsn = 0};
      views_.insert(views_.begin(), std::make_shared<SegmentView>(std::move(view)));
      rows += output.written.meta.rows;
      bytes += output.written.meta.bytes;
    }
    for (const SegmentViewPtr& input : inputs) {
      std::erase_if(views_, [&](const SegmentViewPtr& view) { return view->id == input->id; });
    }
    NoteDirtyDeltas();
    changed_ = true;
    Publish();
  });
  CrashHere(CrashPoint::kMergeInstalled);
  Merges().Add();
  LOG_INFO("segments merged", {"shard", id_.value}, {"inputs", inputs.size()},
           {"segment", targets.empty() ? 0 : targets[0].value}, {"outputs", targets.size()},
           {"rows", rows}, {"bytes", bytes});
  return targets;
}

// Lane thread: the output's live table with what ended on the inputs since the merge read them.
LiveTable::Ptr LocalShard::CarryEnds(const std::vector<SegmentViewPtr>& inputs,
                                     const segment::WrittenSegment& written) {
  LiveTable::Ptr live = written.live;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const size_t index = ViewIndex(inputs[i]->id);
    CHECK(index < views_.size());
    live = MapEnds(*inputs[i]->live, *views_[index]->live, inputs[i]->rows, written.row_maps[i],
                   std::move(live));
  }
  return live;
}

bool LocalShard::WantsIndexFile(const IndexInfo& index, const Field& field, size_t rows) const {
  if (rows < env_->options.index_rows_min || IsExact(index.type)) return false;
  return IsVector(field.type) || SpecOf(index, field, slot_.Get()->collection->schema).has_value();
}

bool LocalShard::NeedsIndexFile(const IndexInfo& index, const Field& field,
                                const SegmentView& view) const {
  // A field added later: every row holds the same.
  return view.sealed->Has(field.id) && WantsIndexFile(index, field, view.rows);
}

std::optional<LocalShard::IndexJob> LocalShard::PickIndex(const Snapshot& snapshot, bool quiet,
                                                          bool fitting) const {
  const uint64_t used = env_->budget->used();
  const uint64_t room = env_->budget->At(MemoryBudget::Line::kSoft) -
                        std::min(env_->budget->At(MemoryBudget::Line::kSoft), used);
  for (const IndexInfo& index : ServedIndexes(*snapshot.collection)) {
    const Field* field = snapshot.collection->schema.Find(index.field);
    if (field == nullptr) continue;
    {
      const std::lock_guard lock(failures_mutex_);
      const auto failed = index_failures_.find(index.id);
      if (failed != index_failures_.end() && env_->clock->NowMs() < failed->second.retry_ms)
        continue;
    }
    for (const SegmentViewPtr& view : snapshot.segments) {
      if (view->sealed == nullptr || view->index_ids.contains(index.id)) continue;
      if (!NeedsIndexFile(index, *field, *view)) continue;
      if (fitting) {  // what never fits is taken, and told of
        const uint64_t bytes = BuildBytes({&view, 1}, index, *field);
        if (bytes > room && bytes <= env_->budget->Share(3, 4)) continue;
      }
      if (quiet || view->sealed->file_bytes() >= env_->options.index_bytes_early)
        return IndexJob{view, index, *field};
    }
  }
  return std::nullopt;
}

Status LocalShard::BuildIndex(const IndexJob& job) {
  const int64_t begun_ms = env_->clock->NowMs();
  const std::string what =
      "index '" + job.index.name + "' of a segment of " + std::to_string(job.view->rows) + " rows";
  const uint64_t needed = BuildBytes({&job.view, 1}, job.index, job.field);
  if (needed > env_->budget->Share(3, 4))
    return env_->budget->Refuse(MemoryUse::kBuilds, needed, what);
  const MemoryReservation reserved =
      TRY(env_->budget->Reserve(MemoryUse::kBuilds, needed, MemoryBudget::Line::kSoft, what));
  const int64_t object = TRY(env_->next_object());
  const std::string path = Path(object, "idx");
  uint64_t bytes = 0;
  {
    auto file = TRY(env_->paced_fs->Create(path));
    CrashHere(CrashPoint::kIndexFileMade);
    const index::Sink sink = [&file](std::string_view piece) { return file->Append(piece); };
    if (IsVector(job.field.type)) {
      index::BuildSpec spec = index::ResolveSpec(job.field, job.index);
      const index::VectorView vectors = TRY(job.view->sealed->Vectors(job.field, spec.metric));
      if (IsTooWide(spec, vectors)) spec = index::Leanest(std::move(spec));
      TRY(index::Build(jobs_, vectors, spec, env_->options.build_threads, [](double) {}, sink));
    } else {
      const auto spec = SpecOf(job.index, job.field, slot_.Get()->collection->schema);
      if (!spec) return Status(Code::kCancelled, "the schema no longer has what is indexed");
      TRY(index::BuildScalar(TRY(job.view->sealed->Scalars(job.field)), *spec, sink));
    }
    CrashHere(CrashPoint::kIndexWritten);
    TRY(file->Sync());
    CrashHere(CrashPoint::kIndexSynced);
    bytes = file->size();
    TRY(file->Close());
  }
  TRY(env_->fs->SyncDir(Dir()));
  CrashHere(CrashPoint::kIndexFolderSynced);

  const std::lock_guard lock(maintain_mutex_);
  meta::ShardHead head = head_;
  const auto meta = std::find_if(head.segments.begin(), head.segments.end(),
                                 [&](const meta::SegmentMeta& m) { return m.id == job.view->id; });
  if (dropped_ || meta == head.segments.end() || !Serves(*slot_.Get()->collection, job.index.id)) {
    return env_->fs->Remove(path);  // nobody wants it any more
  }
  const meta::IndexObject made{job.index.id, job.index.field, object, bytes};
  std::erase_if(meta->indexes, [&](const meta::IndexObject& old) {
    return old.index == made.index;
  });  // a damaged one
  meta->indexes.push_back(made);
  segment::IndexSet indexes;
  const auto file_of_index = TRY(AttachIndex(made, job.view->sealed, &indexes));
  TRY(CommitHead(std::move(head)));
  CrashHere(CrashPoint::kIndexCommitted);
  env_->lane->RunTask([&] {
    const size_t i = ViewIndex(job.view->id);
    if (i == views_.size()) return;
    SegmentView view = *views_[i];
    auto all = std::make_shared<segment::IndexSet>(*view.indexes);
    all->vectors.merge(indexes.vectors);
    all->scalars.merge(indexes.scalars);
    view.indexes = std::move(all);
    view.index_ids[made.index] = made.field;
    view.index_files[made.index] = file_of_index;
    ReplaceView(i, std::move(view));
    changed_ = true;
    Publish();
  });
  CrashHere(CrashPoint::kIndexInstalled);
  IndexBuilds().Add();
  LOG_INFO("index built", {"shard", id_.value}, {"index", job.index.name}, {"type", job.index.type},
           {"segment", job.view->id.value}, {"rows", job.view->rows}, {"bytes", bytes},
           {"ms", env_->clock->NowMs() - begun_ms});
  return {};
}

Result<std::shared_ptr<const io::Mapping>> LocalShard::AttachIndex(
    const meta::IndexObject& object, const std::shared_ptr<segment::SealedSegment>& sealed,
    segment::IndexSet* indexes) {
  const CollectionInfo& collection = *slot_.Get()->collection;
  const Field* field = collection.schema.Find(object.field);
  if (field == nullptr || !Serves(collection, object.index))
    return std::shared_ptr<const io::Mapping>();
  std::shared_ptr<const io::Mapping> mapping = TRY(env_->fs->Map(Path(object.object, "idx")));
  // The index borrows the file's bytes and the segment's column: they live as long as it does.
  struct Held {
    std::shared_ptr<const io::Mapping> mapping;
    std::shared_ptr<segment::SealedSegment> segment;
    std::unique_ptr<index::VectorIndex> vectors;
    std::unique_ptr<index::ScalarIndex> scalars;
  };
  auto held = std::make_shared<Held>(Held{mapping, sealed, nullptr, nullptr});
  if (IsVector(field->type)) {
    held->vectors = TRY(index::Open(mapping->view(), TRY(sealed->LendVectors(*field))));
    indexes->vectors[object.field] =
        std::shared_ptr<const index::VectorIndex>(held, held->vectors.get());
  } else {
    held->scalars = TRY(index::OpenScalar(mapping->view(), TRY(sealed->LendScalars(*field))));
    indexes->scalars[object.index] = {
        object.field, std::shared_ptr<const index::ScalarIndex>(held, held->scalars.get())};
  }
  return mapping;
}

}  // namespace elanus::shard
