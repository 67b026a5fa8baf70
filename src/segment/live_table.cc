#include "segment/live_table.h"

#include <algorithm>
#include <bit>

#include "base/coding.h"

namespace elanus::segment {
namespace {

constexpr uint64_t kVersion = 1;
// Kinds of a chunk at rest. A list costs 2 bytes a dead row, a bitmap 4 KiB.
constexpr uint8_t kList = 0;
constexpr uint8_t kBitmap = 1;
constexpr size_t kListMax = kMaskChunkRows / 16 - 1;

}  // namespace

LiveTable::Ptr LiveTable::AllLive() {
  static const Ptr kAllLive = std::make_shared<const LiveTable>();
  return kAllLive;
}

LiveTable::Ptr LiveTable::End(std::span<const uint32_t> rows, Timestamp ts, Timestamp floor) const {
  std::vector<Ended> ended;
  ended.reserve(rows.size());
  for (const uint32_t row : rows) ended.push_back({row, ts});
  return End(std::move(ended), floor);
}

LiveTable::Ptr LiveTable::End(std::vector<Ended> ended, Timestamp floor) const {
  auto next = std::make_shared<LiveTable>();
  next->chunks_ = chunks_;
  next->dead_ = dead_ + ended.size();

  std::vector<std::shared_ptr<Chunk>> fresh(chunks_.size());  // those this change has copied
  for (const Ended& e : ended) {
    const size_t at = e.row / kMaskChunkRows;
    if (at >= fresh.size()) {
      fresh.resize(at + 1);
      next->chunks_.resize(at + 1);
    }
    if (fresh[at] == nullptr) {
      fresh[at] = next->chunks_[at] == nullptr ? std::make_shared<Chunk>()
                                               : std::make_shared<Chunk>(*next->chunks_[at]);
      if (next->chunks_[at] == nullptr) fresh[at]->fill(~0ULL);
      next->chunks_[at] = fresh[at];
    }
    uint64_t& word = (*fresh[at])[e.row % kMaskChunkRows / 64];
    const uint64_t bit = 1ULL << (e.row % 64);
    CHECK((word & bit) != 0);
    word &= ~bit;
  }

  std::stable_sort(ended.begin(), ended.end(),
                   [](const Ended& a, const Ended& b) { return a.ts < b.ts; });
  next->AppendTail(*this, ended, floor);
  return next;
}

void LiveTable::AppendTail(const LiveTable& before, std::span<const Ended> ended, Timestamp floor) {
  const std::span<const Ended> old = before.tail();
  if (!old.empty() && !ended.empty() && old.back().ts > ended.front().ts) {
    // Only when the log is replayed over a delta that is newer than the frame.
    std::vector<Ended> all(old.begin(), old.end());
    all.insert(all.end(), ended.begin(), ended.end());
    std::stable_sort(all.begin(), all.end(),
                     [](const Ended& a, const Ended& b) { return a.ts < b.ts; });
    AppendTail(LiveTable(), all, floor);
    return;
  }
  const auto is_old = [](Timestamp limit, const Ended& e) { return limit < e.ts; };
  const auto kept = std::upper_bound(old.begin(), old.end(), floor, is_old);
  const auto fresh = std::upper_bound(ended.begin(), ended.end(), floor, is_old);
  const auto kept_size = static_cast<size_t>(old.end() - kept);
  const auto fresh_size = static_cast<size_t>(ended.end() - fresh);

  tail_ = before.tail_;
  tail_begin_ = before.tail_end_ - kept_size;
  tail_end_ = before.tail_end_;
  if (fresh_size == 0) return;
  if (tail_ == nullptr || tail_->used != tail_end_ || tail_->capacity - tail_end_ < fresh_size) {
    auto grown = std::make_shared<Tail>();
    grown->capacity = std::max<size_t>(16, 2 * (kept_size + fresh_size));
    grown->entries = std::make_unique_for_overwrite<Ended[]>(grown->capacity);
    std::copy(kept, old.end(), grown->entries.get());
    tail_ = std::move(grown);
    tail_begin_ = 0;
    tail_end_ = kept_size;
  }
  std::copy(fresh, ended.end(), tail_->entries.get() + tail_end_);
  tail_end_ += fresh_size;
  tail_->used = tail_end_;
}

bool LiveTable::LiveNow(uint32_t row) const {
  const size_t at = row / kMaskChunkRows;
  if (at >= chunks_.size() || chunks_[at] == nullptr) return true;
  return ((*chunks_[at])[row % kMaskChunkRows / 64] >> (row % 64)) & 1;
}

LiveTable::View LiveTable::At(Timestamp ts, size_t rows) const {
  View view;
  view.rows_ = rows;
  const size_t chunks = (rows + kMaskChunkRows - 1) / kMaskChunkRows;
  const size_t known = std::min(chunks, chunks_.size());
  const bool any = std::any_of(chunks_.begin(), chunks_.begin() + static_cast<ptrdiff_t>(known),
                               [](const auto& chunk) { return chunk != nullptr; });
  if (!any) return view;

  view.table_ = shared_from_this();
  view.pointers_.resize(chunks);
  for (size_t i = 0; i < known; ++i) view.pointers_[i] = chunks_[i] ? chunks_[i]->data() : nullptr;

  // Rows that ended after `ts` still lived at it.
  std::vector<Chunk*> copied(chunks);
  const std::span<const Ended> ends = tail();
  for (size_t i = ends.size(); i-- > 0 && ends[i].ts > ts;) {
    const uint32_t row = ends[i].row;
    if (row >= rows) continue;
    const size_t at = row / kMaskChunkRows;
    if (copied[at] == nullptr) {
      view.copies_.push_back(std::make_unique<Chunk>(*chunks_[at]));
      copied[at] = view.copies_.back().get();
      view.pointers_[at] = copied[at]->data();
    }
    (*copied[at])[row % kMaskChunkRows / 64] |= 1ULL << (row % 64);
  }
  return view;
}

uint64_t LiveTable::memory_bytes() const {
  uint64_t bytes = sizeof *this + chunks_.capacity() * sizeof chunks_[0] +
                   (tail_ == nullptr ? 0 : tail_->capacity * sizeof(Ended));
  for (const auto& chunk : chunks_) bytes += chunk == nullptr ? 0 : sizeof(Chunk);
  return bytes;
}

void LiveTable::EncodeTo(std::string* out) const {
  Writer w(out);
  w.Varint(kVersion);
  uint64_t count = 0;
  for (const auto& chunk : chunks_) count += chunk != nullptr;
  w.Varint(count);
  for (size_t i = 0; i < chunks_.size(); ++i) {
    if (chunks_[i] == nullptr) continue;
    const Chunk& chunk = *chunks_[i];
    w.Varint(i);
    const size_t dead = kMaskChunkRows - CountBits(chunk);
    if (dead > kListMax) {
      w.U8(kBitmap);
      w.Raw(chunk.data(), sizeof chunk);
      continue;
    }
    w.U8(kList);
    w.Varint(dead);
    for (size_t at = 0; at < chunk.size(); ++at) {
      for (uint64_t bits = ~chunk[at]; bits != 0; bits &= bits - 1) {
        const auto row =
            static_cast<uint16_t>(at * 64 + static_cast<size_t>(std::countr_zero(bits)));
        w.Raw(&row, sizeof row);
      }
    }
  }
  w.Varint(tail().size());
  Timestamp last = 0;
  for (const Ended& e : tail()) {
    w.Varint(e.ts - last);
    w.Varint(e.row);
    last = e.ts;
  }
}

Result<LiveTable::Ptr> LiveTable::Decode(std::string_view bytes) {
  const auto damaged = [](const char* what) {
    return Status(Code::kCorruption, std::string("live table: ") + what);
  };
  Reader r(bytes);
  const uint64_t version = TRY(r.Varint());
  if (version != kVersion) return damaged("unknown version");
  auto table = std::make_shared<LiveTable>();
  const uint64_t count = TRY(r.Varint());
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t at = TRY(r.Varint());
    if (at > ~0U / kMaskChunkRows || at < table->chunks_.size())
      return damaged("chunks are out of order");
    auto chunk = std::make_shared<Chunk>();
    const uint8_t kind = TRY(r.U8());
    if (kind == kBitmap) {
      const std::string_view words = TRY(r.Raw(sizeof(Chunk)));
      std::memcpy(chunk->data(), words.data(), words.size());
    } else if (kind == kList) {
      chunk->fill(~0ULL);
      const uint64_t dead = TRY(r.Varint());
      if (dead > kListMax) return damaged("a list is too long");
      const std::string_view rows = TRY(r.Raw(dead * sizeof(uint16_t)));
      for (size_t j = 0; j < dead; ++j) {
        uint16_t row;
        std::memcpy(&row, rows.data() + j * sizeof row, sizeof row);
        if (row >= kMaskChunkRows) return damaged("a row is out of range");
        (*chunk)[row / 64] &= ~(1ULL << (row % 64));
      }
    } else {
      return damaged("unknown kind of chunk");
    }
    table->dead_ += kMaskChunkRows - CountBits(*chunk);
    table->chunks_.resize(at + 1);
    table->chunks_[at] = std::move(chunk);
  }
  const uint64_t tail = TRY(r.Varint());
  if (tail > r.remaining()) return damaged("the tail is cut short");
  std::vector<Ended> ended;
  Timestamp ts = 0;
  for (uint64_t i = 0; i < tail; ++i) {
    const uint64_t step = TRY(r.Varint());
    const uint64_t row = TRY(r.Varint());
    if (step > kMaxTimestamp - ts || row > ~0U || table->LiveNow(static_cast<uint32_t>(row))) {
      return damaged("the tail names a live row");
    }
    ts += step;
    ended.push_back({static_cast<uint32_t>(row), ts});
  }
  if (!ended.empty() && ended.front().ts == 0) return damaged("a row ended at no time");
  table->AppendTail(LiveTable(), ended, 0);
  if (!r.done()) return damaged("bytes follow the end");
  return Ptr(std::move(table));
}

}  // namespace elanus::segment
