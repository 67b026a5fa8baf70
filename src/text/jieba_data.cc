#include "text/jieba_data.h"

#include <algorithm>
#include <cstring>

#include <zlib.h>

#include "base/status.h"

// The file that tools/pack_jieba.py made.
__asm__(
    ".section .rodata\n"
    ".balign 16\n"
    "elanus_jieba_begin:\n"
    ".incbin \"" ELANUS_JIEBA_FILE
    "\"\n"
    "elanus_jieba_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const unsigned char elanus_jieba_begin[];
extern const unsigned char elanus_jieba_end[];
}

namespace elanus::text {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <typename T>
  T Take() {
    T value;
    std::memcpy(&value, Bytes(sizeof value).data(), sizeof value);
    return value;
  }
  template <typename T>
  std::vector<T> Many(size_t count) {
    std::vector<T> values(count);
    std::memcpy(values.data(), Bytes(count * sizeof(T)).data(), count * sizeof(T));
    return values;
  }

 private:
  std::string_view Bytes(size_t count) {
    CHECK(count <= rest_.size());
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }
  std::string_view rest_;
};

double Probability(float value) { return value < -1e38f ? JiebaData::kNever : value; }

std::vector<char> Unpack() {
  uint64_t size;
  std::memcpy(&size, elanus_jieba_begin, sizeof size);
  std::vector<char> bytes(size);
  uLongf length = size;
  const unsigned char* packed = elanus_jieba_begin + sizeof size;
  CHECK(uncompress(reinterpret_cast<Bytef*>(bytes.data()), &length, packed,
                   static_cast<uLong>(elanus_jieba_end - packed)) == Z_OK);
  return bytes;
}

}  // namespace

const JiebaData& JiebaData::Get() {
  static const JiebaData kData;
  return kData;
}

JiebaData::JiebaData() {
  const std::vector<char> all = Unpack();
  Reader reader(std::string_view(all.data(), all.size()));
  const auto count = reader.Take<uint32_t>();
  total_ = reader.Take<uint64_t>();
  offsets_ = reader.Many<uint32_t>(count + 1);
  frequencies_ = reader.Many<uint32_t>(count);
  bytes_ = reader.Many<char>(offsets_.back());
  words_ = std::string_view(bytes_.data(), bytes_.size());
  for (double& value : start_) value = Probability(reader.Take<float>());
  for (double& value : step_) value = Probability(reader.Take<float>());
  for (Emission& emission : emissions_) {
    const auto chars = reader.Take<uint32_t>();
    emission.chars = reader.Many<uint32_t>(chars);
    emission.values = reader.Many<float>(chars);
  }
}

void JiebaData::Narrow(size_t depth, char byte, size_t* low, size_t* high) const {
  const auto at = [&](size_t i) {
    const std::string_view word = WordAt(i);
    return depth < word.size() ? static_cast<uint8_t>(word[depth]) : -1;
  };
  const int wanted = static_cast<uint8_t>(byte);
  const auto first = [&](int least) {
    size_t begin = *low, end = *high;
    while (begin < end) {
      const size_t middle = begin + (end - begin) / 2;
      if (at(middle) < least) {
        begin = middle + 1;
      } else {
        end = middle;
      }
    }
    return begin;
  };
  const size_t begin = first(wanted);
  *high = first(wanted + 1);
  *low = begin;
}

uint32_t JiebaData::FrequencyOf(std::string_view word) const {
  uint32_t found = 0;
  ForEachPrefix(word, [&](size_t length, uint32_t frequency) {
    if (length == word.size()) found = frequency;
  });
  return found;
}

double JiebaData::emit(State s, char32_t c) const {
  const Emission& emission = emissions_[s];
  const auto at = std::lower_bound(emission.chars.begin(), emission.chars.end(), c);
  if (at == emission.chars.end() || *at != c) return kNever;
  return Probability(emission.values[static_cast<size_t>(at - emission.chars.begin())]);
}

}  // namespace elanus::text
