// An ordered, durable sequence of frames; a frame is some records that are kept whole or not at
// all.
//
// One owner at a time: opening takes the log exclusively, under an epoch above all earlier ones.
// One thread makes the calls (the lane's); next, LowWater, bytes, healthy and epoch may be asked
// from any. Grouping many writers into one Append is the caller's work.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/status.h"

namespace elanus::wal {

// Rises with every frame; gaps are allowed. The first is 1.
using Lsn = uint64_t;

class Log {
 public:
  // The records are valid during the call. An error ends the Read and is its answer.
  using FrameFn = std::function<Status(Lsn lsn, std::span<const std::string_view> records)>;

  virtual ~Log() = default;

  // Adds one frame of `records` (one or more; a record may be empty). Durable once it returns OK.
  // After an error ask healthy():
  //   true   nothing was written and nothing will ever be read of it; the log goes on. So it is
  //   when
  //          the disk is full (kDiskLimitExceeded) or the frame too large (kParameterTooLarge).
  //   false  the outcome is unknown: the frame may be read after a crash. Every Append fails until
  //   a
  //          Reopen succeeds; when that has, the frame is not in the log and never will be.
  virtual Result<Lsn> Append(std::span<const std::string_view> records) = 0;

  // As Append, for what makes space (deletes, drops): on a full disk it may use the room that
  // Append leaves, as long as that lasts.
  virtual Result<Lsn> AppendFromReserve(std::span<const std::string_view> records) = 0;

  // Decides the frame whose outcome was unknown, durably: it is out. OK at once if healthy(). After
  // an error it may be tried again.
  virtual Status Reopen() = 0;

  // Calls `fn` for each frame with lsn >= `from`, in order, up to the last one appended. What lies
  // below LowWater() is gone without an error: compare if it matters. Damage is kCorruption, names
  // the file and the offset, and comes after the whole frames before it.
  virtual Status Read(Lsn from, const FrameFn& fn) = 0;

  // Frames below `keep_from` are no longer needed; their room is freed where that is cheap (whole
  // files), the rest stays readable.
  virtual Status Truncate(Lsn keep_from) = 0;

  // What the next frame's lsn will be; higher than that of every frame ever read or appended.
  virtual Lsn next() const = 0;
  // No frame below it is left. LowWater() <= next().
  virtual Lsn LowWater() const = 0;
  // Size of the frames that are kept.
  virtual uint64_t bytes() const = 0;
  virtual bool healthy() const = 0;
  virtual uint64_t epoch() const = 0;
};

}  // namespace elanus::wal
