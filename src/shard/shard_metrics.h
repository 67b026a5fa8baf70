// What shards count. The references live as long as the process.
#pragma once

#include "base/metrics.h"

namespace elanus::shard {

Histogram& LogAppendMs();  // of one frame, its sync included
Counter& Flushes();        // segments written from growing rows
Counter& Merges();
Counter& IndexBuilds();

}  // namespace elanus::shard
