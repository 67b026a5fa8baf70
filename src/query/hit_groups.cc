#include "query/hit_groups.h"

#include <algorithm>
#include <limits>

#include "query/grouping.h"

namespace elanus::query {
namespace {

// The group of each hit, numbered in the order they are met.
std::vector<uint32_t> GroupsOf(const HitLists& hits, size_t first_key) {
  std::vector<GroupKey> keys;
  std::vector<const Column*> columns;
  for (size_t i = first_key; i < hits.output.size(); ++i) {
    keys.push_back({hits.output[i].field(), hits.output[i].type()});
    columns.push_back(&hits.output[i]);
  }
  Grouping grouping(std::move(keys), {}, std::numeric_limits<size_t>::max());
  CHECK(grouping.Add(columns, hits.scores.size()).ok());
  return grouping.last_rows();
}

struct Group {
  std::vector<size_t> rows;
  float score = 0;
};

float ScoreOf(const Group& group, const HitLists& hits, GroupScore score) {
  float sum = 0;
  for (const size_t row : group.rows) sum += hits.scores[row];
  switch (score) {
    case GroupScore::kMax:
      return hits.scores[group.rows.front()];
    case GroupScore::kSum:
      return sum;
    case GroupScore::kAverage:
      return sum / static_cast<float>(group.rows.size());
  }
  return sum;
}

void SortGroups(const HitLists& hits, const HitGrouping& grouping, std::vector<Group>* groups) {
  for (Group& group : *groups) group.score = ScoreOf(group, hits, *grouping.score);
  std::sort(groups->begin(), groups->end(), [&](const Group& a, const Group& b) {
    if (a.score != b.score) return grouping.descending ? a.score > b.score : a.score < b.score;
    if (a.rows.size() != b.rows.size()) return a.rows.size() > b.rows.size();
    return CompareKeys(hits.keys, a.rows.front(), hits.keys, b.rows.front()) < 0;
  });
}

// The groups among hits [begin, end), in the order they are met.
std::vector<Group> Collect(const std::vector<uint32_t>& group_of, size_t begin, size_t end,
                           size_t size) {
  std::vector<Group> groups;
  std::vector<std::pair<uint32_t, size_t>> place;  // number, index into groups; sorted
  for (size_t row = begin; row < end; ++row) {
    const std::pair<uint32_t, size_t> wanted{group_of[row], 0};
    auto at = std::lower_bound(place.begin(), place.end(), wanted);
    if (at == place.end() || at->first != group_of[row]) {
      at = place.insert(at, {group_of[row], groups.size()});
      groups.emplace_back();
    }
    if (groups[at->second].rows.size() < size) groups[at->second].rows.push_back(row);
  }
  return groups;
}

}  // namespace

HitLists PageGroups(const HitLists& hits, const HitGrouping& grouping, size_t offset,
                    size_t limit) {
  const std::vector<uint32_t> group_of = GroupsOf(hits, grouping.first_key);
  HitCollector collector({&hits});
  size_t begin = 0;
  for (const uint32_t count : hits.counts) {
    std::vector<Group> groups = Collect(group_of, begin, begin + count, grouping.size);
    if (grouping.score.has_value()) SortGroups(hits, grouping, &groups);
    const size_t last =
        groups.size() - std::min(offset, groups.size()) > limit ? offset + limit : groups.size();
    for (size_t i = std::min(offset, groups.size()); i < last; ++i) {
      for (const size_t row : groups[i].rows) collector.Add(0, row, hits.scores[row]);
    }
    collector.EndQuery();
    begin += count;
  }
  return collector.Take();
}

HitLists Reorder(const HitLists& hits, const std::vector<OrderKey>& keys,
                 const std::vector<Column>& columns, const std::optional<HitGrouping>& grouping) {
  std::vector<uint32_t> group_of;
  if (grouping.has_value()) group_of = GroupsOf(hits, grouping->first_key);
  HitCollector collector({&hits});
  size_t begin = 0;
  for (const uint32_t count : hits.counts) {
    std::vector<size_t> heads;  // what is put in order: hits, or the first of each group
    for (size_t row = begin; row < begin + count; ++row) {
      if (group_of.empty() || row == begin || group_of[row] != group_of[row - 1]) {
        heads.push_back(row);
      }
    }
    std::vector<Column> values;
    for (const Column& column : columns) {
      values.emplace_back(column.field(), column.type());
      for (const size_t row : heads) values.back().AppendFrom(column, row);
    }
    heads.push_back(begin + count);
    for (const uint32_t head : FirstInOrder(keys, values, heads.size() - 1)) {
      for (size_t row = heads[head]; row < heads[head + 1]; ++row) {
        collector.Add(0, row, hits.scores[row]);
      }
    }
    collector.EndQuery();
    begin += count;
  }
  return collector.Take();
}

}  // namespace elanus::query
