#include "base/metrics.h"

#include <algorithm>
#include <utility>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "base/status.h"

namespace elanus {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

struct Registry {
  std::mutex mutex;  // held while rendering, so that a family cannot go meanwhile
  std::vector<const internal::FamilyBase*> families;
};

// Never destroyed: static families of other files unregister at exit, in any order.
Registry& TheRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

prometheus::MetricFamily Header(const internal::FamilyBase& family, prometheus::MetricType type) {
  prometheus::MetricFamily out;
  out.name = family.name();
  out.help = family.help();
  out.type = type;
  return out;
}

prometheus::ClientMetric Labelled(const internal::FamilyBase& family, const LabelValues& values) {
  prometheus::ClientMetric metric;
  const auto& names = family.label_names();
  CHECK(values.size() == names.size());
  for (size_t i = 0; i < names.size(); ++i) metric.label.push_back({names[i], values[i]});
  return metric;
}

void Fill(const Counter& counter, prometheus::ClientMetric* out) {
  out->counter.value = static_cast<double>(counter.value());
}

void Fill(const Gauge& gauge, prometheus::ClientMetric* out) { out->gauge.value = gauge.value(); }

void Fill(const Histogram& histogram, prometheus::ClientMetric* out) {
  uint64_t cumulative = 0;
  for (size_t i = 0; i < Histogram::kBounds; ++i) {
    cumulative += histogram.count(i);
    out->histogram.bucket.push_back({cumulative, static_cast<double>(1U << i)});
  }
  out->histogram.sample_count = cumulative + histogram.count(Histogram::kBounds);
  out->histogram.sample_sum = histogram.sum();
}

constexpr prometheus::MetricType TypeOf(const Counter*) { return prometheus::MetricType::Counter; }
constexpr prometheus::MetricType TypeOf(const Gauge*) { return prometheus::MetricType::Gauge; }
constexpr prometheus::MetricType TypeOf(const Histogram*) {
  return prometheus::MetricType::Histogram;
}

}  // namespace

namespace internal {

FamilyBase::FamilyBase(std::string name, std::string help, std::vector<std::string> label_names)
    : name_(std::move(name)), help_(std::move(help)), label_names_(std::move(label_names)) {}

void FamilyBase::Register() {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  for (const FamilyBase* other : registry.families) CHECK(other->name() != name_);
  registry.families.push_back(this);
}

void FamilyBase::Unregister() {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  std::erase(registry.families, this);
}

}  // namespace internal

template <typename T>
MetricFamily<T>::MetricFamily(std::string name, std::string help,
                              std::vector<std::string> label_names)
    : FamilyBase(std::move(name), std::move(help), std::move(label_names)) {
  Register();
}

template <typename T>
MetricFamily<T>::~MetricFamily() {
  Unregister();
}

template <typename T>
T& MetricFamily<T>::With(const LabelValues& values) {
  CHECK(values.size() == label_names().size());
  const std::lock_guard lock(mutex_);
  const auto [at, inserted] = metrics_.try_emplace(values, nullptr);
  if (inserted) {
    if (free_.empty()) {
      at->second = &cells_.emplace_back();
    } else {
      at->second = free_.back();
      free_.pop_back();
      at->second->Reset();
    }
  }
  return *at->second;
}

template <typename T>
void MetricFamily<T>::Remove(std::string_view label, std::string_view value) {
  const auto& names = label_names();
  const auto name = std::find(names.begin(), names.end(), label);
  CHECK(name != names.end());
  const auto column = static_cast<size_t>(name - names.begin());
  const std::lock_guard lock(mutex_);
  std::erase_if(metrics_, [&](const auto& entry) {
    const bool gone = entry.first[column] == value;
    if (gone) free_.push_back(entry.second);
    return gone;
  });
}

template <typename T>
void MetricFamily<T>::Collect(void* out) const {
  prometheus::MetricFamily family = Header(*this, TypeOf(static_cast<const T*>(nullptr)));
  const std::lock_guard lock(mutex_);
  for (const auto& [values, cell] : metrics_) {
    Fill(*cell, &family.metric.emplace_back(Labelled(*this, values)));
  }
  static_cast<Families*>(out)->push_back(std::move(family));
}

template class MetricFamily<Counter>;
template class MetricFamily<Gauge>;
template class MetricFamily<Histogram>;

CallbackGauge::CallbackGauge(std::string name, std::string help,
                             std::vector<std::string> label_names, Read read)
    : FamilyBase(std::move(name), std::move(help), std::move(label_names)), read_(std::move(read)) {
  Register();
}

CallbackGauge::CallbackGauge(std::string name, std::string help, std::function<double()> read)
    : CallbackGauge(std::move(name), std::move(help), {},
                    [read = std::move(read)] { return std::vector<Sample>{{{}, read()}}; }) {}

CallbackGauge::~CallbackGauge() { Unregister(); }

void CallbackGauge::Collect(void* out) const {
  const bool counts = name().ends_with("_total");
  prometheus::MetricFamily family =
      Header(*this, counts ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge);
  for (const Sample& sample : read_()) {
    prometheus::ClientMetric& metric = family.metric.emplace_back(Labelled(*this, sample.labels));
    (counts ? metric.counter.value : metric.gauge.value) = sample.value;
  }
  static_cast<Families*>(out)->push_back(std::move(family));
}

std::string RenderMetrics() {
  Families families;
  {
    Registry& registry = TheRegistry();
    const std::lock_guard lock(registry.mutex);
    for (const internal::FamilyBase* family : registry.families) family->Collect(&families);
  }
  std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
  std::sort(families.begin(), families.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace elanus
