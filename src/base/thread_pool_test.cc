#include "base/thread_pool.h"

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace elanus {
namespace {

using namespace std::chrono_literals;

TEST(ThreadPool, RunsTasksThatOwnWhatTheyWorkOn) {
  ThreadPool pool("test", 2, 8);
  auto answer = std::make_unique<std::promise<int>>();
  std::future<int> future = answer->get_future();
  ASSERT_TRUE(pool.Submit([answer = std::move(answer)] { answer->set_value(42); }));
  EXPECT_EQ(future.get(), 42);
}

TEST(ThreadPool, StartsNoThreadUntilAsked) {
  ThreadPool pool("test", 4, 8);
  EXPECT_EQ(pool.threads(), 0U);
}

TEST(ThreadPool, RefusesWhenTheQueueIsFull) {
  std::promise<void> open;
  const std::shared_future<void> gate = open.get_future().share();
  std::atomic<int> ran = 0;
  {
    ThreadPool pool("test", 2, 3);
    const auto task = [gate, &ran] {
      gate.wait();
      ++ran;
    };
    for (int i = 0; i < 2 + 3; ++i) EXPECT_TRUE(pool.Submit(task)) << i;
    EXPECT_FALSE(pool.Submit(task));
    EXPECT_EQ(pool.queued(), 3U);
    EXPECT_EQ(pool.running(), 2U);
    open.set_value();
  }
  EXPECT_EQ(ran, 5);
}

TEST(ThreadPool, OneThreadRunsTasksInOrder) {
  std::vector<int> order;
  {
    ThreadPool pool("test", 1, 100);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(pool.Submit([&order, i] { order.push_back(i); }));
  }
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(ThreadPool, DestructionRunsWhatWasAccepted) {
  std::atomic<int> ran = 0;
  int accepted = 0;
  {
    ThreadPool pool("test", 3, 1'000);
    for (int i = 0; i < 1'000; ++i) accepted += pool.Submit([&ran] { ++ran; }) ? 1 : 0;
  }
  EXPECT_EQ(accepted, 1'000);
  EXPECT_EQ(ran, 1'000);
}

TEST(ThreadPool, ATaskMaySubmitTasks) {
  std::latch done(3);
  ThreadPool pool("test", 1, 8);
  ASSERT_TRUE(pool.Submit([&] {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.Submit([&done] { done.count_down(); }));
  }));
  done.wait();
}

TEST(ThreadPool, IdleThreadsEndAndNewOnesStart) {
  ThreadPool pool("test", 4, 8, 1ms);
  for (int round = 0; round < 3; ++round) {
    std::promise<void> done;
    ASSERT_TRUE(pool.Submit([&done] { done.set_value(); }));
    done.get_future().wait();
    while (pool.threads() > 0) std::this_thread::yield();
  }
}

TEST(ThreadPool, ReusesAnIdleThread) {
  ThreadPool pool("test", 4, 8, 1h);
  for (int i = 0; i < 100; ++i) {
    std::promise<void> done;
    ASSERT_TRUE(pool.Submit([&done] { done.set_value(); }));
    done.get_future().wait();
    while (pool.running() > 0) std::this_thread::yield();
  }
  EXPECT_EQ(pool.threads(), 1U);
}

TEST(ThreadPool, TakesTasksFromManyThreads) {
  std::atomic<int> ran = 0;
  {
    ThreadPool pool("test", 4, 100'000, 1ms);
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w) {
      writers.emplace_back([&] {
        for (int i = 0; i < 2'000; ++i) EXPECT_TRUE(pool.Submit([&ran] { ++ran; }));
      });
    }
    for (std::thread& writer : writers) writer.join();
  }
  EXPECT_EQ(ran, 8'000);
}

}  // namespace
}  // namespace elanus
