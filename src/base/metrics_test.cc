#include "base/metrics.h"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elanus {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, AreRenderedAsPrometheusText) {
  MetricFamily<Counter> requests("test_requests", "Requests seen.", {"name", "status"});
  MetricFamily<Gauge> memory("test_memory", "Bytes.");
  requests.With({"Search", "ok"}).Add(3);
  requests.With({"a\"b\n", "ok"}).Add();
  memory.With({}).Set(1.5);
  const std::string text = RenderMetrics();
  EXPECT_THAT(text,
              HasSubstr("# HELP test_requests Requests seen.\n# TYPE test_requests counter\n"));
  EXPECT_THAT(text, HasSubstr("test_requests{name=\"Search\",status=\"ok\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("test_requests{name=\"a\\\"b\\n\",status=\"ok\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE test_memory gauge\ntest_memory 1.5\n"));
  EXPECT_LT(text.find("test_memory"), text.find("test_requests"));
}

TEST(Metrics, HistogramBucketsArePowersOfTwo) {
  MetricFamily<Histogram> latency("test_latency", "ms", {"type"});
  Histogram& search = latency.With({"search"});
  for (const double ms : {0.0, 0.3, 1.0, 1.01, 2.0, 3.0, 131'072.0, 131'073.0, 1e12}) {
    search.Observe(ms);
  }
  const std::string text = RenderMetrics();
  EXPECT_THAT(text, HasSubstr("test_latency_bucket{type=\"search\",le=\"1\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("test_latency_bucket{type=\"search\",le=\"2\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("test_latency_bucket{type=\"search\",le=\"4\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("test_latency_bucket{type=\"search\",le=\"65536\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("test_latency_bucket{type=\"search\",le=\"131072\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("test_latency_bucket{type=\"search\",le=\"+Inf\"} 9\n"));
  EXPECT_THAT(text, HasSubstr("test_latency_count{type=\"search\"} 9\n"));
}

TEST(Metrics, TheSameLabelsAreTheSameMetric) {
  MetricFamily<Counter> family("test_same", "", {"a"});
  EXPECT_EQ(&family.With({"x"}), &family.With({"x"}));
  EXPECT_NE(&family.With({"x"}), &family.With({"y"}));
}

TEST(Metrics, RemovedLabelsAreNotShownAndTheirCellIsReusedFromZero) {
  MetricFamily<Counter> rows("test_rows", "", {"db", "collection"});
  Counter& books = rows.With({"default", "books"});
  books.Add(5);
  rows.Remove("collection", "books");
  EXPECT_THAT(RenderMetrics(), Not(HasSubstr("test_rows")));
  books.Add(2);
  EXPECT_EQ(rows.With({"default", "films"}).value(), 0U);
  EXPECT_THAT(RenderMetrics(), HasSubstr("collection=\"films\"} 0\n"));
}

TEST(Metrics, CallbackOfATotalIsACounter) {
  const CallbackGauge total("test_cpu_seconds_total", "", [] { return 2.5; });
  EXPECT_THAT(RenderMetrics(), HasSubstr("# TYPE test_cpu_seconds_total counter\n"
                                         "test_cpu_seconds_total 2.5"));
}

TEST(Metrics, CallbackGaugeIsAskedWhenRendered) {
  double now = 1;
  {
    const CallbackGauge one("test_now", "", [&now] { return now; });
    const CallbackGauge many("test_entities", "", {"collection"}, [] {
      return std::vector<CallbackGauge::Sample>{{{"a"}, 10}, {{"b"}, 20}};
    });
    now = 2;
    EXPECT_THAT(RenderMetrics(), HasSubstr("test_now 2\n"));
    EXPECT_THAT(RenderMetrics(), HasSubstr("test_entities{collection=\"b\"} 20\n"));
  }
  EXPECT_THAT(RenderMetrics(), Not(HasSubstr("test_now")));
}

TEST(Metrics, CountFromManyThreadsIsExact) {
  MetricFamily<Counter> family("test_threads", "", {"a"});
  MetricFamily<Histogram> latency("test_thread_latency", "");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        family.With({"x"}).Add();
        latency.With({}).Observe(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(family.With({"x"}).value(), 40'000U);
  EXPECT_EQ(latency.With({}).sum(), 40'000);
}

}  // namespace
}  // namespace elanus
