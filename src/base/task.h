// A move-only `void()`, for work handed to another thread: it may own what it works on
// (a unique_ptr, a promise), which std::function cannot hold.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace elanus {

class Task {
 public:
  Task() = default;
  template <typename F>
    requires(!std::same_as<std::remove_cvref_t<F>, Task> && std::invocable<std::decay_t<F>&>)
  Task(F&& work)  // NOLINT(google-explicit-constructor)
      : work_(std::make_unique<Holder<std::decay_t<F>>>(std::forward<F>(work))) {}

  explicit operator bool() const { return work_ != nullptr; }
  // Once at most: the work and what it owns are gone afterwards.
  void operator()() && { std::exchange(work_, nullptr)->Run(); }

 private:
  struct Work {
    virtual ~Work() = default;
    virtual void Run() = 0;
  };
  template <typename F>
  struct Holder final : Work {
    explicit Holder(F f) : work(std::move(f)) {}
    void Run() override { work(); }
    F work;
  };
  std::unique_ptr<Work> work_;
};

}  // namespace elanus
