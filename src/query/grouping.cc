#include "query/grouping.h"

#include <cstring>
#include <string>
#include <utility>

#include "base/hash.h"
#include "query/aggregates.h"

namespace elanus::query {
namespace {

constexpr uint64_t kNullHash = 0x6a09e667f3bcc908;

void MixHashes(const Column& column, size_t rows, uint64_t* hashes) {
  for (size_t row = 0; row < rows; ++row) {
    uint64_t hash = kNullHash;
    if (!column.IsNull(row)) {
      const std::string_view bytes = column.String(row);
      uint64_t value = 0;
      if (column.fixed() && bytes.size() <= sizeof value) {
        std::memcpy(&value, bytes.data(), bytes.size());
        hash = HashInt(value);
      } else {
        hash = HashBytes(bytes);
      }
    }
    hashes[row] = HashInt(hashes[row] ^ hash);
  }
}

bool SameValue(const Column& a, size_t row_a, const Column& b, size_t row_b) {
  if (a.IsNull(row_a) || b.IsNull(row_b)) return a.IsNull(row_a) == b.IsNull(row_b);
  return a.String(row_a) == b.String(row_b);
}

}  // namespace

Grouping::Grouping(std::vector<GroupKey> keys, std::vector<Aggregate> aggregates, size_t groups_max)
    : keys_(std::move(keys)), groups_max_(groups_max), slots_(64) {
  for (const GroupKey& key : keys_) {
    key_values_.emplace_back(key.field, key.type);
    key_values_.back().MakeNullable();
  }
  for (const Aggregate& aggregate : aggregates) {
    aggregates_.push_back(aggregate.field);
    states_.push_back(MakeState(aggregate));
  }
  if (keys_.empty()) groups_ = 1;
}

Grouping::~Grouping() = default;

void Grouping::Grow() {
  slots_.assign(slots_.size() * 2, 0);
  const size_t mask = slots_.size() - 1;
  for (uint32_t group = 0; group < hashes_.size(); ++group) {
    size_t slot = hashes_[group] & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = group + 1;
  }
}

Status Grouping::FindGroups(const std::vector<const Column*>& keys, size_t rows) {
  row_groups_.assign(rows, 0);
  if (keys_.empty()) return {};
  row_hashes_.assign(rows, 0);
  for (const Column* key : keys) MixHashes(*key, rows, row_hashes_.data());
  for (size_t row = 0; row < rows; ++row) {
    const uint64_t hash = row_hashes_[row];
    size_t slot = hash & (slots_.size() - 1);
    for (;; slot = (slot + 1) & (slots_.size() - 1)) {
      if (slots_[slot] == 0) break;
      const uint32_t group = slots_[slot] - 1;
      bool same = hashes_[group] == hash;
      for (size_t i = 0; same && i < keys.size(); ++i) {
        same = SameValue(*keys[i], row, key_values_[i], group);
      }
      if (!same) continue;
      row_groups_[row] = group;
      break;
    }
    if (slots_[slot] != 0) continue;
    if (groups_ == groups_max_) {
      return Fail(Code::kParameterInvalid,
                  "GROUP BY produced too many groups (" + std::to_string(groups_ + 1) +
                      "). Add filters or increase common.groupBy.maxGroups (current: " +
                      std::to_string(groups_max_) + ")");
    }
    for (size_t i = 0; i < keys.size(); ++i) key_values_[i].AppendFrom(*keys[i], row);
    hashes_.push_back(hash);
    row_groups_[row] = static_cast<uint32_t>(groups_);
    slots_[slot] = static_cast<uint32_t>(++groups_);
    if (groups_ * 2 > slots_.size()) Grow();
  }
  return {};
}

Status Grouping::Add(const std::vector<const Column*>& keys,
                     const std::vector<const Column*>& values, size_t rows) {
  TRY(FindGroups(keys, rows));
  for (size_t i = 0; i < states_.size(); ++i) {
    TRY(states_[i]->Add(values[i], row_groups_.data(), rows, groups_));
  }
  return {};
}

std::vector<Column> Grouping::Take() {
  std::vector<Column> out = std::move(key_values_);
  for (size_t i = 0; i < states_.size(); ++i) {
    CHECK(states_[i]->Add(nullptr, nullptr, 0, groups_).ok());  // all groups, also of no rows
    out.push_back(states_[i]->Take(aggregates_[i]));
  }
  return out;
}

}  // namespace elanus::query
