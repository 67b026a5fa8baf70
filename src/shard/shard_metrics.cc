#include "shard/shard_metrics.h"

namespace elanus::shard {

Histogram& LogAppendMs() {
  static MetricFamily<Histogram> family("elanus_log_append_ms",
                                        "Time to append a frame to the log and sync it, in ms.");
  static Histogram& metric = family.With({});
  return metric;
}

Counter& Flushes() {
  static MetricFamily<Counter> family("elanus_flushes_total",
                                      "Segments written from growing rows.");
  static Counter& metric = family.With({});
  return metric;
}

Counter& Merges() {
  static MetricFamily<Counter> family("elanus_merges_total", "Merges of segments that were done.");
  static Counter& metric = family.With({});
  return metric;
}

Counter& IndexBuilds() {
  static MetricFamily<Counter> family("elanus_index_builds_total",
                                      "Index files that were built and are used.");
  static Counter& metric = family.With({});
  return metric;
}

}  // namespace elanus::shard
