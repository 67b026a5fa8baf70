#include "query/grouping.h"

#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "base/hash.h"
#include "query/aggregates.h"

namespace elanus::query {
namespace {

constexpr uint64_t kNullHash = 0x6a09e667f3bcc908;
constexpr size_t kSlotsAtFirst = 64;

size_t WidthOf(const GroupKey& key) { return elanus::WidthOf(key.type); }

std::string_view ValueAt(const Block& block, size_t width, size_t place) {
  if (width == 0) return block.strings[place];
  return {reinterpret_cast<const char*>(block.fixed) + place * width, width};
}

// fn(i, value) with the bits of each row's value, which has up to eight bytes.
template <typename Fn>
void ForEachValue(const Block& block, size_t width, const BlockRows& rows, Fn fn) {
  const auto each = [&](const auto* values) {
    rows.ForEach([&](size_t i, size_t place) { fn(i, place, uint64_t{values[place]}); });
  };
  if (width == 1) {
    each(block.as<uint8_t>());
  } else if (width == 2) {
    each(block.as<uint16_t>());
  } else if (width == 4) {
    each(block.as<uint32_t>());
  } else {
    each(block.as<uint64_t>());
  }
}

void MixHashes(const Block& block, size_t width, const BlockRows& rows, uint64_t* hashes) {
  const auto mix = [&](size_t i, size_t place, uint64_t hash) {
    hashes[i] = HashInt(hashes[i] ^ (block.IsNull(place) ? kNullHash : hash));
  };
  if (std::has_single_bit(width) && width <= sizeof(uint64_t)) {
    ForEachValue(block, width, rows,
                 [&](size_t i, size_t place, uint64_t value) { mix(i, place, HashInt(value)); });
    return;
  }
  rows.ForEach([&](size_t i, size_t place) {
    mix(i, place, block.IsNull(place) ? 0 : HashBytes(ValueAt(block, width, place)));
  });
}

bool IsOneSmallValue(const std::vector<GroupKey>& keys) {
  return keys.size() == 1 && std::has_single_bit(WidthOf(keys[0])) &&
         WidthOf(keys[0]) <= sizeof(uint64_t);
}

}  // namespace

Grouping::Grouping(std::vector<GroupKey> keys, std::vector<Aggregate> aggregates, size_t groups_max)
    : keys_(std::move(keys)),
      groups_max_(groups_max),
      tags_are_keys_(IsOneSmallValue(keys_)),
      slots_(kSlotsAtFirst),
      shift_(64 - std::countr_zero(kSlotsAtFirst)) {
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

size_t Grouping::memory_bytes() const {
  size_t bytes = slots_.capacity() * sizeof(Slot);
  for (const Column& values : key_values_) bytes += values.bytes();
  for (const auto& state : states_) bytes += state->memory_bytes();
  return bytes;
}

void Grouping::Grow() {
  std::vector<Slot> before(slots_.size() * 2);
  before.swap(slots_);
  --shift_;
  for (const Slot& old : before) {
    if (old.group == 0) continue;
    size_t slot = SlotOf(old.tag);
    while (slots_[slot].group != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = old;
  }
}

Status Grouping::AddGroup(const std::vector<Block>& keys, size_t place) {
  if (groups_ == groups_max_) {
    return Fail(Code::kParameterInvalid,
                "GROUP BY produced too many groups (" + std::to_string(groups_ + 1) +
                    "). Add filters or increase common.groupBy.maxGroups (current: " +
                    std::to_string(groups_max_) + ")");
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    Column& values = key_values_[i];
    if (keys[i].IsNull(place)) {
      values.AppendNull();
    } else if (values.fixed()) {
      values.AppendFixed(keys[i].fixed + place * values.width(), 1);
    } else {
      values.AppendString(keys[i].strings[place]);
    }
  }
  ++groups_;
  return {};
}

template <typename Same>
Status Grouping::Probe(const std::vector<Block>& keys, const BlockRows& rows, Same same) {
  const bool nulls = tags_are_keys_ && keys[0].valid != nullptr;
  for (size_t i = 0; i < rows.count; ++i) {
    const size_t place = rows.places == nullptr ? i : rows.places[i];
    if (nulls && keys[0].IsNull(place)) {
      if (null_group_ == 0) {
        TRY(AddGroup(keys, place));
        null_group_ = static_cast<uint32_t>(groups_);
      }
      row_groups_[i] = null_group_ - 1;
      continue;
    }
    const uint64_t tag = row_tags_[i];
    size_t slot = SlotOf(tag);
    while (slots_[slot].group != 0 &&
           !(slots_[slot].tag == tag && same(place, slots_[slot].group - 1)))
      slot = (slot + 1) & (slots_.size() - 1);
    if (slots_[slot].group == 0) {
      TRY(AddGroup(keys, place));
      slots_[slot] = {tag, static_cast<uint32_t>(groups_)};
      row_groups_[i] = static_cast<uint32_t>(groups_ - 1);
      if (groups_ * 2 > slots_.size()) Grow();
    } else {
      row_groups_[i] = slots_[slot].group - 1;
    }
  }
  return {};
}

Status Grouping::FindGroups(const std::vector<Block>& keys, const BlockRows& rows) {
  row_groups_.assign(rows.count, 0);
  if (keys_.empty()) return {};
  row_tags_.assign(rows.count, 0);
  if (tags_are_keys_) {
    ForEachValue(keys[0], WidthOf(keys_[0]), rows,
                 [&](size_t i, size_t, uint64_t value) { row_tags_[i] = value; });
    return Probe(keys, rows, [](size_t, uint32_t) { return true; });
  }
  for (size_t i = 0; i < keys.size(); ++i)
    MixHashes(keys[i], WidthOf(keys_[i]), rows, row_tags_.data());
  return Probe(keys, rows, [&](size_t place, uint32_t group) {
    for (size_t i = 0; i < keys.size(); ++i) {
      const bool null = keys[i].IsNull(place);
      if (null != key_values_[i].IsNull(group)) return false;
      if (!null && ValueAt(keys[i], key_values_[i].width(), place) != key_values_[i].String(group))
        return false;
    }
    return true;
  });
}

Status Grouping::Add(const std::vector<Block>& keys,
                     const std::vector<std::optional<Block>>& values, const BlockRows& rows) {
  TRY(FindGroups(keys, rows));
  for (size_t i = 0; i < states_.size(); ++i) {
    TRY(states_[i]->Add(values[i].has_value() ? &*values[i] : nullptr, row_groups_.data(), rows,
                        groups_));
  }
  return {};
}

Status Grouping::Add(const std::vector<const Column*>& keys, size_t rows) {
  CHECK(states_.empty());
  std::vector<BlockScratch> scratch(keys.size());
  std::vector<Block> blocks;
  for (size_t i = 0; i < keys.size(); ++i)
    blocks.push_back(BlockOf(*keys[i], 0, rows, &scratch[i]));
  return Add(blocks, {}, {rows});
}

std::vector<Column> Grouping::Take() {
  std::vector<Column> out = std::move(key_values_);
  for (size_t i = 0; i < states_.size(); ++i) {
    CHECK(states_[i]->Add(nullptr, nullptr, {}, groups_).ok());  // all groups, also of no rows
    out.push_back(states_[i]->Take(aggregates_[i]));
  }
  return out;
}

}  // namespace elanus::query
