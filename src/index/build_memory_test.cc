#include "index/build_memory.h"

#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <malloc.h>

#include "base/memory_limit.h"
#include "index/test_data.h"

namespace elanus::index {
namespace {

// What `work` takes of anonymous memory at its peak, as far as a thread that looks all the time
// sees it: never too much.
template <typename Work>
uint64_t PeakOf(Work work) {
  malloc_trim(0);
  const uint64_t before = ReadAnonymousBytes();
  std::atomic<bool> done = false;
  uint64_t peak = before;
  std::thread watch([&] {
    while (!done) peak = std::max(peak, ReadAnonymousBytes());
  });
  work();
  done = true;
  watch.join();
  return peak - before;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

struct Case {
  size_t rows;
  std::string type;
  Properties params;
};

class BuildMemoryOf : public ::testing::TestWithParam<Case> {};

// Too little would be found out by the machine; far too much keeps builds from being begun.
TEST_P(BuildMemoryOf, IsAboutWhatItTakes) {
  if (kSanitized) GTEST_SKIP() << "sanitizers keep what was freed";
  const size_t rows = GetParam().rows;
  constexpr int64_t kDim = 96;
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> values(rows * kDim);
  for (float& value : values) value = normal(random);
  VectorView view;
  view.type = DataType::kFloatVector;
  view.dim = kDim;
  view.rows = rows;
  view.data = reinterpret_cast<const std::byte*>(values.data());
  view.stride = kDim * sizeof(float);
  const BuildSpec spec{GetParam().type, Metric::kL2, GetParam().params};
  const uint64_t peak = PeakOf([&] {
    const Status built =
        Build(Context(), view, spec, 2, nullptr, [](std::string_view) { return Status(); });
    ASSERT_TRUE(built.ok()) << built.message();
  });
  const uint64_t estimate = BuildMemory(spec, {view.type, kDim, rows, 0}, 2);
  RecordProperty("peak", std::to_string(peak));
  RecordProperty("estimate", std::to_string(estimate));
  printf("%s: %.1f MB of %.1f MB estimated\n", spec.type.c_str(), static_cast<double>(peak) / 1e6,
         static_cast<double>(estimate) / 1e6);
  EXPECT_LE(peak, estimate);
}

INSTANTIATE_TEST_SUITE_P(
    All, BuildMemoryOf,
    ::testing::Values(Case{20'000, "HNSW", {{"M", "18"}, {"efConstruction", "10"}}},
                      Case{6'000, "IVF_FLAT", {{"nlist", "128"}}},
                      Case{6'000, "IVF_SQ8", {{"nlist", "1024"}}},
                      Case{6'000, "IVF_PQ", {{"nlist", "128"}, {"m", "24"}}},
                      Case{6'000, "IVF_RABITQ", {{"nlist", "128"}}},
                      Case{6'000, "SCANN", {{"nlist", "128"}}},
                      Case{2'000, "DISKANN", {{"search_list_size", "20"}}}),
    [](const auto& one) { return one.param.type + "_" + std::to_string(one.index); });

TEST(BuildMemoryOfSparse, IsAboutWhatItTakes) {
  if (kSanitized) GTEST_SKIP() << "sanitizers keep what was freed";
  const TestColumn column = TestColumn::Sparse(20'000, 30'000, 60, kTestSeed);
  const VectorView view = column.view();
  const BuildSpec spec{"SPARSE_INVERTED_INDEX", Metric::kIP, {}};
  const uint64_t peak = PeakOf([&] {
    ASSERT_TRUE(
        Build(Context(), view, spec, 2, nullptr, [](std::string_view) { return Status(); }).ok());
  });
  const uint64_t estimate =
      BuildMemory(spec, {view.type, 0, view.rows, view.ends[view.rows - 1]}, 2);
  printf("sparse: %.1f MB of %.1f MB estimated\n", static_cast<double>(peak) / 1e6,
         static_cast<double>(estimate) / 1e6);
  EXPECT_LE(peak, estimate);
}

class ScalarBuildMemoryOf : public ::testing::TestWithParam<const char*> {};

TEST_P(ScalarBuildMemoryOf, IsAboutWhatItTakes) {
  if (kSanitized) GTEST_SKIP() << "sanitizers keep what was freed";
  const std::string kind = GetParam();
  constexpr size_t kRows = 100'000;
  std::mt19937_64 random(7);
  std::vector<int64_t> numbers;
  std::string text;
  std::vector<uint64_t> ends;
  for (size_t row = 0; row < kRows; ++row) {
    numbers.push_back(static_cast<int64_t>(random()));
    for (int word = 0; word < 8; ++word) text += "w" + std::to_string(random() % 20'000) + " ";
    ends.push_back(text.size());
  }
  ScalarSpec spec;
  ScalarView view;
  view.rows = kRows;
  view.type = kind == "numbers" ? DataType::kInt64 : DataType::kVarChar;
  spec.part.type = view.type;
  if (kind == "numbers") {
    view.data = reinterpret_cast<const std::byte*>(numbers.data());
  } else {
    view.data = reinterpret_cast<const std::byte*>(text.data());
    view.ends = ends.data();
  }
  if (kind == "terms") {
    spec.part.terms = true;
    spec.cut = [](std::string_view value, const std::function<void(std::string_view)>& term) {
      for (size_t at = 0; at < value.size();) {
        const size_t end = std::min(value.find(' ', at), value.size());
        if (end > at) term(value.substr(at, end - at));
        at = end + 1;
      }
    };
  }
  if (kind == "grams") {
    spec.grams = true;
    spec.gram_min = 2;
    spec.gram_max = 3;
  }
  const uint64_t peak = PeakOf([&] {
    const Status built = BuildScalar(view, spec, [](std::string_view) { return Status(); });
    ASSERT_TRUE(built.ok()) << built.message();
  });
  const uint64_t estimate =
      BuildMemory(spec, {view.type, 0, kRows, view.ends == nullptr ? 0 : text.size()});
  printf("%s: %.1f MB of %.1f MB estimated\n", kind.c_str(), static_cast<double>(peak) / 1e6,
         static_cast<double>(estimate) / 1e6);
  EXPECT_LE(peak, estimate);
}

INSTANTIATE_TEST_SUITE_P(All, ScalarBuildMemoryOf,
                         ::testing::Values("numbers", "strings", "terms", "grams"),
                         [](const auto& one) { return std::string(one.param); });

TEST(WideRowBytes, AreThoseOfTheFile) {
  const size_t rows = 30'000;
  const TestColumn column = TestColumn::Dense(DataType::kFloatVector, rows, 96, 30, kTestSeed);
  const auto bytes_of = [&](const BuildSpec& spec) {
    size_t bytes = 0;
    EXPECT_TRUE(Build(Context(), column.view(), spec, 2, nullptr, [&](std::string_view piece) {
                  bytes += piece.size();
                  return Status();
                }).ok());
    return bytes;
  };
  const BuildSpec spec{"HNSW", Metric::kL2, {{"M", "8"}, {"efConstruction", "10"}}};
  const uint64_t wide = WideRowBytes(spec, column.view()) * rows;
  EXPECT_GT(wide, rows * 96 * 4) << "more than the column";
  EXPECT_NEAR(static_cast<double>(bytes_of(spec)) / static_cast<double>(wide), 1, 0.02);
  EXPECT_LT(bytes_of(Leanest(spec)), wide / 3);
  EXPECT_EQ(WideRowBytes(Leanest(spec), column.view()), 0U);
  EXPECT_EQ(*FindProperty(Leanest(spec).params, "M"), "16") << "the links that the wide one has";
  EXPECT_EQ(*FindProperty(Leanest({"HNSW", Metric::kL2, {}}).params, "M"), "32");
  VectorView few = column.view();
  few.rows = 1000;
  EXPECT_EQ(WideRowBytes(spec, few), 0U) << "a scan of bits";
}

}  // namespace
}  // namespace elanus::index
