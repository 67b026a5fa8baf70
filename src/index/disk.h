// DISKANN: a graph whose rows lie in blocks of 4 KiB pages on disk, vector and links together, and
// codes of a few bytes a row in memory that choose which blocks to read (Subramanya et al.,
// "DiskANN", NeurIPS 2019). Rows near each other share a block, and all rows of a block that was
// read are compared (Wang et al., "Starling", SIGMOD 2024).
//
// Build parameters: max_degree (48), search_list_size (128); pq_code_budget_gb_ratio (.125), the
// codes' part of the raw vectors' bytes, or pq_code_budget_gb; search_cache_budget_gb_ratio (0) or
// search_cache_budget_gb, blocks near the entry copied into memory at open; a budget of 0 GB is
// none. build_dram_budget_gb and disk_pq_dims have no effect. Search parameters: search_list
// (max(k, 64)), beamwidth (8), the reads in flight.
//
// A search may fail with kIoFailed besides what the interface names.
#pragma once

#include <memory>
#include <string>

#include "index/blob.h"
#include "index/vector_index.h"

namespace elanus::index {

struct DiskStats {
  uint64_t searches = 0;
  uint64_t reads = 0;   // blocks
  uint64_t rounds = 0;  // of reads in flight together
};

class DiskIndex : public VectorIndex {
 public:
  virtual DiskStats stats() const = 0;
  // Codes are mapped, but every search reads them.
  virtual size_t code_bytes() const = 0;
  // How blocks are read: "mapping", "pread", "io_uring", the latter two with " direct" where the
  // page cache is passed by.
  virtual std::string way() const = 0;
};

Status BuildDisk(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                 int threads, const Progress& progress, const Sink& sink);
// `path`: the file that holds the blob's bytes from its beginning; empty: blocks come from the
// mapping.
Result<std::unique_ptr<DiskIndex>> OpenDisk(const Blob& blob, const VectorView& vectors,
                                            const std::string& path);

}  // namespace elanus::index
