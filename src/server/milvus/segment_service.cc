// Flush, segments, replicas.
#include <algorithm>

#include <milvus/ddl.pb.h>

#include "server/milvus/request.h"
#include "server/milvus/service.h"

namespace elanus::server {
namespace {

constexpr int64_t kNodeId = 1;

pb_common::SegmentState StateOf(roles::SegmentState state) {
  switch (state) {
    case roles::SegmentState::kGrowing:
      return pb_common::SegmentState::Growing;
    case roles::SegmentState::kSealed:
      return pb_common::SegmentState::Sealed;
    case roles::SegmentState::kFlushed:
      return pb_common::SegmentState::Flushed;
  }
  return pb_common::SegmentState::SegmentStateNone;
}

pb_common::CompactionState StateOf(const Compaction& compaction) {
  return compaction.done() ? pb_common::CompactionState::Completed
                           : pb_common::CompactionState::Executing;
}

int64_t Count(const Compaction& compaction, CompactionPlan::State state) {
  return std::count_if(compaction.plans.begin(), compaction.plans.end(),
                       [state](const CompactionPlan& plan) { return plan.state == state; });
}

void AddPlan(const Compaction& compaction, const CompactionPlan& plan,
             pb::CompactionMergeInfo* out) {
  for (const SegmentId id : plan.sources) out->add_sources(id.value);
  for (const SegmentId id : plan.targets) out->add_targets(id.value);
  if (!plan.targets.empty()) out->set_target(plan.targets.front().value);
  out->set_plan_id(plan.id);
  out->set_trigger_id(compaction.id);
  out->set_collection_id(compaction.collection.value);
  out->set_failure_reason(plan.failure);
  out->set_type(compaction.by_clustering_key ? pb_common::CompactionTypeClustering
                                             : pb_common::CompactionTypeMix);
  switch (plan.state) {
    case CompactionPlan::State::kWaiting:
      out->set_state(pb_common::CompactionTaskStateExecuting);
      break;
    case CompactionPlan::State::kDone:
      out->set_state(pb_common::CompactionTaskStateCompleted);
      break;
    case CompactionPlan::State::kFailed:
      out->set_state(pb_common::CompactionTaskStateFailed);
      break;
  }
}

}  // namespace

void RegisterSegments(const MilvusService* service, RpcTable* table) {
  gateway::Gateway* gateway = service->gateway;
  roles::Coordinator* coordinator = &gateway->coordinator();

  table->Add(
      "Flush",
      [=](Call& call, const pb::FlushRequest& request, pb::FlushResponse* response) -> Status {
        const std::string database = DatabaseOf(call, request.db_name());
        if (request.collection_names().empty())
          return Fail(Code::kParameterInvalid, "collection name is empty");
        response->set_db_name(database);
        for (const std::string& name : request.collection_names()) {
          const roles::FlushResult flushed = TRY(gateway->Flush(call.context, database, name));
          pb_schema::LongArray& segments = (*response->mutable_coll_segids())[name];
          for (const SegmentId id : flushed.segments) segments.add_data(id.value);
          (*response->mutable_flush_coll_segids())[name] = segments;
          (*response->mutable_coll_flush_ts())[name] = flushed.timestamp;
          (*response->mutable_coll_seal_times())[name] = MsOfTimestamp(flushed.timestamp) / 1000;
        }
        return {};
      });
  table->Add("GetFlushState",
             [=](Call& call, const pb::GetFlushStateRequest& request,
                 pb::GetFlushStateResponse* response) -> Status {
               bool flushed = true;
               if (!request.collection_name().empty()) {
                 const roles::ShardStats stats = TRY(gateway->Stats(
                     DatabaseOf(call, request.db_name()), request.collection_name()));
                 for (const roles::SegmentInfo& segment : stats.segments) {
                   const auto& asked = request.segmentids();
                   if (segment.state != roles::SegmentState::kFlushed &&
                       std::find(asked.begin(), asked.end(), segment.id.value) != asked.end()) {
                     flushed = false;
                   }
                 }
               }
               response->set_flushed(flushed);
               return {};
             });
  table->Add("FlushAll",
             [=](Call& call, const pb::FlushAllRequest& request,
                 pb::FlushAllResponse* response) -> Status {
               if (request.flush_targets_size() > 0) {
                 return Fail(Code::kUnimplemented,
                             "flush_targets of FlushAll are not built in this version");
               }
               response->set_flush_all_ts(TRY(gateway->FlushAll(call.context, request.db_name())));
               return {};
             });
  // FlushAll answers when all is flushed.
  table->Add("GetFlushAllState",
             [=](Call&, const pb::GetFlushAllStateRequest& request,
                 pb::GetFlushAllStateResponse* response) -> Status {
               response->set_flushed(request.flush_all_ts() <= coordinator->oracle().Now());
               return {};
             });
  table->Add("ManualCompaction",
             [=](Call& call, const pb::ManualCompactionRequest& request,
                 pb::ManualCompactionResponse* response) -> Status {
               roles::CompactionRequest wish;
               wish.target_megabytes = request.target_size();
               wish.by_clustering_key = request.majorcompaction();
               wish.deletes_only = request.l0compaction();
               wish.partition = PartitionId(request.partition_id());
               for (const int64_t id : request.segment_ids()) wish.segments.emplace_back(id);
               const Compaction compaction = TRY(
                   gateway->Compact(DatabaseOf(call, request.db_name()), request.collection_name(),
                                    CollectionId(request.collectionid()), std::move(wish)));
               response->set_compactionid(compaction.plans.empty() ? -1 : compaction.id);
               response->set_compactionplancount(static_cast<int32_t>(compaction.plans.size()));
               return {};
             });
  // What is not known was done long ago.
  table->Add("GetCompactionState",
             [=](Call&, const pb::GetCompactionStateRequest& request,
                 pb::GetCompactionStateResponse* response) -> Status {
               const Compaction compaction =
                   gateway->FindCompaction(request.compactionid()).value_or(Compaction());
               response->set_state(StateOf(compaction));
               response->set_executingplanno(Count(compaction, CompactionPlan::State::kWaiting));
               response->set_completedplanno(Count(compaction, CompactionPlan::State::kDone));
               response->set_failedplanno(Count(compaction, CompactionPlan::State::kFailed));
               return {};
             });
  table->Add("GetCompactionStateWithPlans",
             [=](Call&, const pb::GetCompactionPlansRequest& request,
                 pb::GetCompactionPlansResponse* response) -> Status {
               const Compaction compaction =
                   gateway->FindCompaction(request.compactionid()).value_or(Compaction());
               response->set_state(StateOf(compaction));
               for (const CompactionPlan& plan : compaction.plans)
                 AddPlan(compaction, plan, response->add_mergeinfos());
               return {};
             });
  table->Add("GetPersistentSegmentInfo",
             [=](Call& call, const pb::GetPersistentSegmentInfoRequest& request,
                 pb::GetPersistentSegmentInfoResponse* response) -> Status {
               const std::string database = DatabaseOf(call, request.dbname());
               const auto info = TRY(gateway->Find(database, request.collectionname()));
               for (const roles::SegmentInfo& segment :
                    TRY(gateway->Stats(database, request.collectionname())).segments) {
                 if (segment.state == roles::SegmentState::kGrowing) continue;
                 pb::PersistentSegmentInfo* out = response->add_infos();
                 out->set_segmentid(segment.id.value);
                 out->set_collectionid(info->id.value);
                 out->set_partitionid(segment.partition.value);
                 out->set_num_rows(segment.rows);
                 out->set_state(StateOf(segment.state));
                 out->set_level(pb_common::SegmentLevel::L1);
                 out->set_is_sorted(segment.state == roles::SegmentState::kFlushed);
               }
               return {};
             });
  table->Add("GetQuerySegmentInfo",
             [=](Call& call, const pb::GetQuerySegmentInfoRequest& request,
                 pb::GetQuerySegmentInfoResponse* response) -> Status {
               const std::string database = DatabaseOf(call, request.dbname());
               const auto info = TRY(gateway->Find(database, request.collectionname()));
               if (!info->loaded) {
                 return FailWith(Code::kCollectionNotLoaded,
                                 {{"collection", std::to_string(info->id.value)}});
               }
               for (const roles::SegmentInfo& segment :
                    TRY(gateway->Stats(database, request.collectionname())).segments) {
                 if (segment.state == roles::SegmentState::kGrowing) continue;
                 pb::QuerySegmentInfo* out = response->add_infos();
                 out->set_segmentid(segment.id.value);
                 out->set_collectionid(info->id.value);
                 out->set_partitionid(segment.partition.value);
                 out->set_num_rows(segment.rows);
                 out->set_mem_size(static_cast<int64_t>(segment.bytes));
                 out->set_nodeid(kNodeId);
                 out->add_nodeids(kNodeId);
                 if (!segment.indexes.empty()) out->set_index_name(segment.indexes.front());
                 out->set_state(pb_common::SegmentState::Sealed);
                 out->set_level(pb_common::SegmentLevel::L1);
                 out->set_is_sorted(segment.state == roles::SegmentState::kFlushed);
               }
               return {};
             });
  table->Add(
      "GetReplicas",
      [=](Call& call, const pb::GetReplicasRequest& request,
          pb::GetReplicasResponse* response) -> Status {
        const auto info = request.collection_name().empty()
                              ? TRY(coordinator->FindById(CollectionId(request.collectionid())))
                              : TRY(gateway->Find(DatabaseOf(call, request.db_name()),
                                                  request.collection_name()));
        if (!info->loaded) {
          return FailWith(Code::kCollectionNotLoaded,
                          {{"collection", std::to_string(info->id.value)}});
        }
        pb::ReplicaInfo* replica = response->add_replicas();
        replica->set_replicaid(info->id.value);
        replica->set_collectionid(info->id.value);
        replica->set_resource_group_name(info->resource_group.empty()
                                             ? std::string(kDefaultResourceGroupName)
                                             : info->resource_group);
        replica->add_node_ids(kNodeId);
        for (const Partition& partition : info->partitions) {
          if (partition.loaded) replica->add_partition_ids(partition.id.value);
        }
        for (int32_t shard = 0; shard < info->shards_num; ++shard) {
          pb::ShardReplica* out = replica->add_shard_replicas();
          out->set_leaderid(kNodeId);
          out->set_leader_addr(service->address);
          out->set_dm_channel_name("by-dev-rootcoord-dml_" + std::to_string(shard) + "_" +
                                   std::to_string(info->id.value) + "v" + std::to_string(shard));
          if (request.with_shard_nodes()) out->add_node_ids(kNodeId);
        }
        return {};
      });
}

}  // namespace elanus::server
