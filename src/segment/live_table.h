// LiveTable: which rows of a segment have ended, and when. Immutable; the writer makes the next one
// with End(), sharing every chunk it does not touch (shard.md section 4).
#pragma once

#include <array>
#include <bit>
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

class LiveTable : public std::enable_shared_from_this<LiveTable> {
 public:
  using Ptr = std::shared_ptr<const LiveTable>;
  struct Ended {
    uint32_t row;
    Timestamp ts;
  };

  static Ptr AllLive();

  // Rows must be live, ts not below the tail's. Tail entries with ts <= floor are forgotten (no
  // reader can ask before it).
  Ptr End(std::span<const uint32_t> rows, Timestamp ts, Timestamp floor) const;
  // The same for rows that end at different moments, in any order.
  Ptr End(std::vector<Ended> ended, Timestamp floor) const;

  bool LiveNow(uint32_t row) const;
  size_t dead() const { return dead_; }
  // Calls fn(row) for every row that has ended here, but not in `before`: a table that this one was
  // made from, or null.
  template <typename Fn>
  void ForEachEndedSince(const LiveTable* before, Fn fn) const {
    for (size_t c = 0; c < chunks_.size(); ++c) {
      const Chunk* old =
          before != nullptr && c < before->chunks_.size() ? before->chunks_[c].get() : nullptr;
      if (chunks_[c].get() == old) continue;
      for (size_t w = 0; w < kMaskChunkWords; ++w) {
        uint64_t ended = ~(*chunks_[c])[w] & (old != nullptr ? (*old)[w] : ~0ULL);
        for (; ended != 0; ended &= ended - 1) {
          fn(static_cast<uint32_t>(c * kMaskChunkRows + w * 64) +
             static_cast<uint32_t>(std::countr_zero(ended)));
        }
      }
    }
  }
  // Ends newer than the floor given to the last End(), oldest first.
  std::span<const Ended> tail() const {
    return tail_ == nullptr ? std::span<const Ended>()
                            : std::span<const Ended>(tail_->entries.get() + tail_begin_,
                                                     tail_end_ - tail_begin_);
  }
  // Rows from here on have never ended.
  size_t rows_touched() const { return chunks_.size() * kMaskChunkRows; }
  uint64_t memory_bytes() const;  // chunks shared with other tables count in each

  // The rows live at T (rows beyond the chunks are live). Keeps what it borrows alive.
  class View {
   public:
    RowMask mask() const { return RowMask(pointers_, rows_); }
    bool all() const { return pointers_.empty(); }

   private:
    friend class LiveTable;
    Ptr table_;
    std::vector<const uint64_t*> pointers_;
    std::vector<std::unique_ptr<std::array<uint64_t, kMaskChunkWords>>> copies_;
    size_t rows_ = 0;
  };
  View At(Timestamp ts, size_t rows) const;

  void EncodeTo(std::string* out) const;
  static Result<Ptr> Decode(std::string_view bytes);

 private:
  using Chunk = std::array<uint64_t, kMaskChunkWords>;

  std::vector<std::shared_ptr<const Chunk>> chunks_;  // null: all live; a set bit is a live row
  // Tables made one from another share the buffer of their tails: End() on the newest appends
  // behind what the others see, so it copies no long tail.
  struct Tail {
    std::unique_ptr<Ended[]> entries;
    size_t capacity = 0;
    size_t used = 0;  // the writer's
  };
  void AppendTail(const LiveTable& before, std::span<const Ended> ended, Timestamp floor);

  std::shared_ptr<Tail> tail_;
  size_t tail_begin_ = 0, tail_end_ = 0;
  size_t dead_ = 0;
};

}  // namespace elanus::segment
