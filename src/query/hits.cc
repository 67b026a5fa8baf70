#include "query/hits.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

namespace elanus::query {
namespace {

// A key for sets: one of the two is used.
struct Key {
  int64_t number = 0;
  std::string_view text;
  auto operator<=>(const Key&) const = default;
};

Key KeyAt(const Column& keys, size_t row) {
  if (keys.fixed()) return {keys.as<int64_t>()[row], {}};
  return {0, keys.String(row)};
}

Column EmptyLike(const Column& column) {
  return Column(column.field(), column.type(), column.dim());
}

}  // namespace

int CompareKeys(const Column& a, size_t row_a, const Column& b, size_t row_b) {
  if (a.fixed()) {
    const int64_t x = a.as<int64_t>()[row_a];
    const int64_t y = b.as<int64_t>()[row_b];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const int order = a.String(row_a).compare(b.String(row_b));
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

HitCollector::HitCollector(std::vector<const HitLists*> sources) : sources_(std::move(sources)) {
  // A part without hits may not know its columns' types.
  const HitLists* shape = sources_.front();
  for (const HitLists* source : sources_) {
    if (source->keys.rows() > 0) shape = source;
  }
  out_.keys = EmptyLike(shape->keys);
  for (const Column& column : shape->output) out_.output.push_back(EmptyLike(column));
}

void HitCollector::Add(size_t source, size_t row, float score) {
  const HitLists& from = *sources_[source];
  out_.keys.AppendFrom(from.keys, row);
  out_.scores.push_back(score);
  for (size_t i = 0; i < out_.output.size(); ++i) out_.output[i].AppendFrom(from.output[i], row);
  ++count_;
}

void HitCollector::EndQuery() {
  out_.counts.push_back(count_);
  count_ = 0;
}

HitLists HitCollector::Take() { return std::move(out_); }

HitLists Merge(std::vector<HitLists> parts, bool larger_is_nearer, size_t limit) {
  const size_t queries = parts.front().counts.size();
  std::vector<const HitLists*> sources;
  for (const HitLists& part : parts) sources.push_back(&part);
  HitCollector collector(sources);

  std::vector<size_t> next(parts.size(), 0);
  std::vector<size_t> end(parts.size(), 0);
  for (size_t query = 0; query < queries; ++query) {
    for (size_t i = 0; i < parts.size(); ++i) {
      next[i] = end[i];
      end[i] += parts[i].counts[query];
    }
    const auto before = [&](size_t a, size_t b) {
      const float x = parts[a].scores[next[a]];
      const float y = parts[b].scores[next[b]];
      if (x != y) return larger_is_nearer ? x > y : x < y;
      return CompareKeys(parts[a].keys, next[a], parts[b].keys, next[b]) < 0;
    };
    std::set<Key> seen;
    while (seen.size() < limit) {
      size_t best = parts.size();
      for (size_t i = 0; i < parts.size(); ++i) {
        if (next[i] < end[i] && (best == parts.size() || before(i, best))) best = i;
      }
      if (best == parts.size()) break;
      const size_t row = next[best]++;
      if (seen.insert(KeyAt(parts[best].keys, row)).second) {
        collector.Add(best, row, parts[best].scores[row]);
      }
    }
    collector.EndQuery();
  }
  return collector.Take();
}

HitLists Page(HitLists hits, size_t offset, size_t limit) {
  const bool whole = offset == 0 && std::all_of(hits.counts.begin(), hits.counts.end(),
                                                [limit](uint32_t count) { return count <= limit; });
  if (whole) return hits;
  HitCollector collector({&hits});
  size_t begin = 0;
  for (const uint32_t count : hits.counts) {
    const size_t first = std::min<size_t>(offset, count);
    const size_t last = std::min<size_t>(count, first + limit);
    for (size_t i = first; i < last; ++i) collector.Add(0, begin + i, hits.scores[begin + i]);
    collector.EndQuery();
    begin += count;
  }
  return collector.Take();
}

void RoundScores(int decimals, std::vector<float>* scores) {
  if (decimals < 0) return;
  const double scale = std::pow(10.0, decimals);
  for (float& score : *scores) {
    score = static_cast<float>(std::round(static_cast<double>(score) * scale) / scale);
  }
}

}  // namespace elanus::query
