#include "meta/memory/memory_meta_store.h"

#include "meta/meta_store_conformance.h"

namespace elanus::meta {
namespace {

struct MemoryFixture {
  MetaStore& store() { return memory; }
  MemoryMetaStore memory;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, MetaStoreConformance, MemoryFixture);

TEST(MemoryMetaStore, FailsAsToldAndKeepsWhatItHad) {
  MemoryMetaStore store;
  ASSERT_TRUE(store.Commit({{}, {{"a", "1"}}, {}}).ok());
  store.FailWith(Status(Code::kIoFailed, "no disk"));
  EXPECT_EQ(store.Commit({{}, {{"a", "2"}}, {}}).status().message(), "no disk");
  EXPECT_EQ(store.Get("a").status().message(), "no disk");
  store.FailWith(Status());
  EXPECT_EQ(store.Get("a").value(), "1");
}

}  // namespace
}  // namespace elanus::meta
