#include "base/background.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

namespace elanus {
namespace {

TEST(Background, IdleThreadSaysSoToTheScheduler) {
  std::thread([] {
    const bool idle = MakeThreadBackground();
    EXPECT_EQ(sched_getscheduler(0), idle ? SCHED_IDLE : SCHED_OTHER);
  }).join();
  EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER) << "only the calling thread is changed";
}

TEST(Background, UrgentThreadIsRealtimeOrUnchanged) {
  std::thread([] {
    const bool urgent = MakeThreadUrgent();
    EXPECT_EQ(sched_getscheduler(0), urgent ? SCHED_RR | SCHED_RESET_ON_FORK : SCHED_OTHER);
    std::thread([] { EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER) << "inherited"; }).join();
  }).join();
}

TEST(Background, LongNamesAreCut) {
  std::thread([] {
    SetThreadName("elanus-a-very-long-name");
    char name[64] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    EXPECT_EQ(std::string(name), "elanus-a-very-l");
  }).join();
}

}  // namespace
}  // namespace elanus
