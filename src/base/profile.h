// Profile: where the time of one request went and what its predicates did, for the log of slow
// requests. Travels with the Context; belongs to one request and is written by one thread at a
// time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace elanus {

class Profile {
 public:
  using Clock = std::chrono::steady_clock;

  // Adds the time that it lives to a stage. `profile` may be null; `name` is a literal.
  class Stage {
   public:
    Stage(Profile* profile, std::string_view name) : profile_(profile), name_(name) {
      if (profile_ != nullptr) begin_ = Clock::now();
    }
    ~Stage() {
      if (profile_ != nullptr) profile_->AddTime(name_, Clock::now() - begin_);
    }
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

   private:
    Profile* profile_;
    std::string_view name_;
    Clock::time_point begin_;
  };

  void AddTime(std::string_view stage, Clock::duration time);
  // A predicate of the filter, over the rows of one segment.
  void AddPredicate(std::string_view text, bool by_index, uint64_t rows_in, uint64_t rows_out);

  Clock::duration elapsed() const { return Clock::now() - begin_; }
  // "filter 1.2 ms, search 3.4 ms"
  std::string Stages() const;
  // "index `a == 1` 1000 -> 3; scan `b > 2` 3 -> 1": rows of all segments, in and out.
  std::string Plan() const;

 private:
  struct Time {
    std::string_view stage;
    Clock::duration time;
  };
  struct Predicate {
    std::string text;
    bool by_index;
    uint64_t rows_in, rows_out;
  };

  Clock::time_point begin_ = Clock::now();
  std::vector<Time> times_;
  std::vector<Predicate> predicates_;
};

}  // namespace elanus
