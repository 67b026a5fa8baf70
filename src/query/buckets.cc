#include "query/buckets.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "query/numbers.h"

namespace elanus::query {
namespace {

// -1, 0, 1; null before all, else the values are of one kind.
int Compare(const Value& a, const Value& b) {
  const auto sign = [](const auto& x, const auto& y) { return x < y ? -1 : y < x ? 1 : 0; };
  if (a.is_null() || b.is_null())
    return static_cast<int>(b.is_null()) - static_cast<int>(a.is_null());
  if (a.is_bool()) return sign(a.as_bool(), b.as_bool());
  if (a.is_string()) return sign(a.as_string(), b.as_string());
  if (a.is_int() && b.is_int()) return sign(a.as_int(), b.as_int());
  return sign(a.as_double(), b.as_double());
}

int CompareKeys(const std::vector<Value>& a, const std::vector<Value>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (const int order = Compare(a[i], b[i]); order != 0) return order;
  }
  return 0;
}

struct KeyLess {
  bool operator()(const std::vector<Value>& a, const std::vector<Value>& b) const {
    return CompareKeys(a, b) < 0;
  }
};

class Maker {
 public:
  Maker(const HitLists& hits, const std::vector<BucketLevel>& levels)
      : hits_(hits), levels_(levels) {}

  std::vector<Bucket> Make(const std::vector<uint32_t>& rows, size_t depth) const {
    const BucketLevel& level = levels_[depth];
    std::vector<Bucket> buckets;
    std::vector<std::vector<uint32_t>> members;
    std::map<std::vector<Value>, size_t, KeyLess> places;
    for (const uint32_t row : rows) {
      std::vector<Value> key;
      for (const size_t column : level.keys) key.push_back(ValueAt(hits_.output[column], row));
      const auto [place, is_new] = places.emplace(std::move(key), buckets.size());
      if (is_new) {
        buckets.emplace_back().key = place->first;
        members.emplace_back();
      }
      members[place->second].push_back(row);
    }
    for (size_t i = 0; i < buckets.size(); ++i) {
      buckets[i].count = static_cast<int64_t>(members[i].size());
      for (const BucketMetric& metric : level.metrics)
        buckets[i].metrics.push_back(MetricOf(metric, members[i]));
    }
    std::vector<Bucket> chosen;
    for (const size_t i : Chosen(level, buckets)) {
      Bucket& bucket = chosen.emplace_back(std::move(buckets[i]));
      if (level.top_hits) bucket.hits = TopHits(*level.top_hits, members[i]);
      if (depth + 1 < levels_.size()) bucket.buckets = Make(members[i], depth + 1);
    }
    return chosen;
  }

 private:
  static std::vector<size_t> Chosen(const BucketLevel& level, const std::vector<Bucket>& buckets) {
    std::vector<size_t> order(buckets.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      for (const BucketOrder& by : level.order) {
        const int compared = CompareBy(by, buckets[a], buckets[b]);
        if (compared != 0) return by.descending ? compared > 0 : compared < 0;
      }
      return false;
    });
    if (order.size() > level.size) order.resize(level.size);
    return order;
  }

  static int CompareBy(const BucketOrder& by, const Bucket& a, const Bucket& b) {
    switch (by.by) {
      case BucketOrder::By::kCount:
        return Compare(Value(a.count), Value(b.count));
      case BucketOrder::By::kKey:
        return CompareKeys(a.key, b.key);
      case BucketOrder::By::kMetric:
        return Compare(a.metrics[by.metric], b.metrics[by.metric]);
    }
    return 0;
  }

  Value ValueOf(const BucketMetric& metric, uint32_t row) const {
    switch (metric.of) {
      case BucketMetric::Of::kColumn:
        return ValueAt(hits_.output[metric.column], row);
      case BucketMetric::Of::kScore:
        return static_cast<double>(hits_.scores[row]);
      case BucketMetric::Of::kHit:
        break;
    }
    return int64_t{1};
  }

  Value MetricOf(const BucketMetric& metric, const std::vector<uint32_t>& rows) const {
    Value value;  // the sum, the least, the greatest
    int64_t count = 0;
    for (const uint32_t row : rows) {
      Value one = ValueOf(metric, row);
      if (one.is_null()) continue;
      ++count;
      const bool adds =
          metric.op == BucketMetric::Op::kSum || metric.op == BucketMetric::Op::kAverage;
      if (count == 1) {
        value = std::move(one);
      } else if (adds && value.is_int()) {
        int64_t sum = 0;
        (void)__builtin_add_overflow(value.as_int(), one.as_int(), &sum);
        value = sum;
      } else if (adds) {
        value = value.as_double() + one.as_double();
      } else if (metric.op == BucketMetric::Op::kMin ? Compare(one, value) < 0
                                                     : Compare(one, value) > 0) {
        value = std::move(one);
      }
    }
    if (metric.op == BucketMetric::Op::kCount) return count;
    if (metric.op == BucketMetric::Op::kAverage && count > 0)
      return value.as_double() / static_cast<double>(count);
    return value;
  }

  std::vector<uint32_t> TopHits(const BucketLevel::TopHits& top, std::vector<uint32_t> rows) const {
    std::stable_sort(rows.begin(), rows.end(), [&](uint32_t a, uint32_t b) {
      for (const BucketHitOrder& by : top.order) {
        const auto value = [&](uint32_t row) {
          return by.column ? ValueAt(hits_.output[*by.column], row)
                           : Value(static_cast<double>(hits_.scores[row]));
        };
        const Value x = value(a), y = value(b);
        if (x.is_null() != y.is_null()) return x.is_null() == by.nulls_first;
        const int compared = Compare(x, y);
        if (compared != 0) return by.descending ? compared > 0 : compared < 0;
      }
      return false;
    });
    if (rows.size() > top.size) rows.resize(top.size);
    return rows;
  }

  const HitLists& hits_;
  const std::vector<BucketLevel>& levels_;
};

}  // namespace

Value ValueAt(const Column& column, size_t row) {
  if (column.IsNull(row)) return {};
  const DataType type = column.type();
  if (type == DataType::kBool) return column.as<uint8_t>()[row] != 0;
  if (IsInteger(type) || type == DataType::kTimestamptz) return IntegerAt(column, row);
  if (IsNumber(type)) return NumberAt(column, row);
  return std::string(column.String(row));
}

std::vector<std::vector<Bucket>> BucketsOf(const HitLists& hits,
                                           const std::vector<BucketLevel>& levels) {
  const Maker maker(hits, levels);
  std::vector<std::vector<Bucket>> queries;
  uint32_t first = 0;
  for (const uint32_t count : hits.counts) {
    std::vector<uint32_t> rows(count);
    std::iota(rows.begin(), rows.end(), first);
    first += count;
    queries.push_back(maker.Make(rows, 0));
  }
  return queries;
}

}  // namespace elanus::query
