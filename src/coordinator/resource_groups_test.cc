// Resource groups, through the coordinator.
#include <gmock/gmock.h>

#include "coordinator/coordinator_testing.h"

namespace elanus::coordinator {
namespace {

class ResourceGroupsTest : public CoordinatorFixture {
 protected:
  ResourceGroupsTest() { CreateIndexed("books"); }

  static ResourceGroup Group(std::string name, int32_t requests = 0, int32_t limits = 0) {
    ResourceGroup group;
    group.name = std::move(name);
    group.requests = requests;
    group.limits = limits;
    return group;
  }
  Status Create(const ResourceGroup& group) { return coordinator_->CreateResourceGroup(group); }
  Status Update(const ResourceGroup& group) { return coordinator_->UpdateResourceGroups({group}); }
  Status Load(std::vector<std::string> groups, int32_t replicas = 1) {
    return coordinator_->Load("default", "books", {}, replicas, {}, groups);
  }
  // "name:requests/limits", a star at the one that has the node.
  std::string Groups() {
    std::string text;
    for (const ResourceGroup& group : coordinator_->ResourceGroups()) {
      text += group.name + ":" + std::to_string(group.requests) + "/" +
              std::to_string(group.limits) + (group.has_node ? "* " : " ");
    }
    return text;
  }
  static constexpr const char* kDefault = "__default_resource_group";
};

TEST_F(ResourceGroupsTest, TheDefaultOneIsThereWithTheNode) {
  EXPECT_EQ(Groups(), "__default_resource_group:0/1000000* ");
  ExpectError(coordinator_->DropResourceGroup(kDefault), Code::kParameterInvalid,
              "default resource group is not deletable: invalid parameter[expected=not default "
              "resource group][actual=__default_resource_group]");
}

TEST_F(ResourceGroupsTest, AreKept) {
  ResourceGroup group = Group("a", 0, 2);
  group.transfer_from = {kDefault};
  group.node_labels = {{"zone", "1"}};
  Expect(Create(group));
  Expect(Create(Group("b", 1, 1)));
  const auto before = coordinator_->ResourceGroups();
  Reopen();
  EXPECT_EQ(coordinator_->ResourceGroups(), before);
  EXPECT_EQ(Groups(), "__default_resource_group:0/1000000 a:0/2 b:1/1* ");
}

TEST_F(ResourceGroupsTest, TheSameAgainIsSuccess) {
  Expect(Create(Group("a", 1, 1)));
  Expect(Create(Group("a", 1, 1)));
  ExpectError(Create(Group("a", 1, 2)), Code::kResourceGroupExists,
              "resource group already exist, but create with different config[rg=a]");
}

TEST_F(ResourceGroupsTest, ThereIsALimit) {
  options_.resource_groups_max = 2;
  Reopen();
  Expect(Create(Group("a")));
  ExpectError(Create(Group("b")), Code::kResourceGroupCountExceeded,
              "resource group num reach limit[rg=b][limit=2]");
}

TEST_F(ResourceGroupsTest, SettingsMustMakeSense) {
  ExpectError(Create(Group("a", 2, 1)), Code::kResourceGroupIllegalConfig,
              "limits node num should not less than requests node num: resource group illegal "
              "config[rg=a][config=requests:{node_num:2} limits:{node_num:1}]");
  ExpectError(Create(Group("a", -1, 1)), Code::kResourceGroupIllegalConfig,
              "node num in `requests` or `limits` should not less than 0: resource group illegal "
              "config[rg=a][config=requests:{node_num:-1} limits:{node_num:1}]");
  ResourceGroup group = Group("a");
  group.transfer_to = {"b"};
  ExpectError(Create(group), Code::kResourceGroupIllegalConfig,
              "resource group in `TransferTo` b not exist: resource group illegal "
              "config[rg=a][config=requests:{node_num:0} limits:{node_num:0} "
              "transfer_to:{resource_group:\"b\"}]");
  ExpectError(Update(Group("a")), Code::kResourceGroupNotFound, "resource group not found[rg=a]");
  EXPECT_EQ(coordinator_->ResourceGroups().size(), 1U);
}

TEST_F(ResourceGroupsTest, TheNodeGoesWhereItIsAskedFor) {
  Expect(Create(Group("a")));
  Expect(Create(Group("b")));
  Expect(Update(Group("a", 1, 1)));
  EXPECT_EQ(Groups(), "__default_resource_group:0/1000000 a:1/1* b:0/0 ");
  Expect(Update(Group("b", 1, 1)));
  EXPECT_EQ(Groups(), "__default_resource_group:0/1000000 a:1/1* b:1/1 ") << "it is kept";
  Expect(Update(Group("a", 0, 0)));
  EXPECT_EQ(Groups(), "__default_resource_group:0/1000000 a:0/0 b:1/1* ");
  Expect(Update(Group("b", 0, 0)));
  EXPECT_EQ(Groups(), "__default_resource_group:0/1000000* a:0/0 b:0/0 ");
}

TEST_F(ResourceGroupsTest, PreferredGroupsComeFirst) {
  Expect(Create(Group("a", 0, 0)));
  Expect(Create(Group("b", 0, 0)));
  ResourceGroup wishes = Group("b", 1, 1);
  wishes.transfer_from = {kDefault};
  Expect(coordinator_->UpdateResourceGroups({Group("a", 1, 1), wishes}));
  EXPECT_EQ(Groups(), "__default_resource_group:0/1000000 a:1/1 b:1/1* ");
  ExpectError(coordinator_->UpdateResourceGroups({Group("b", 0, 0), Group("c")}),
              Code::kResourceGroupNotFound, "resource group not found[rg=c]");
  EXPECT_EQ(Groups(), "__default_resource_group:0/1000000 a:1/1 b:1/1* ") << "all or none";
}

TEST_F(ResourceGroupsTest, NodesAreTransferred) {
  Expect(Create(Group("a")));
  Expect(coordinator_->TransferNodes(kDefault, "a", 1));
  EXPECT_EQ(Groups(), "__default_resource_group:0/1000000 a:1/1* ");
  ExpectError(coordinator_->TransferNodes(kDefault, "a", 1), Code::kResourceGroupNodeNotEnough,
              "resource group node not enough[rg=__default_resource_group][currentNodeNum=0]"
              "[expectedNodeNum=1]");
  ExpectError(coordinator_->DropResourceGroup("a"), Code::kParameterInvalid,
              "resource group's limits node num is not 0: invalid parameter[expected=not empty "
              "resource group][actual=a]");
  Expect(coordinator_->TransferNodes("a", kDefault, 1));
  EXPECT_EQ(Groups(), "__default_resource_group:1/1000000* a:0/0 ");
  Expect(coordinator_->DropResourceGroup("a"));
  Expect(coordinator_->DropResourceGroup("a"));
  ExpectError(coordinator_->TransferNodes("a", "a", 1), Code::kParameterInvalid,
              "source resource group and target resource group should not be the same, resource "
              "group: a: invalid parameter");
  ExpectError(coordinator_->TransferNodes("a", kDefault, 0), Code::kParameterInvalid,
              "invalid parameter[expected=NumNode > 0][actual=invalid NumNode 0]");
}

TEST_F(ResourceGroupsTest, ALoadNamesAGroupWithANode) {
  Expect(Create(Group("a")));
  ExpectError(Load({"nope"}), Code::kResourceGroupNotFound, "resource group not found[rg=nope]");
  ExpectError(Load({"a"}), Code::kResourceGroupNodeNotEnough,
              "resource group node not enough[rg=a][currentNodeNum=0][expectedNodeNum=1]");
  EXPECT_FALSE(Find("books")->loaded);
  Expect(Load({"default"}));
  EXPECT_EQ(Find("books")->resource_group, "");
  Expect(coordinator_->TransferNodes(kDefault, "a", 1));
  Expect(Load({}));
  Expect(Load({kDefault}));
  EXPECT_EQ(Find("books")->resource_group, "") << "it stays where it is loaded";
  Expect(Load({"a"}));
  Reopen();
  EXPECT_EQ(Find("books")->resource_group, "a");
  Expect(coordinator_->Release("default", "books", {}));
  EXPECT_EQ(Find("books")->resource_group, "");
}

TEST_F(ResourceGroupsTest, ReplicasAreTransferred) {
  Expect(Create(Group("a")));
  const auto transfer = [this](const char* from, const char* to, int64_t replicas) {
    return coordinator_->TransferReplicas("default", "books", from, to, replicas);
  };
  ExpectError(transfer(kDefault, "a", 1), Code::kCollectionNotLoaded,
              "collection not loaded[collection=books]");
  Expect(Load({}));
  ExpectError(transfer(kDefault, "b", 1), Code::kResourceGroupNotFound,
              "resource group not found[rg=b]");
  ExpectError(transfer(kDefault, "a", 0), Code::kParameterInvalid,
              "invalid parameter[expected=NumReplica > 0][actual=invalid NumReplica 0]");
  ExpectError(transfer(kDefault, "a", int64_t{1} << 40), Code::kParameterInvalid,
              "the number of replicas to transfer is greater than the number of replicas in the "
              "collection: invalid parameter[expected=1099511627776][actual=1]");
  ExpectError(transfer("a", kDefault, 1), Code::kParameterInvalid,
              "invalid parameter[expected=NumReplica not greater than the number of replica in "
              "source resource group][actual=only found [0] replicas of collection [books] in "
              "source resource group [a], but 1 require]");
  Expect(transfer(kDefault, "a", 1));
  EXPECT_EQ(Find("books")->resource_group, "a");
  ExpectError(coordinator_->DropResourceGroup("a"), Code::kParameterInvalid,
              "some replicas still loaded in resource group[a], release it first: invalid "
              "parameter[expected=empty resource group][actual=resource group a has collection " +
                  std::to_string(Find("books")->id.value) + " loaded]");
  Expect(coordinator_->Release("default", "books", {}));
  Expect(coordinator_->DropResourceGroup("a"));
}

}  // namespace
}  // namespace elanus::coordinator
