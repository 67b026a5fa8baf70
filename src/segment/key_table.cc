#include "segment/key_table.h"

namespace elanus::segment {

void KeyTable::Add(uint32_t hash) {
  if ((used_ + 1) * 4 > slots_.size() * 3) Grow();
  const auto row = static_cast<uint32_t>(older_.size());
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  while (slots_[at].row != kNone && slots_[at].hash != hash) at = (at + 1) & mask;
  if (slots_[at].row == kNone) ++used_;
  const size_t capacity = older_.capacity();
  older_.push_back(slots_[at].row);
  slots_[at] = {hash, row};
  if (older_.capacity() != capacity) CountBytes();
}

uint32_t KeyTable::Newest(uint32_t hash) const {
  if (slots_.empty()) return kNone;
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  while (slots_[at].row != kNone && slots_[at].hash != hash) at = (at + 1) & mask;
  return slots_[at].row;
}

void KeyTable::Grow() {
  const std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.empty() ? 256 : old.size() * 2, Slot());
  const size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.row == kNone) continue;
    size_t at = slot.hash & mask;
    while (slots_[at].row != kNone) at = (at + 1) & mask;
    slots_[at] = slot;
  }
  older_.reserve(slots_.size() * 3 / 4);
  CountBytes();
}

void KeyTable::CountBytes() {
  bytes_.store(slots_.size() * sizeof(Slot) + older_.capacity() * sizeof(uint32_t),
               std::memory_order_relaxed);
}

}  // namespace elanus::segment
