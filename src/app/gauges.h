// What the process is and holds, as gauges: rows and segments of every collection, growing bytes,
// and the standard process families. One at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/memory_budget.h"
#include "base/metrics.h"
#include "roles/coordinator.h"
#include "roles/shard.h"

namespace elanus::app {

// What the system says of this process; 0 where it does not say.
struct ProcessUse {
  double cpu_s = 0;
  double start_s = 0;  // since the epoch
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double open_files = 0;
  double files_max = 0;
};
ProcessUse ReadProcessUse();

// The machine that it runs on, and the disk under `folder`; 0 where the system does not say.
struct MachineUse {
  double cores = 0;
  double cpu_percent = 0;  // of all cores, over the last minute
  double memory_bytes = 0;
  double disk_bytes = 0;
  double disk_used_bytes = 0;
};
MachineUse ReadMachineUse(const std::string& folder);

class Gauges {
 public:
  // All outlive it. `growing_bytes`: of rows that are not in segment files yet.
  Gauges(roles::Coordinator* coordinator, roles::ShardDirectory* shards,
         std::function<uint64_t()> growing_bytes, const MemoryBudget* budget);

  // All metrics of the process as text. The numbers are taken before the registry is read: looking
  // at a shard may open it. Thread-safe.
  std::string Render();

 private:
  using Samples = std::vector<CallbackGauge::Sample>;
  // A gauge with the samples that the last Refresh left in `samples`.
  struct Family {
    Samples samples;
    std::unique_ptr<CallbackGauge> gauge;
  };

  Family& Add(const std::string& name, const std::string& help, std::vector<std::string> labels);
  void Refresh();
  void AddCollection(const CollectionInfo& info, const roles::ShardStats& stats);

  roles::Coordinator* const coordinator_;
  roles::ShardDirectory* const shards_;
  const std::function<uint64_t()> growing_bytes_;
  const MemoryBudget* const budget_;

  std::mutex mutex_;  // one Render at a time: guards all samples
  std::vector<std::unique_ptr<Family>> families_;
  Family &entities_, &segments_, &stored_rows_, &rows_, &memory_, &growing_, &disk_, &index_disk_,
      &collection_memory_, &damages_, &budget_used_, &budget_limit_;
  Family &cpu_, &start_, &resident_, &virtual_, &open_files_, &files_max_;
};

}  // namespace elanus::app
