#include "segment/blooms.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/hash.h"

namespace elanus::segment {
namespace {

using expr::IndexPredicate;

constexpr size_t kWords = 8;
constexpr size_t kLineBytes = kWords * sizeof(uint32_t);
constexpr size_t kBitsAValue = 10;
constexpr size_t kValuesMax = 16;  // of a predicate; with more, some block holds one of them
constexpr uint32_t kSalts[kWords] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                     0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};

size_t LineOf(uint64_t hash, size_t lines) { return ((hash >> 32) * lines) >> 32; }

uint32_t BitOf(uint64_t hash, size_t word) {
  return uint32_t{1} << ((static_cast<uint32_t>(hash) * kSalts[word]) >> 27);
}

size_t EndsBytes(size_t blocks) {
  return (blocks * sizeof(uint32_t) + kLineBytes - 1) / kLineBytes * kLineBytes;
}

uint32_t LoadWord(const std::byte* at) {
  uint32_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

class BloomTest final : public expr::BlockTest {
 public:
  BloomTest(const Blooms& blooms, std::vector<uint64_t> hashes,
            std::unique_ptr<expr::BlockTest> zones)
      : blooms_(blooms), hashes_(std::move(hashes)), zones_(std::move(zones)) {}

  bool MayMatch(size_t first) const override {
    return (zones_ == nullptr || zones_->MayMatch(first)) &&
           std::any_of(hashes_.begin(), hashes_.end(),
                       [&](uint64_t hash) { return blooms_.MayHold(first, hash); });
  }

 private:
  const Blooms blooms_;
  const std::vector<uint64_t> hashes_;
  const std::unique_ptr<expr::BlockTest> zones_;
};

}  // namespace

bool HasBlooms(DataType type) { return type == DataType::kVarChar; }

void BloomBuilder::Add(size_t row, std::string_view value) {
  if (!HasBlooms(type_)) return;
  Finish(row / kBloomRows);
  hashes_.push_back(HashBytes(value));
}

void BloomBuilder::Finish(size_t blocks) {
  while (ends_.size() < blocks) {
    std::sort(hashes_.begin(), hashes_.end());
    hashes_.erase(std::unique(hashes_.begin(), hashes_.end()), hashes_.end());
    const size_t lines = (hashes_.size() * kBitsAValue + kLineBytes * 8 - 1) / (kLineBytes * 8);
    std::vector<uint32_t> words(lines * kWords);
    for (const uint64_t hash : hashes_) {
      uint32_t* line = words.data() + LineOf(hash, lines) * kWords;
      for (size_t word = 0; word < kWords; ++word) line[word] |= BitOf(hash, word);
    }
    lines_.append(reinterpret_cast<const char*>(words.data()), lines * kLineBytes);
    ends_.push_back(static_cast<uint32_t>(lines_.size() / kLineBytes));
    hashes_.clear();
  }
}

std::string BloomBuilder::Take(size_t rows) && {
  if (!HasBlooms(type_) || rows <= kBloomRows) return {};
  Finish((rows + kBloomRows - 1) / kBloomRows);
  std::string section(EndsBytes(ends_.size()), '\0');
  std::memcpy(section.data(), ends_.data(), ends_.size() * sizeof(uint32_t));
  return section += lines_;
}

Blooms::Blooms(std::span<const std::byte> section, size_t rows) {
  const size_t blocks = (rows + kBloomRows - 1) / kBloomRows;
  if (section.size() < EndsBytes(blocks)) return;
  ends_ = section.data();
  lines_ = section.data() + EndsBytes(blocks);
  blocks_ = blocks;
  line_count_ = (section.size() - EndsBytes(blocks)) / kLineBytes;
}

bool Blooms::MayHold(size_t first, uint64_t hash) const {
  const size_t block = first / kBloomRows;
  if (block >= blocks_) return true;
  const std::byte* end_at = ends_ + block * sizeof(uint32_t);
  const size_t end = LoadWord(end_at);
  const size_t begin = block == 0 ? 0 : LoadWord(end_at - sizeof(uint32_t));
  if (begin > end || end > line_count_) return true;
  if (begin == end) return false;  // every row is null
  const std::byte* line = lines_ + (begin + LineOf(hash, end - begin)) * kLineBytes;
  bool all = true;
  for (size_t word = 0; word < kWords; ++word)
    all &= (LoadWord(line + word * sizeof(uint32_t)) & BitOf(hash, word)) != 0;
  return all;
}

std::unique_ptr<expr::BlockTest> WithBlooms(const IndexPredicate& predicate, const Blooms& blooms,
                                            std::unique_ptr<expr::BlockTest> zones) {
  if (blooms.empty() || predicate.kind != IndexPredicate::Kind::kIn ||
      predicate.values.size() > kValuesMax) {
    return zones;
  }
  std::vector<uint64_t> hashes;
  for (const Value& value : predicate.values) {
    if (!value.is_string()) return zones;
    hashes.push_back(HashBytes(value.as_string()));
  }
  return std::make_unique<BloomTest>(blooms, std::move(hashes), std::move(zones));
}

}  // namespace elanus::segment
