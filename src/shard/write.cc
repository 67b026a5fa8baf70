// LocalShard, the part that runs on the lane thread: resolve, apply, publish.
#include <algorithm>

#include "base/log.h"
#include "shard/fetch.h"
#include "shard/local_shard.h"
#include "shard/request_memory.h"
#include "shard/served_indexes.h"
#include "text/field_maker.h"

namespace elanus::shard {

using segment::LiveTable;

class WriteCommand final : public Command {
 public:
  WriteCommand(LocalShard* shard, WriteRecord fields, std::shared_ptr<const expr::Filter> filter,
               std::vector<PartitionId> filter_partitions,
               std::optional<roles::WriteRequest::Seen> seen)
      : shard_(shard),
        fields_(std::move(fields)),
        filter_(std::move(filter)),
        filter_partitions_(std::move(filter_partitions)),
        seen_(seen) {
    if (filter_ == nullptr) record() = EncodeWrite(fields_);
  }

  Status Prepare() override {
    if (seen_.has_value()) TRY(shard_->CheckSeen(*seen_, fields_));
    TRY(shard_->PrepareWrite(&fields_, filter_.get(), filter_partitions_));
    if (filter_ != nullptr) record() = EncodeWrite(fields_);
    return {};
  }
  bool needs_state() const override { return filter_ != nullptr || seen_.has_value(); }
  bool frees_space() const override { return fields_.rows.rows == 0; }
  void Apply(Timestamp ts, wal::Lsn lsn) override {
    counts_ = shard_->Apply(fields_, ts, lsn);
    ts_ = ts;
  }
  void Publish() override { shard_->Publish(); }

  roles::WriteResult result() const { return {ts_, counts_.inserted, counts_.ended}; }

 private:
  LocalShard* const shard_;
  WriteRecord fields_;
  const std::shared_ptr<const expr::Filter> filter_;
  const std::vector<PartitionId> filter_partitions_;
  const std::optional<roles::WriteRequest::Seen> seen_;
  LocalShard::Counts counts_;
  Timestamp ts_ = 0;
};

Result<roles::WriteResult> LocalShard::Write(const Context& context, roles::WriteRequest request) {
  TRY(context.Check());
  MemoryReservation reserved;
  if (request.rows.rows > 0) {
    TRY(env_->memory->WaitForRoom(context));
    // The rows themselves, and the record that is made of them.
    uint64_t bytes = 0;
    for (const Column& column : request.rows.columns) bytes += column.bytes();
    reserved = TRY(env_->budget->Reserve(MemoryUse::kRequests, 2 * bytes, MemoryBudget::Line::kHard,
                                         "insert"));
  }
  Learn(request.collection);
  WriteRecord record;
  record.shard = id_;
  record.fresh_keys = request.fresh_keys;
  record.replace_everywhere = request.replace_everywhere;
  record.rows = std::move(request.rows);
  record.partitions = std::move(request.partitions);
  if (request.delete_keys) {
    record.ended_keys = std::move(*request.delete_keys);
    // Several partitions for a list of keys: each key in each of them.
    if (request.delete_partitions.size() > 1) {
      Column keys(record.ended_keys.field(), record.ended_keys.type());
      for (const PartitionId partition : request.delete_partitions) {
        for (size_t row = 0; row < record.ended_keys.rows(); ++row) {
          keys.AppendFrom(record.ended_keys, row);
          record.ended_partitions.push_back(partition);
        }
      }
      record.ended_keys = std::move(keys);
    } else {
      record.ended_partitions = request.delete_partitions;
    }
  }
  WriteCommand command(this, std::move(record), request.delete_filter, request.delete_partitions,
                       request.seen);
  TRY(env_->lane->Run(&command));
  return command.result();
}

Status LocalShard::PrepareWrite(WriteRecord* record, const expr::Filter* filter,
                                const std::vector<PartitionId>& filter_partitions) {
  if (dropped_) {
    return FailWith(Code::kCollectionNotFound, {{"collection", collection_->name}});
  }
  // A key that cannot be looked up might come to be there twice.
  for (const SegmentViewPtr& view : views_) {
    if (const Status damage = view->segment->damage(); !damage.ok())
      return Named(damage, collection_->name);
  }
  for (const PartitionId partition : record->partitions) {
    if (collection_->FindPartition(partition) == nullptr) {
      return FailWith(Code::kPartitionNotFound, {{"partition", std::to_string(partition.value)}});
    }
  }
  if (record->rows.rows > 0 && growing_ == nullptr && growing_id_.value == 0) {
    growing_id_ = SegmentId(TRY(env_->next_object()));
  }
  if (filter != nullptr) TRY(ResolveFilter(*filter, filter_partitions, record));
  return {};
}

Status LocalShard::CheckSeen(const roles::WriteRequest::Seen& seen,
                             const WriteRecord& record) const {
  const bool renamed = record.ended_keys.rows() > 0;  // auto ids: the rows get new keys
  const Column* keys =
      renamed ? &record.ended_keys : record.rows.Find(collection_->schema.primary().id);
  CHECK(keys != nullptr);
  const std::vector<PartitionId> anywhere;
  const std::vector<PartitionId>& scope = renamed                     ? record.ended_partitions
                                          : record.replace_everywhere ? anywhere
                                                                      : record.partitions;
  const Expiry expiry = ExpiryAt(*collection_, env_->oracle->Now());
  std::vector<bool> live(keys->rows());
  bool changed = false;
  for (const SegmentViewPtr& view : views_) {
    view->segment->FindKeys(*keys, scope, [&](size_t key, uint32_t row) {
      if (!view->live->LiveNow(row) || HasExpired(*view->segment, expiry, row)) return;
      live[key] = true;
      changed |= view->segment->InsertedAt(row) > seen.at;
    });
  }
  changed |= static_cast<size_t>(std::count(live.begin(), live.end(), true)) != seen.keys;
  if (!changed) return {};
  return Fail(Code::kServiceUnavailable, "rows changed while they were being updated");
}

// The rows that pass become facts: their keys, partitions and the moments they were inserted.
Status LocalShard::ResolveFilter(const expr::Filter& filter,
                                 const std::vector<PartitionId>& partitions, WriteRecord* record) {
  const Field& key = collection_->schema.primary();
  std::vector<PartitionId> sorted = partitions;
  std::sort(sorted.begin(), sorted.end());
  Column keys(key.id, key.type);
  TRY(CheckFields(filter, collection_->schema));
  // A row's key, twice as it becomes a record, its place, partition and moment.
  constexpr uint64_t kEndedBytes = 64;
  RequestMemory memory(env_->budget, "delete", MemoryBudget::Line::kAll);
  for (const SegmentViewPtr& view : views_) {
    Bitmap passed(view->rows);
    const auto source =
        view->segment->MakeSource(collection_->schema, view->rows, view->indexes.get());
    TRY(filter.Evaluate(Context(), *source, &passed));
    TRY(view->segment->damage());
    if (!sorted.empty()) view->segment->MaskPartitions(sorted, view->rows, &passed);
    TRY(memory.Set((keys.rows() + passed.Count()) * kEndedBytes));
    std::vector<uint32_t> rows;
    passed.ForEach([&](size_t row) {
      if (view->live->LiveNow(static_cast<uint32_t>(row)))
        rows.push_back(static_cast<uint32_t>(row));
    });
    TRY(view->segment->Fetch(key, rows, &keys));
    for (const uint32_t row : rows) {
      record->ended_partitions.push_back(view->segment->PartitionOf(row));
      record->ended_inserted.push_back(view->segment->InsertedAt(row));
    }
  }
  record->ended_keys = std::move(keys);
  return {};
}

namespace {

// Rows written before a function came to the schema get its field now.
std::shared_ptr<const Batch> WithMade(const Schema& schema, const Batch& rows) {
  std::shared_ptr<const Batch> same(std::shared_ptr<const Batch>(), &rows);
  if (std::none_of(schema.fields.begin(), schema.fields.end(), [&rows](const Field& field) {
        return field.made && rows.Find(field.id) == nullptr;
      })) {
    return same;
  }
  auto whole = std::make_shared<Batch>(rows);
  const Status made = text::MakeFields(schema, whole.get());
  if (made.ok()) return whole;
  LOG_ERROR("rows stay without a field that a function makes", {"error", made.message()});
  return same;
}

}  // namespace

LocalShard::Counts LocalShard::Apply(const WriteRecord& record, Timestamp ts, wal::Lsn lsn) {
  Counts counts;
  std::vector<uint32_t> ended;

  if (record.ended_keys.rows() > 0) {
    for (size_t i = 0; i < views_.size(); ++i) {
      const SegmentView& view = *views_[i];
      ended.clear();
      view.segment->FindKeys(record.ended_keys, record.ended_partitions,
                             [&](size_t key, uint32_t row) {
                               if (!view.live->LiveNow(row)) return;
                               if (!record.ended_inserted.empty() &&
                                   view.segment->InsertedAt(row) != record.ended_inserted[key])
                                 return;
                               ended.push_back(row);
                             });
      EndRows(i, &ended, ts, &counts);
    }
  }

  if (record.rows.rows > 0) {
    const Field& key_field = collection_->schema.primary();
    const Column* keys = record.rows.Find(key_field.id);
    CHECK(keys != nullptr);
    if (growing_ == nullptr) {
      CHECK(growing_id_.value != 0);
      growing_ = segment::GrowingSegment::Make(collection_->schema, env_->blocks);
      CodeGrowing();
      views_.push_back(std::make_shared<SegmentView>(SegmentView{.id = growing_id_,
                                                                 .segment = growing_,
                                                                 .rows = 0,
                                                                 .live = LiveTable::AllLive(),
                                                                 .sealed = nullptr,
                                                                 .indexes = nullptr,
                                                                 .index_ids = {},
                                                                 .growing = growing_,
                                                                 .frozen_lsn = 0}));
      growing_id_ = SegmentId();
    }
    const size_t last = views_.size() - 1;
    const uint32_t first =
        growing_->Append(*WithMade(collection_->schema, record.rows), record.partitions, ts);
    SegmentView grown = *views_[last];
    grown.rows = growing_->rows();
    ReplaceView(last, std::move(grown));
    counts.inserted = static_cast<int64_t>(record.rows.rows);

    if (!record.fresh_keys) {
      // A partition key narrows the scope of a key to rows of the same value.
      const Field* value_field =
          record.replace_everywhere ? nullptr : collection_->schema.partition_key();
      const Column* values = value_field == nullptr ? nullptr : record.rows.Find(value_field->id);
      const std::span<const PartitionId> scope =
          record.replace_everywhere ? std::span<const PartitionId>()
                                    : std::span<const PartitionId>(record.partitions);
      for (size_t i = 0; i < views_.size(); ++i) {
        const SegmentView& view = *views_[i];
        ended.clear();
        view.segment->FindKeys(*keys, scope, [&](size_t key, uint32_t row) {
          // In the segment that just grew: only rows before this one, so that the last of a key
          // stays.
          if (i == last && row >= first + key) return;
          if (!view.live->LiveNow(row)) return;
          if (values != nullptr) {
            Column old(value_field->id, value_field->type);
            const uint32_t one[] = {row};
            if (!view.segment->Fetch(*value_field, one, &old).ok() ||
                old.String(0) != values->String(key))
              return;
          }
          ended.push_back(row);
        });
        EndRows(i, &ended, ts, &counts);
      }
    }
    last_write_ms_ = env_->clock->NowMs();
  }
  applied_lsn_ = lsn;
  last_ts_ = std::max(last_ts_, ts);
  changed_ = true;
  return counts;
}

void LocalShard::EndRows(size_t view, std::vector<uint32_t>* rows, Timestamp ts, Counts* counts) {
  if (rows->empty()) return;
  std::sort(rows->begin(), rows->end());
  rows->erase(std::unique(rows->begin(), rows->end()), rows->end());
  SegmentView next = *views_[view];
  next.live = next.live->End(*rows, ts, Floor());
  if (next.sealed != nullptr) deltas_dirty_ = true;
  counts->ended += static_cast<int64_t>(rows->size());
  ReplaceView(view, std::move(next));
  changed_ = true;
}

Timestamp LocalShard::Floor() {
  const int64_t ms = env_->clock->NowMs() - env_->options.history_ms;
  floor_ = std::max(floor_, ms > 0 ? TimestampFromMs(ms) : 0);
  return floor_;
}

void LocalShard::ReplaceView(size_t index, SegmentView view) {
  views_[index] = std::make_shared<SegmentView>(std::move(view));
}

size_t LocalShard::ViewIndex(SegmentId id) const {
  size_t i = 0;
  while (i < views_.size() && views_[i]->id != id) ++i;
  return i;
}

void LocalShard::Publish() {
  if (!changed_) return;
  changed_ = false;
  bool froze = false;
  if (growing_ != nullptr && (growing_->rows() >= env_->options.seal_rows ||
                              growing_->data_bytes() >= env_->options.seal_bytes)) {
    FreezeGrowing();
    froze = true;
  }
  size_t bytes = 0;
  for (const SegmentViewPtr& view : views_) {
    if (view->sealed == nullptr) bytes += view->segment->memory_bytes();
  }
  env_->memory->Add(static_cast<ptrdiff_t>(bytes) - static_cast<ptrdiff_t>(accounted_bytes_));
  accounted_bytes_ = bytes;
  slot_.Set(std::make_shared<Snapshot>(Snapshot{last_ts_, floor_, collection_, views_}));
  if (froze) env_->wake_flusher(id_);
  if (growing_ != nullptr && !seal_noted_ && WorthSealing(*collection_, *growing_)) {
    seal_noted_ = true;
    env_->wake_worker(id_);
  }
}

void LocalShard::FreezeGrowing() {
  if (growing_ == nullptr) return;
  SegmentView frozen = *views_.back();
  CHECK(frozen.growing == growing_);
  frozen.growing = nullptr;
  frozen.frozen_lsn = applied_lsn_;
  ReplaceView(views_.size() - 1, std::move(frozen));
  growing_ = nullptr;
  seal_noted_ = false;
}

// Growing rows are searched by codes where an index that is not exact is declared.
void LocalShard::CodeGrowing() {
  for (const IndexInfo& info : collection_->indexes) {
    const Field* field = collection_->schema.Find(info.field);
    if (field == nullptr || !IsDenseVector(field->type) || IsExact(info.type)) continue;
    growing_->Code(field->id, index::ResolveSpec(*field, info).metric);
  }
}

// Rows of partitions that the catalog no longer has.
void LocalShard::EndMissingPartitions() {
  std::vector<PartitionId> known;
  for (const Partition& partition : collection_->partitions) known.push_back(partition.id);
  std::sort(known.begin(), known.end());
  Timestamp ts = 0;
  for (size_t i = 0; i < views_.size(); ++i) {
    const SegmentView& view = *views_[i];
    Bitmap kept(view.rows, true);
    view.segment->MaskPartitions(known, view.rows, &kept);
    if (kept.Count() == view.rows) continue;
    kept.Flip();
    std::vector<uint32_t> rows;
    kept.ForEach([&](size_t row) {
      if (view.live->LiveNow(static_cast<uint32_t>(row)))
        rows.push_back(static_cast<uint32_t>(row));
    });
    if (rows.empty()) continue;
    if (ts == 0) ts = env_->oracle->Next();
    Counts ignored;
    EndRows(i, &rows, ts, &ignored);
    last_ts_ = std::max(last_ts_, ts);
  }
}

void LocalShard::Learn(const roles::CollectionPtr& collection) {
  if (collection == nullptr || collection->version <= slot_.Get()->collection->version) return;
  Update(collection);
}

void LocalShard::Update(const roles::CollectionPtr& collection) {
  env_->lane->RunTask([this, &collection] {
    if (collection->version <= collection_->version) return;
    const bool lost_partitions =
        std::any_of(collection_->partitions.begin(), collection_->partitions.end(),
                    [&](const Partition& partition) {
                      return collection->FindPartition(partition.id) == nullptr;
                    });
    if (!collection_->loaded && HasWarmUps(*collection)) warm_up_due_ = true;
    collection_ = collection;
    // A flush makes up the fields of functions that came later.
    const bool froze =
        growing_ != nullptr && growing_->rows() > 0 && LacksMade(*growing_, collection->schema);
    if (froze) {
      FreezeGrowing();
    } else if (growing_ != nullptr) {
      growing_->ExtendSchema(collection->schema);
      CodeGrowing();
    }
    if (lost_partitions) EndMissingPartitions();
    for (size_t i = 0; i < views_.size(); ++i) {
      const SegmentView& view = *views_[i];
      if (view.sealed == nullptr || view.indexes == nullptr) continue;
      auto kept = std::make_shared<segment::IndexSet>(*view.indexes);
      SegmentView next = view;
      std::erase_if(next.index_ids, [&](const auto& entry) {
        if (Serves(*collection, entry.first)) return false;
        kept->vectors.erase(entry.second);
        kept->scalars.erase(entry.first);
        next.index_files.erase(entry.first);
        return true;
      });
      next.indexes = std::move(kept);
      ReplaceView(i, std::move(next));
    }
    changed_ = true;
    Publish();
    if (froze) env_->wake_flusher(id_);
  });
  asked_to_settle_ = true;
  env_->wake_worker(id_);
}

Status LocalShard::Replay(WriteRecord record, wal::Lsn lsn) {
  if (lsn <= head_.applied_lsn) return {};
  if (record.rows.rows > 0 && growing_ == nullptr && growing_id_.value == 0) {
    growing_id_ = SegmentId(TRY(env_->next_object()));
  }
  Apply(record, record.ts, lsn);
  Publish();
  return {};
}

void LocalShard::FinishReplay() {
  EndMissingPartitions();
  changed_ = true;
  Publish();
}

wal::Lsn LocalShard::OldestNeeded() const {
  // What ends rows of a segment that cannot be read has found none of them.
  if (applied_lsn_ > committed_lsn_ && !damage().ok()) return committed_lsn_ + 1;
  for (const SegmentViewPtr& view : views_) {
    if (view->sealed == nullptr) return committed_lsn_ + 1;
  }
  return deltas_dirty_ ? committed_lsn_ + 1 : kMaxLsn;
}

}  // namespace elanus::shard
