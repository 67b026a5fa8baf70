// The words of Chinese with how often each is used, and the model for those that are not among
// them. Loaded once, when first asked for.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace elanus::text {

class JiebaData {
 public:
  static const JiebaData& Get();

  uint64_t total() const { return total_; }  // of the frequencies
  // 0: no such word.
  uint32_t FrequencyOf(std::string_view word) const;

  // Calls fn(length in bytes, frequency) for every word that `text` begins with, shortest first.
  template <typename Fn>
  void ForEachPrefix(std::string_view text, Fn fn) const {
    size_t low = 0, high = frequencies_.size();
    for (size_t depth = 0; depth < text.size(); ++depth) {
      Narrow(depth, text[depth], &low, &high);
      if (low == high) return;
      if (WordAt(low).size() == depth + 1) fn(depth + 1, frequencies_[low]);
    }
  }

  // The hidden Markov model: a character begins, is inside, ends, or is alone a word.
  enum State : uint8_t { kBegin, kMiddle, kEnd, kSingle };
  static constexpr size_t kStates = 4;
  static constexpr double kNever = -3.14e100;
  double start(State s) const { return start_[s]; }
  double step(State from, State to) const { return step_[from * kStates + to]; }
  double emit(State s, char32_t c) const;

 private:
  JiebaData();
  std::string_view WordAt(size_t i) const {
    return words_.substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
  }
  // Of the words in [low, high), which agree before `depth`, those with `byte` there.
  void Narrow(size_t depth, char byte, size_t* low, size_t* high) const;

  struct Emission {
    std::vector<uint32_t> chars;
    std::vector<float> values;
  };
  uint64_t total_ = 0;
  std::vector<uint32_t> offsets_, frequencies_;
  std::vector<char> bytes_;
  std::string_view words_;
  std::array<double, kStates> start_{};
  std::array<double, kStates * kStates> step_{};
  std::array<Emission, kStates> emissions_;
};

}  // namespace elanus::text
