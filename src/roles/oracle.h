// Oracle: the one source of timestamps. Thread-safe; never gives the same number twice and never
// goes back, over restarts and clock jumps too.
#pragma once

#include "model/types.h"

namespace elanus::roles {

class Oracle {
 public:
  virtual ~Oracle() = default;
  virtual Timestamp Next() = 0;
  // The newest timestamp handed out so far, or the wall clock if that is ahead; a read at it sees
  // every write that was answered before the call.
  virtual Timestamp Now() = 0;
};

}  // namespace elanus::roles
