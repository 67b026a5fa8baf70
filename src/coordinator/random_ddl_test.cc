// Random DDL, with restarts and failing writes, against a naive model.
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "coordinator/coordinator_testing.h"

namespace elanus::coordinator {
namespace {

struct Model {
  struct Collection {
    std::map<std::string, bool> partitions{{"_default", false}};  // name -> loaded
    std::set<int64_t> indexed;
    std::set<std::string> aliases;
  };
  std::map<std::string, Collection> collections;

  Collection* Find(const std::string& name) {
    if (collections.contains(name)) return &collections[name];
    for (auto& [real, collection] : collections) {
      if (collection.aliases.contains(name)) return &collection;
    }
    return nullptr;
  }
};

class RandomDdl : public CoordinatorFixture {
 protected:
  void Compare() {
    const auto list = coordinator_->List("default").take();
    ASSERT_EQ(list.size(), model_.collections.size());
    for (const CollectionPtr& info : list) {
      const Model::Collection& expected = model_.collections[info->name];
      std::map<std::string, bool> partitions;
      bool loaded = false;
      for (const Partition& partition : info->partitions) {
        partitions[partition.name] = partition.loaded;
        loaded |= partition.loaded;
      }
      ASSERT_EQ(partitions, expected.partitions);
      ASSERT_EQ(info->loaded, loaded);
      std::set<int64_t> indexed;
      for (const IndexInfo& index : info->indexes) indexed.insert(index.field.value);
      ASSERT_EQ(indexed, expected.indexed);
      ASSERT_EQ(std::set<std::string>(info->aliases.begin(), info->aliases.end()),
                expected.aliases);
      for (const std::string& alias : info->aliases) ASSERT_EQ(Find(alias), info);
      ASSERT_EQ(Find(info->name), info);
    }
  }

  // One step; true if the coordinator and the model agree on whether it succeeds.
  bool Step(std::mt19937& random) {
    const std::string name(1, static_cast<char>('a' + random() % 5));
    const std::string other(1, static_cast<char>('a' + random() % 5));
    const std::string partition =
        random() % 5 == 0 ? "_default" : "p" + std::to_string(random() % 3);
    Model::Collection* real =
        model_.collections.contains(name) ? &model_.collections[name] : nullptr;
    Model::Collection* found = model_.Find(name);
    const auto any_loaded = [](const Model::Collection& collection) {
      for (const auto& [unused, loaded] : collection.partitions) {
        if (loaded) return true;
      }
      return false;
    };
    switch (random() % 10) {
      case 0: {
        const bool ok = coordinator_->CreateCollection(Request(name)).ok();
        if (found != nullptr) return ok == (real != nullptr);
        model_.collections[name];
        return ok;
      }
      case 1: {
        const bool ok = coordinator_->DropCollection("default", name).ok();
        if (found == nullptr) return ok;
        if (real == nullptr || !real->aliases.empty()) return !ok;
        model_.collections.erase(name);
        return ok;
      }
      case 2: {
        const bool ok = coordinator_->CreatePartition("default", name, partition).ok();
        if (found == nullptr) return !ok;
        bool all = true;
        for (const auto& [unused, loaded] : found->partitions) all &= loaded;
        found->partitions.emplace(partition, all);
        return ok;
      }
      case 3: {
        const bool ok = coordinator_->DropPartition("default", name, partition).ok();
        if (found == nullptr || partition == "_default") return !ok;
        if (!found->partitions.contains(partition)) return ok;
        if (found->partitions[partition]) return !ok;
        found->partitions.erase(partition);
        return ok;
      }
      case 4: {
        const int64_t field = random() % 2 == 0 ? 101 : 102;
        const bool ok = coordinator_->CreateIndex("default", name, Index(FieldId(field))).ok();
        if (found == nullptr) return !ok;
        found->indexed.insert(field);
        return ok;
      }
      case 5: {
        const bool vector = random() % 2 == 0;
        const bool ok =
            coordinator_->DropIndex("default", name, vector ? "vector" : "age", "").ok();
        if (found == nullptr) return !ok;
        if (vector && found->indexed.contains(101) && any_loaded(*found)) return !ok;
        found->indexed.erase(vector ? 101 : 102);
        return ok;
      }
      case 6: {
        const bool whole = random() % 2 == 0;
        const bool ok =
            coordinator_
                ->Load("default", name, whole ? std::vector<std::string>() : std::vector{partition},
                       1, {}, {})
                .ok();
        if (found == nullptr || !found->indexed.contains(101)) return !ok;
        if (!whole && !found->partitions.contains(partition)) return !ok;
        for (auto& [unused, loaded] : found->partitions) loaded |= whole || unused == partition;
        return ok;
      }
      case 7: {
        const bool whole = random() % 2 == 0;
        const bool ok = coordinator_
                            ->Release("default", name,
                                      whole ? std::vector<std::string>() : std::vector{partition})
                            .ok();
        if (found == nullptr) return !ok;
        if (!whole && !found->partitions.contains(partition)) return !ok;
        for (auto& [unused, loaded] : found->partitions) loaded &= !(whole || unused == partition);
        return ok;
      }
      case 8: {
        const bool alter = random() % 2 == 0;
        const bool ok = (alter ? coordinator_->AlterAlias("default", name, other)
                               : coordinator_->CreateAlias("default", name, other))
                            .ok();
        if (real == nullptr || model_.collections.contains(other)) return !ok;
        Model::Collection* holder = model_.Find(other);
        if (alter ? holder == nullptr : holder != nullptr && holder != real) return !ok;
        if (holder != nullptr) holder->aliases.erase(other);
        real->aliases.insert(other);
        return ok;
      }
      default: {
        const bool ok = coordinator_->DropAlias("default", name).ok();
        if (found != nullptr && real == nullptr) found->aliases.erase(name);
        return ok;
      }
    }
  }

  Model model_;
};

TEST_F(RandomDdl, AgreesWithTheModel) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int step = 0; step < 4000; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    if (random() % 50 == 0) Reopen();
    if (random() % 20 == 0) {
      // Whatever is tried while the store fails leaves everything as it was.
      const Model before = model_;
      store_.FailWith(Status(Code::kDiskLimitExceeded, "disk is full"));
      Step(random);
      store_.FailWith(Status());
      model_ = before;
    } else {
      ASSERT_TRUE(Step(random));
    }
    ASSERT_NO_FATAL_FAILURE(Compare());
  }
}

}  // namespace
}  // namespace elanus::coordinator
