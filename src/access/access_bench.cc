#include <benchmark/benchmark.h>

#include "access/authenticator.h"
#include "base/base64.h"
#include "meta/memory/memory_meta_store.h"

namespace elanus::access {
namespace {

// What access control adds to a request whose password has been verified before.
void KnownUser(benchmark::State& state) {
  meta::MemoryMetaStore store;
  const auto catalog = meta::Catalog::Open(&store).take();
  const auto control = AccessControl::Open(catalog.get(), {}).take();
  const auto authenticator = Authenticator::Make(control.get(), {}).take();
  const std::string token = EncodeBase64("root:Milvus");
  CHECK(authenticator->UserOf(token, "ipv4:127.0.0.1:1").ok());
  for (auto _ : state) CHECK(authenticator->UserOf(token, "ipv4:127.0.0.1:1").ok());
}
BENCHMARK(KnownUser);

void AllowedByAGrant(benchmark::State& state) {
  AccessRules rules;
  Role& role = rules.roles["reader"];
  for (int i = 0; i < 1000; ++i) {
    role.grants.push_back(
        {ObjectType::kCollection, "default", "books_" + std::to_string(i), "Search", "root"});
  }
  const Policy policy(rules);
  const Demand demand{*FindPrivilege("Search"), ObjectType::kCollection, "default", "books_500"};
  for (auto _ : state) CHECK(policy.Allows("reader", demand));
}
BENCHMARK(AllowedByAGrant);

}  // namespace
}  // namespace elanus::access
