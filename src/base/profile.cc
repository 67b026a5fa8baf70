#include "base/profile.h"

#include <cstdio>

namespace elanus {

void Profile::AddTime(std::string_view stage, Clock::duration time) {
  for (Time& known : times_) {
    if (known.stage == stage) {
      known.time += time;
      return;
    }
  }
  times_.push_back({stage, time});
}

void Profile::AddPredicate(std::string_view text, bool by_index, uint64_t rows_in,
                           uint64_t rows_out) {
  for (Predicate& known : predicates_) {
    if (known.by_index == by_index && known.text == text) {
      known.rows_in += rows_in;
      known.rows_out += rows_out;
      return;
    }
  }
  predicates_.push_back({std::string(text), by_index, rows_in, rows_out});
}

std::string Profile::Stages() const {
  std::string text;
  for (const Time& time : times_) {
    char number[32];
    std::snprintf(number, sizeof number, " %.1f ms",
                  std::chrono::duration<double, std::milli>(time.time).count());
    text += (text.empty() ? "" : ", ") + std::string(time.stage) + number;
  }
  return text;
}

std::string Profile::Plan() const {
  std::string text;
  for (const Predicate& predicate : predicates_) {
    text += (text.empty() ? "" : "; ") + std::string(predicate.by_index ? "index" : "scan") + " `" +
            predicate.text + "` " + std::to_string(predicate.rows_in) + " -> " +
            std::to_string(predicate.rows_out);
  }
  return text;
}

}  // namespace elanus
