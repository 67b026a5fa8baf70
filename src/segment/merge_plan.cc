#include "segment/merge_plan.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_map>

namespace elanus::segment {
namespace {

template <typename Key>
Key KeyOf(const ValueReader& keys, uint32_t row) {
  const std::string_view bytes = keys.At(row).value_or(std::string_view());
  if constexpr (std::is_same_v<Key, int64_t>) {
    int64_t key = 0;
    std::memcpy(&key, bytes.data(), std::min(bytes.size(), sizeof key));
    return key;
  } else {
    return bytes;
  }
}

// The rows of one input that are kept.
struct SortedInput {
  std::unique_ptr<ValueReader> keys;
  std::vector<uint32_t> rows;      // by (partition, key, row); its rises with the row
  std::vector<size_t> group_ends;  // rows of the i-th partition end here
  std::unordered_map<uint32_t, Timestamp> ended;  // kept though they have ended
  size_t next = 0;
};

template <typename Key>
Result<SortedInput> Sort(const MergeInput& input, const Field& key,
                         std::span<const PartitionId> partitions, Timestamp floor) {
  struct Entry {
    uint32_t partition;
    uint32_t row;
    Key key;
    bool operator<(const Entry& other) const {
      if (partition != other.partition) return partition < other.partition;
      return key != other.key ? key < other.key : row < other.row;
    }
  };
  SortedInput sorted;
  sorted.keys = TRY(input.segment->ReadValues(key));
  const LiveTable::Ptr live = input.live == nullptr ? LiveTable::AllLive() : input.live;
  for (const LiveTable::Ended& e : live->tail()) {
    if (e.ts > floor && e.row < input.rows) sorted.ended.emplace(e.row, e.ts);
  }

  std::vector<Entry> entries;
  entries.reserve(input.rows);
  PartitionId last;
  uint32_t rank = 0;
  bool known = false, wanted = false;
  for (uint32_t row = 0; row < input.rows; ++row) {
    const PartitionId partition = input.segment->PartitionOf(row);
    if (!known || partition != last) {
      const auto it = std::lower_bound(partitions.begin(), partitions.end(), partition);
      rank = static_cast<uint32_t>(it - partitions.begin());
      wanted = it != partitions.end() && *it == partition;
      last = partition;
      known = true;
    }
    if (!wanted || (!live->LiveNow(row) && !sorted.ended.contains(row))) continue;
    if (input.kept.has_value() && !input.kept->Test(row)) continue;
    entries.push_back({rank, row, KeyOf<Key>(*sorted.keys, row)});
  }
  if (!std::is_sorted(entries.begin(), entries.end())) std::sort(entries.begin(), entries.end());

  sorted.rows.reserve(entries.size());
  sorted.group_ends.resize(partitions.size());
  for (const Entry& entry : entries) {
    sorted.rows.push_back(entry.row);
    sorted.group_ends[entry.partition] = sorted.rows.size();
  }
  for (size_t i = 1; i < sorted.group_ends.size(); ++i) {
    sorted.group_ends[i] = std::max(sorted.group_ends[i], sorted.group_ends[i - 1]);
  }
  return sorted;
}

template <typename Key>
class Merge {
 public:
  Merge(std::span<const MergeInput> inputs, std::vector<SortedInput>* sorted, MergePlan* plan)
      : inputs_(inputs), sorted_(*sorted), plan_(*plan) {}

  // The rows of the i-th partition of all inputs.
  void Group(size_t group) {
    heads_.clear();
    for (uint32_t input = 0; input < sorted_.size(); ++input) Push(input, group);
    while (!heads_.empty()) {
      std::pop_heap(heads_.begin(), heads_.end(), After());
      const Head head = heads_.back();
      heads_.pop_back();
      Emit(head.input, head.row);
      Push(head.input, group);
    }
  }

 private:
  struct Head {
    Key key;
    Timestamp ts;  // orders equal keys
    uint32_t input;
    uint32_t row;
  };
  struct After {
    bool operator()(const Head& a, const Head& b) const {
      if (a.key != b.key) return b.key < a.key;
      return a.ts != b.ts ? a.ts > b.ts : a.input > b.input;
    }
  };

  void Push(uint32_t input, size_t group) {
    SortedInput& from = sorted_[input];
    if (from.next == from.group_ends[group]) return;
    const uint32_t row = from.rows[from.next++];
    const Timestamp ts = sorted_.size() == 1 ? 0 : inputs_[input].segment->InsertedAt(row);
    heads_.push_back({KeyOf<Key>(*from.keys, row), ts, input, row});
    std::push_heap(heads_.begin(), heads_.end(), After());
  }
  void Emit(uint32_t input, uint32_t row) {
    const auto to = static_cast<uint32_t>(plan_.rows.size());
    plan_.rows.push_back({input, row});
    plan_.row_maps[input][row] = to;
    const auto it = sorted_[input].ended.find(row);
    if (it != sorted_[input].ended.end()) plan_.ended.push_back({to, it->second});
  }

  std::span<const MergeInput> inputs_;
  std::vector<SortedInput>& sorted_;
  MergePlan& plan_;
  std::vector<Head> heads_;  // a heap, the least on top
};

template <typename Key>
Result<MergePlan> Plan(const Context& context, const Field& key, std::span<const MergeInput> inputs,
                       std::span<const PartitionId> partitions, Timestamp floor) {
  MergePlan plan;
  std::vector<SortedInput> sorted;
  size_t rows = 0;
  for (const MergeInput& input : inputs) {
    TRY(context.Check());
    sorted.push_back(TRY(Sort<Key>(input, key, partitions, floor)));
    plan.row_maps.emplace_back(input.rows, Segment::kNoRow);
    rows += sorted.back().rows.size();
  }
  if (rows >= Segment::kNoRow)
    return Fail(Code::kInternal, "a segment of " + std::to_string(rows) + " rows is too large");
  plan.rows.reserve(rows);
  Merge<Key> merge(inputs, &sorted, &plan);
  for (size_t group = 0; group < partitions.size(); ++group) {
    TRY(context.Check());
    const auto begin = static_cast<uint32_t>(plan.rows.size());
    merge.Group(group);
    const auto end = static_cast<uint32_t>(plan.rows.size());
    if (end > begin) plan.partitions.push_back({partitions[group], begin, end});
  }
  for (const MergeInput& input : inputs) TRY(input.segment->damage());
  return plan;
}

}  // namespace

Result<MergePlan> PlanMerge(const Context& context, const Field& key,
                            std::span<const MergeInput> inputs,
                            std::span<const PartitionId> partitions, Timestamp floor) {
  std::vector<PartitionId> sorted(partitions.begin(), partitions.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  if (key.type == DataType::kInt64) return Plan<int64_t>(context, key, inputs, sorted, floor);
  return Plan<std::string_view>(context, key, inputs, sorted, floor);
}

}  // namespace elanus::segment
