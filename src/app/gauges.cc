#include "app/gauges.h"

#include <fstream>
#include <map>
#include <sstream>
#include <thread>
#include <utility>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

namespace elanus::app {
namespace {

const std::string kNode = "1";

std::string StateName(roles::SegmentState state) {
  switch (state) {
    case roles::SegmentState::kGrowing:
      return "Growing";
    case roles::SegmentState::kSealed:
      return "Sealed";
    case roles::SegmentState::kFlushed:
      return "Flushed";
  }
  return "";
}

double BootTime() {
  std::ifstream stat("/proc/stat");
  std::string word;
  double seconds = 0;
  while (stat >> word) {
    if (word == "btime" && stat >> seconds) return seconds;
  }
  return 0;
}

size_t OpenFiles() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  size_t entries = 0;
  while (readdir(folder) != nullptr) ++entries;
  closedir(folder);
  return entries > 3 ? entries - 3 : 0;  // ".", ".." and the folder itself
}

}  // namespace

MachineUse ReadMachineUse(const std::string& folder) {
  MachineUse use;
  use.cores = std::thread::hardware_concurrency();
  double load = 0;
  if (getloadavg(&load, 1) == 1 && use.cores > 0) {
    use.cpu_percent = std::min(100.0, 100 * load / use.cores);
  }
  struct sysinfo system;
  if (sysinfo(&system) == 0) {
    use.memory_bytes = static_cast<double>(system.totalram) * system.mem_unit;
  }
  struct statvfs disk;
  if (statvfs(folder.c_str(), &disk) == 0) {
    use.disk_bytes = static_cast<double>(disk.f_blocks) * static_cast<double>(disk.f_frsize);
    use.disk_used_bytes =
        static_cast<double>(disk.f_blocks - disk.f_bfree) * static_cast<double>(disk.f_frsize);
  }
  return use;
}

ProcessUse ReadProcessUse() {
  ProcessUse use;
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // The name, in parentheses, may hold blanks; numbers follow: state is the third field.
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::vector<std::string> values;
  for (std::string value; fields >> value;) values.push_back(value);
  const auto field = [&values](size_t number) {  // as proc(5) counts, from 1
    return number - 3 < values.size() ? std::strtod(values[number - 3].c_str(), nullptr) : 0.0;
  };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  use.cpu_s = (field(14) + field(15)) / ticks;
  use.start_s = BootTime() + field(22) / ticks;
  use.virtual_bytes = field(23);
  use.resident_bytes = field(24) * static_cast<double>(sysconf(_SC_PAGESIZE));
  use.open_files = static_cast<double>(OpenFiles());
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) use.files_max = static_cast<double>(limit.rlim_cur);
  return use;
}

Gauges::Family& Gauges::Add(const std::string& name, const std::string& help,
                            std::vector<std::string> labels) {
  Family& family = *families_.emplace_back(std::make_unique<Family>());
  family.gauge = std::make_unique<CallbackGauge>(name, help, std::move(labels),
                                                 [&family] { return family.samples; });
  return family;
}

Gauges::Gauges(roles::Coordinator* coordinator, roles::ShardDirectory* shards,
               std::function<uint64_t()> growing_bytes, const MemoryBudget* budget)
    : coordinator_(coordinator),
      shards_(shards),
      growing_bytes_(std::move(growing_bytes)),
      budget_(budget),
      entities_(Add("milvus_querynode_entity_num", "Rows that are served, by where they are.",
                    {"db_name", "collection_name", "node_id", "collection_id", "segment_state"})),
      segments_(Add("milvus_querynode_segment_num", "Segments that are served.",
                    {"node_id", "collection_id", "segment_state", "segment_level"})),
      stored_rows_(Add("milvus_datacoord_stored_rows_num", "Rows stored, ended ones included.",
                       {"db_name", "collection_id", "collection_name", "segment_state"})),
      rows_(Add("milvus_collection_num_entities", "Live rows.", {"db_name", "collection_name"})),
      memory_(Add("milvus_querynode_memory_usage_bytes", "Memory of all loaded collections.",
                  {"node_id"})),
      growing_(Add("elanus_growing_bytes", "Rows that are not in segment files yet.", {})),
      disk_(Add("elanus_disk_bytes", "Segments and indexes of a collection.",
                {"db_name", "collection_name"})),
      index_disk_(
          Add("elanus_index_disk_bytes", "Of these, the indexes.", {"db_name", "collection_name"})),
      collection_memory_(Add("elanus_collection_memory_bytes",
                             "What a collection takes that the system cannot take back: rows that "
                             "are not in files yet, tables of ended rows. Mapped files are not in "
                             "it.",
                             {"db_name", "collection_name"})),
      damages_(
          Add("elanus_damaged_files",
              "Damages of a collection's segments: those quarantined, and those that a call met.",
              {"db_name", "collection_name"})),
      budget_used_(Add("elanus_memory_bytes",
                       "Memory counted in the budget, by use; \"other\": what nobody counted, "
                       "beyond an eighth of the limit.",
                       {"use"})),
      budget_limit_(Add("elanus_memory_limit_bytes", "The memory budget; 0: none.", {})),
      cpu_(Add("process_cpu_seconds_total", "User and system time.", {})),
      start_(Add("process_start_time_seconds", "Since the epoch.", {})),
      resident_(Add("process_resident_memory_bytes", "Memory in RAM, mapped files included.", {})),
      virtual_(Add("process_virtual_memory_bytes", "Address space.", {})),
      open_files_(Add("process_open_fds", "Open files and sockets.", {})),
      files_max_(Add("process_max_fds", "Limit of open files and sockets.", {})) {}

std::string Gauges::Render() {
  const std::lock_guard lock(mutex_);
  Refresh();
  return RenderMetrics();
}

void Gauges::Refresh() {
  for (const auto& family : families_) family->samples.clear();
  double memory = 0;
  for (const std::string& database : coordinator_->Databases()) {
    const auto collections = coordinator_->List(database);
    if (!collections.ok()) continue;  // dropped meanwhile
    for (const roles::CollectionPtr& info : *collections) {
      const auto shard = shards_->Open(info);
      if (!shard.ok()) continue;  // damaged or dropped: health tells
      const roles::ShardStats stats = (*shard)->Stats();
      AddCollection(*info, stats);
      if (info->loaded) memory += static_cast<double>(stats.memory_bytes);
    }
  }
  memory_.samples = {{{kNode}, memory}};
  growing_.samples = {{{}, static_cast<double>(growing_bytes_())}};
  for (size_t i = 0; i < kMemoryUses; ++i) {
    const auto of = static_cast<MemoryUse>(i);
    budget_used_.samples.push_back(
        {{std::string(NameOf(of))}, static_cast<double>(budget_->used(of))});
  }
  budget_used_.samples.push_back({{"other"}, static_cast<double>(budget_->uncounted())});
  budget_limit_.samples = {{{}, budget_->limited() ? static_cast<double>(budget_->limit()) : 0.0}};
  const ProcessUse use = ReadProcessUse();
  cpu_.samples = {{{}, use.cpu_s}};
  start_.samples = {{{}, use.start_s}};
  resident_.samples = {{{}, use.resident_bytes}};
  virtual_.samples = {{{}, use.virtual_bytes}};
  open_files_.samples = {{{}, use.open_files}};
  files_max_.samples = {{{}, use.files_max}};
}

void Gauges::AddCollection(const CollectionInfo& info, const roles::ShardStats& stats) {
  struct Sum {
    double rows = 0;
    double segments = 0;
  };
  std::map<roles::SegmentState, Sum> sums = {{roles::SegmentState::kFlushed, {}}};
  for (const roles::SegmentInfo& segment : stats.segments) {
    sums[segment.state].rows += static_cast<double>(segment.rows);
    sums[segment.state].segments += 1;
  }
  const std::string id = std::to_string(info.id.value);
  for (const auto& [state, sum] : sums) {
    stored_rows_.samples.push_back({{info.database, id, info.name, StateName(state)}, sum.rows});
    if (!info.loaded) continue;
    // To who serves it, a flushed segment is a sealed one.
    const std::string served = state == roles::SegmentState::kGrowing ? "Growing" : "Sealed";
    if (state == roles::SegmentState::kSealed) continue;
    Sum total = sum;
    if (const auto frozen = sums.find(roles::SegmentState::kSealed);
        state == roles::SegmentState::kFlushed && frozen != sums.end()) {
      total.rows += frozen->second.rows;
      total.segments += frozen->second.segments;
    }
    entities_.samples.push_back({{info.database, info.name, kNode, id, served}, total.rows});
    segments_.samples.push_back({{kNode, id, served, "L1"}, total.segments});
  }
  rows_.samples.push_back({{info.database, info.name}, static_cast<double>(stats.live_rows)});
  disk_.samples.push_back({{info.database, info.name}, static_cast<double>(stats.disk_bytes)});
  index_disk_.samples.push_back(
      {{info.database, info.name}, static_cast<double>(stats.index_bytes)});
  collection_memory_.samples.push_back(
      {{info.database, info.name}, static_cast<double>(stats.memory_bytes)});
  damages_.samples.push_back(
      {{info.database, info.name}, static_cast<double>(stats.damages.size())});
}

}  // namespace elanus::app
