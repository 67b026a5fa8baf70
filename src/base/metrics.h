// Counters, gauges and histograms, each a static object beside what it counts:
//
//   static MetricFamily<Counter> requests("milvus_proxy_req_count", "Requests by outcome.",
//                                         {"function_name", "status"});
//   static Counter& searches = requests.With({"Search", "success"});   // looked up once
//   searches.Add();                                                    // one relaxed atomic add
//
// RenderMetrics() gives all of them as Prometheus text. Everything here is thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace elanus {

class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  void Reset() { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double delta) { value_.fetch_add(delta, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }
  void Reset() { Set(0); }

 private:
  std::atomic<double> value_{0};
};

// Buckets with upper bounds of 2^n, n = 0..17, then infinity: latencies in ms up to 131 s.
class Histogram {
 public:
  static constexpr size_t kBounds = 18;

  void Observe(double value) {
    counts_[BucketOf(value)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  // Observations of bucket `i` alone, i <= kBounds; the last is that of infinity.
  uint64_t count(size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }
  void Reset() {
    for (auto& count : counts_) count.store(0, std::memory_order_relaxed);
    sum_.store(0, std::memory_order_relaxed);
  }

 private:
  static size_t BucketOf(double value) {
    if (!(value > 1)) return 0;
    if (value > 1U << (kBounds - 1)) return kBounds;
    return static_cast<size_t>(std::bit_width(static_cast<uint32_t>(std::ceil(value)) - 1));
  }
  std::array<std::atomic<uint64_t>, kBounds + 1> counts_{};
  std::atomic<double> sum_{0};
};

using LabelValues = std::vector<std::string>;

namespace internal {

// What the registry knows of a family; it lists itself there while it lives.
class FamilyBase {
 public:
  FamilyBase(std::string name, std::string help, std::vector<std::string> label_names);
  virtual ~FamilyBase() = default;
  FamilyBase(const FamilyBase&) = delete;
  FamilyBase& operator=(const FamilyBase&) = delete;

  // `out` is a vector of the exposition library's families, known to metrics.cc alone.
  virtual void Collect(void* out) const = 0;

  const std::string& name() const { return name_; }
  const std::string& help() const { return help_; }
  const std::vector<std::string>& label_names() const { return label_names_; }

 protected:
  void Register();
  void Unregister();

 private:
  const std::string name_;
  const std::string help_;
  const std::vector<std::string> label_names_;
};

}  // namespace internal

// All metrics of one name. T is Counter, Gauge or Histogram.
template <typename T>
class MetricFamily final : public internal::FamilyBase {
 public:
  MetricFamily(std::string name, std::string help, std::vector<std::string> label_names = {});
  ~MetricFamily() override;

  // The metric with these label values, one per label name; made on first use. The reference is
  // valid for as long as the family. Takes a mutex: keep the reference where it matters.
  T& With(const LabelValues& values);
  // Forgets those whose label `label` is `value` (a dropped collection). A reference kept to one of
  // them stays safe to use, but its metric may come to count for another set of labels.
  void Remove(std::string_view label, std::string_view value);

  void Collect(void* out) const override;

 private:
  mutable std::mutex mutex_;  // guards all below
  std::deque<T> cells_;
  std::vector<T*> free_;
  std::map<LabelValues, T*> metrics_;
};

extern template class MetricFamily<Counter>;
extern template class MetricFamily<Gauge>;
extern template class MetricFamily<Histogram>;

// A gauge whose values are asked for when somebody looks; a counter if its name ends in _total.
// `read` runs on the thread that renders, may take locks, but must neither make nor destroy
// metrics.
class CallbackGauge final : public internal::FamilyBase {
 public:
  struct Sample {
    LabelValues labels;
    double value;
  };
  using Read = std::function<std::vector<Sample>()>;

  CallbackGauge(std::string name, std::string help, std::vector<std::string> label_names,
                Read read);
  // Without labels.
  CallbackGauge(std::string name, std::string help, std::function<double()> read);
  // `read` is not running and will not run again once this returns.
  ~CallbackGauge() override;

  void Collect(void* out) const override;

 private:
  const Read read_;
};

// Every metric as Prometheus text (format 0.0.4), sorted by name.
std::string RenderMetrics();

}  // namespace elanus
