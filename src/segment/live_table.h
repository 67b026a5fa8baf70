// LiveTable: which rows of a segment have ended, and when. Immutable; the writer makes the next one
// with End(), sharing every chunk it does not touch (shard.md section 4).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/bitmap.h"
#include "model/types.h"

namespace elanus::segment {

class LiveTable {
 public:
  using Ptr = std::shared_ptr<const LiveTable>;
  struct Ended {
    uint32_t row;
    Timestamp ts;
  };

  static Ptr AllLive();

  // Rows must be live. Tail entries with ts <= floor are forgotten (no reader can ask before it).
  Ptr End(std::span<const uint32_t> rows, Timestamp ts, Timestamp floor) const;

  bool LiveNow(uint32_t row) const;
  size_t dead() const { return dead_; }
  // Ends newer than the floor given to the last End(), oldest first.
  std::span<const Ended> tail() const { return tail_; }

  // The rows live at T (rows beyond the chunks are live). Keeps what it borrows alive.
  class View {
   public:
    RowMask mask() const { return RowMask(pointers_, rows_); }
    bool all() const { return pointers_.empty(); }

   private:
    friend class LiveTable;
    std::vector<const uint64_t*> pointers_;
    std::vector<std::unique_ptr<std::array<uint64_t, kMaskChunkWords>>> copies_;
    size_t rows_ = 0;
  };
  View At(Timestamp ts, size_t rows) const;

  void EncodeTo(std::string* out) const;
  static Result<Ptr> Decode(std::string_view bytes);

 private:
  using Chunk = std::array<uint64_t, kMaskChunkWords>;
  std::vector<std::shared_ptr<const Chunk>> chunks_;  // null: all live
  std::vector<Ended> tail_;
  size_t dead_ = 0;
};

}  // namespace elanus::segment
