#include "meta/compaction_codec.h"

#include "meta/record.h"

namespace elanus::meta {
namespace {

// Tags; never reused.
enum Tag : uint64_t {
  kId = 1,
  kCollection = 2,
  kShard = 3,
  kTargetBytes = 4,
  kSplit = 5,
  kByClusteringKey = 6,
  kPlan = 7,  // repeated
};
enum PlanTag : uint64_t { kPlanId = 1, kState = 2, kFailure = 3, kSource = 4, kTarget = 5 };

Result<std::vector<SegmentId>> SegmentsOf(std::string_view key, const RecordReader& record,
                                          uint64_t tag) {
  std::vector<SegmentId> segments;
  for (const std::string_view fields : record.All(tag)) {
    const RecordReader nested = TRY(RecordReader::OpenNested(key, fields));
    segments.emplace_back(static_cast<int64_t>(TRY(nested.Number(kId))));
  }
  return segments;
}

std::string NestedId(SegmentId id) {
  RecordWriter nested;
  nested.Number(kId, static_cast<uint64_t>(id.value));
  return nested.fields();
}

}  // namespace

std::string EncodeCompaction(std::string_view key, const Compaction& compaction) {
  RecordWriter record;
  record.Number(kId, static_cast<uint64_t>(compaction.id));
  record.Number(kCollection, static_cast<uint64_t>(compaction.collection.value));
  record.Number(kShard, static_cast<uint64_t>(compaction.shard.value));
  record.Number(kTargetBytes, compaction.target_bytes);
  record.Number(kSplit, compaction.split ? 1 : 0);
  record.Number(kByClusteringKey, compaction.by_clustering_key ? 1 : 0);
  for (const CompactionPlan& plan : compaction.plans) {
    RecordWriter nested;
    nested.Number(kPlanId, static_cast<uint64_t>(plan.id));
    nested.Number(kState, static_cast<uint64_t>(plan.state));
    nested.Bytes(kFailure, plan.failure);
    for (const SegmentId source : plan.sources) nested.Bytes(kSource, NestedId(source));
    for (const SegmentId target : plan.targets) nested.Bytes(kTarget, NestedId(target));
    record.Bytes(kPlan, nested.fields());
  }
  return record.Seal(key);
}

Result<Compaction> DecodeCompaction(std::string_view key, std::string_view value) {
  const RecordReader record = TRY(RecordReader::Open(key, value));
  Compaction compaction;
  compaction.id = static_cast<int64_t>(TRY(record.Number(kId)));
  compaction.collection = CollectionId(static_cast<int64_t>(TRY(record.Number(kCollection))));
  compaction.shard = ShardId(static_cast<int64_t>(TRY(record.Number(kShard))));
  compaction.target_bytes = TRY(record.Number(kTargetBytes));
  compaction.split = TRY(record.Number(kSplit)) != 0;
  compaction.by_clustering_key = TRY(record.Number(kByClusteringKey)) != 0;
  for (const std::string_view fields : record.All(kPlan)) {
    const RecordReader nested = TRY(RecordReader::OpenNested(key, fields));
    CompactionPlan plan;
    plan.id = static_cast<int64_t>(TRY(nested.Number(kPlanId)));
    const uint64_t state = TRY(nested.Number(kState));
    if (state > static_cast<uint64_t>(CompactionPlan::State::kFailed))
      return CorruptValue(key, "a plan in state " + std::to_string(state));
    plan.state = static_cast<CompactionPlan::State>(state);
    plan.failure = nested.Bytes(kFailure);
    plan.sources = TRY(SegmentsOf(key, nested, kSource));
    plan.targets = TRY(SegmentsOf(key, nested, kTarget));
    compaction.plans.push_back(std::move(plan));
  }
  return compaction;
}

}  // namespace elanus::meta
