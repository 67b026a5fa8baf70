#include "access/access_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "meta/memory/memory_meta_store.h"

namespace elanus::access {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using Form = AccessControl::Form;

class AccessControlTest : public ::testing::Test {
 protected:
  AccessControlTest() { Reopen(); }
  void Reopen() {
    catalog_ = meta::Catalog::Open(&store_).take();
    control_ = AccessControl::Open(catalog_.get(), options_).take();
  }
  static Grant On(std::string collection, std::string privilege, std::string database = "default") {
    return {ObjectType::kCollection, std::move(database), std::move(collection),
            std::move(privilege), "root"};
  }
  bool Allows(std::string_view role, std::string_view privilege, std::string_view object,
              std::string_view database = "default") const {
    const PrivilegeIndex index = FindPrivilege(privilege).value();
    return control_->policy()->Allows(role, {index, AllPrivileges()[index].type, database, object});
  }
  std::vector<std::string> Granted(const std::string& role) const {
    std::vector<std::string> names;
    for (const Grant& grant : control_->rules()->roles.at(role).grants)
      names.push_back(grant.privilege);
    return names;
  }
  void ExpectRefused(const Status& status, Code code, const char* text) {
    EXPECT_EQ(status.code(), code) << status.message();
    EXPECT_THAT(status.message(), HasSubstr(text));
  }

  meta::MemoryMetaStore store_;
  AccessOptions options_;
  std::unique_ptr<meta::Catalog> catalog_;
  std::unique_ptr<AccessControl> control_;
};

TEST_F(AccessControlTest, BeginsWithRootAdminAndPublic) {
  const auto rules = control_->rules();
  EXPECT_EQ(rules->users.size(), 1U);
  EXPECT_TRUE(control_->IsPassword("root", "Milvus"));
  EXPECT_TRUE(control_->has_default_password());
  EXPECT_EQ(rules->roles.size(), 2U);
  EXPECT_TRUE(Allows("admin", "DropDatabase", "*", "*"));
  EXPECT_TRUE(Allows("public", "DescribeCollection", "*"));
  EXPECT_TRUE(Allows("public", "IndexDetail", "books"));
  EXPECT_FALSE(Allows("public", "Search", "books"));
}

TEST_F(AccessControlTest, KeepsWhatItIsToldOverARestart) {
  ASSERT_TRUE(control_->CreateUser("alice", "secret1", "a reader").ok());
  ASSERT_TRUE(control_->CreateRole("reader", "").ok());
  ASSERT_TRUE(control_->AddToRole("alice", "reader").ok());
  ASSERT_TRUE(control_->CreateGroup("looks").ok());
  ASSERT_TRUE(control_->AddToGroup("looks", {"Search", "Query"}).ok());
  ASSERT_TRUE(control_->AddGrant("reader", On("books", "looks"), Form::kByLevel).ok());
  const AccessRules before = *control_->rules();
  Reopen();
  EXPECT_EQ(*control_->rules(), before);
  EXPECT_TRUE(control_->IsPassword("alice", "secret1"));
  EXPECT_TRUE(Allows("reader", "Query", "books"));
  EXPECT_FALSE(Allows("reader", "Query", "other"));
}

TEST_F(AccessControlTest, ChangesAPasswordForWhoKnowsTheOldOne) {
  ASSERT_TRUE(control_->CreateUser("alice", "secret1", "").ok());
  ExpectRefused(control_->ChangeUser("alice", "wrong", {"secret2", std::nullopt}, false),
                Code::kNotAuthenticated, "old password not correct for alice: not authenticated");
  ExpectRefused(control_->ChangeUser("nobody", "wrong", {"secret2", std::nullopt}, false),
                Code::kNotAuthenticated, "old password not correct for nobody");
  EXPECT_TRUE(control_->ChangeUser("alice", "secret1", {"secret2", std::nullopt}, false).ok());
  EXPECT_FALSE(control_->IsPassword("alice", "secret1"));
  EXPECT_TRUE(control_->IsPassword("alice", "secret2"));
  EXPECT_TRUE(control_->ChangeUser("root", "", {"another", std::nullopt}, true).ok());
  EXPECT_FALSE(control_->IsPassword("root", "Milvus"));
  EXPECT_FALSE(control_->has_default_password());
  EXPECT_THAT(control_->rules()->users.at("root").password_hash, HasSubstr("$2b$"));
}

TEST_F(AccessControlTest, RefusesNamesAndPasswordsAsMilvusDoes) {
  ExpectRefused(control_->CreateUser("1st", "secret1", ""), Code::kParameterInvalid,
                "the first character must be a letter");
  ExpectRefused(control_->CreateUser("a b", "secret1", ""), Code::kParameterInvalid,
                "username must contain only");
  ExpectRefused(control_->CreateUser("alice", "short", ""), Code::kParameterInvalid,
                "invalid password length: invalid parameter[6 <= value <= 72");
  ExpectRefused(control_->CreateUser("root", "secret1", ""), Code::kParameterInvalid,
                "user already exists: root");
  ExpectRefused(control_->DropUser("root"), Code::kPrivilegeNotPermitted,
                "root user cannot be deleted");
  ExpectRefused(control_->DropRole("public", true), Code::kPrivilegeNotPermitted,
                "the role[public] is a default role, which can't be dropped");
  ExpectRefused(control_->CreateRole("admin", ""), Code::kParameterInvalid,
                "role [name:\"admin\"] already exists");
  ExpectRefused(control_->CreateRole("a-b", ""), Code::kParameterInvalid,
                "role name can only contain numbers, letters, underscores");
  EXPECT_TRUE(control_->DropUser("nobody").ok());
}

TEST_F(AccessControlTest, HasLimits) {
  options_.users_max = 2;
  options_.roles_max = 3;
  options_.grants_max = 2;
  Reopen();
  ASSERT_TRUE(control_->CreateUser("alice", "secret1", "").ok());
  ExpectRefused(control_->CreateUser("bob", "secret1", ""), Code::kQuotaExceeded,
                "the number of users has reached the limit");
  ASSERT_TRUE(control_->CreateRole("reader", "").ok());
  ExpectRefused(control_->CreateRole("writer", ""), Code::kQuotaExceeded,
                "the number of roles has reached the limit");
  ASSERT_TRUE(control_->AddGrant("reader", On("a", "Search"), Form::kByType).ok());
  ASSERT_TRUE(control_->AddGrant("reader", On("a", "Search"), Form::kByType).ok());
  ASSERT_TRUE(control_->AddGrant("reader", On("b", "Search"), Form::kByType).ok());
  ExpectRefused(control_->AddGrant("reader", On("c", "Search"), Form::kByType),
                Code::kQuotaExceeded, "which is the limit");
  EXPECT_FALSE(Allows("reader", "Search", "c"));
}

TEST_F(AccessControlTest, GrantsBringAlongWhatTheyImply) {
  ASSERT_TRUE(control_->CreateRole("loader", "").ok());
  ASSERT_TRUE(control_->AddGrant("loader", On("books", "Load"), Form::kByType).ok());
  EXPECT_THAT(Granted("loader"), ElementsAre("Load", "GetLoadState", "GetLoadingProgress"));
  EXPECT_TRUE(Allows("loader", "GetLoadState", "books"));
  ASSERT_TRUE(control_->RevokeGrant("loader", On("books", "Load"), Form::kByType).ok());
  EXPECT_THAT(Granted("loader"), ElementsAre());
}

TEST_F(AccessControlTest, ChecksTheLevelOfAGroup) {
  ASSERT_TRUE(control_->CreateRole("r", "").ok());
  ExpectRefused(control_->AddGrant("r", On("books", "ClusterReadOnly"), Form::kByLevel),
                Code::kParameterInvalid,
                "dbName and collectionName should be * for the cluster level privilege");
  ExpectRefused(control_->AddGrant("r", On("books", "DatabaseAdmin"), Form::kByLevel),
                Code::kParameterInvalid, "collectionName should be * for the database level");
  ExpectRefused(control_->AddGrant("r", On("books", "CollectionAdmin", "*"), Form::kByLevel),
                Code::kParameterInvalid, "please specify database name");
  ExpectRefused(control_->AddGrant("r", On("books", "Fly"), Form::kByLevel),
                Code::kParameterInvalid, "not found the privilege name[Fly]");
  ExpectRefused(control_->AddGrant("r", On("books", "CreateCollection"), Form::kByType),
                Code::kParameterInvalid,
                "not found the privilege name[CreateCollection] in object[Collection]");
  ExpectRefused(control_->AddGrant("nobody", On("books", "Search"), Form::kByType),
                Code::kParameterInvalid, "not found the role");
  EXPECT_TRUE(Granted("r").empty());
}

TEST_F(AccessControlTest, AGroupChangesWhatItsHoldersMay) {
  ASSERT_TRUE(control_->CreateRole("r", "").ok());
  ASSERT_TRUE(control_->CreateGroup("mine").ok());
  ASSERT_TRUE(control_->AddToGroup("mine", {"Search"}).ok());
  ASSERT_TRUE(control_->AddGrant("r", On("books", "mine"), Form::kByLevel).ok());
  EXPECT_TRUE(Allows("r", "Search", "books"));
  EXPECT_FALSE(Allows("r", "Insert", "books"));
  ASSERT_TRUE(control_->AddToGroup("mine", {"Insert"}).ok());
  EXPECT_TRUE(Allows("r", "Insert", "books"));
  ASSERT_TRUE(control_->RemoveFromGroup("mine", {"Search"}).ok());
  EXPECT_FALSE(Allows("r", "Search", "books"));
  ExpectRefused(control_->AddToGroup("mine", {"CreateDatabase"}), Code::kParameterInvalid,
                "privileges are not the same privilege level");
  ExpectRefused(control_->DropGroup("mine"), Code::kParameterInvalid, "is used by role [r]");
  ExpectRefused(control_->CreateGroup("Insert"), Code::kParameterInvalid,
                "is defined by built in privileges");
}

TEST_F(AccessControlTest, GrantsFollowTheirCollection) {
  ASSERT_TRUE(control_->CreateRole("r", "").ok());
  ASSERT_TRUE(control_->AddGrant("r", On("books", "Search"), Form::kByType).ok());
  ASSERT_TRUE(control_->AddGrant("r", On("books", "CollectionAdmin"), Form::kByLevel).ok());
  ASSERT_TRUE(control_->AddGrant("r", On("*", "Query"), Form::kByType).ok());
  ASSERT_TRUE(control_->RenameCollection("default", "books", "default", "papers").ok());
  EXPECT_TRUE(Allows("r", "Search", "papers"));
  EXPECT_TRUE(Allows("r", "Insert", "papers"));
  EXPECT_FALSE(Allows("r", "Search", "books"));
  ASSERT_TRUE(control_->ForgetCollection("default", "papers").ok());
  EXPECT_THAT(Granted("r"), ElementsAre("Query"));
  EXPECT_FALSE(Allows("r", "Insert", "papers"));
}

TEST_F(AccessControlTest, DroppingARoleTakesItFromItsUsers) {
  ASSERT_TRUE(control_->CreateUser("alice", "secret1", "").ok());
  ASSERT_TRUE(control_->CreateRole("r", "").ok());
  ASSERT_TRUE(control_->AddToRole("alice", "r").ok());
  ASSERT_TRUE(control_->AddGrant("r", On("books", "Search"), Form::kByType).ok());
  ExpectRefused(control_->DropRole("r", false), Code::kParameterInvalid,
                "fail to drop the role that it has privileges");
  ASSERT_TRUE(control_->DropRole("r", true).ok());
  EXPECT_TRUE(control_->rules()->users.at("alice").roles.empty());
  Reopen();
  EXPECT_TRUE(control_->rules()->users.at("alice").roles.empty());
}

TEST_F(AccessControlTest, RestoresAllOrNothing) {
  AccessRules added;
  added.roles["r"] = {"r", "", {On("books", "Search")}};
  added.users["alice"] = {"alice", "plain text", "", {"r"}};
  ExpectRefused(control_->Restore(added), Code::kParameterInvalid, "is no bcrypt hash");
  EXPECT_FALSE(control_->rules()->roles.contains("r"));
  ASSERT_TRUE(control_->CreateUser("bob", "secret1", "").ok());
  added.users["alice"].password_hash = control_->rules()->users.at("bob").password_hash;
  ASSERT_TRUE(control_->Restore(added).ok());
  EXPECT_TRUE(control_->IsPassword("alice", "secret1"));
  EXPECT_TRUE(Allows("r", "Search", "books"));
  ExpectRefused(control_->Restore(added), Code::kParameterInvalid, "role [r] already exists");
}

TEST_F(AccessControlTest, OlderGroupsAreOfADatabase) {
  ASSERT_TRUE(control_->CreateRole("r", "").ok());
  ASSERT_TRUE(control_->AddGrant("r", On("books", "ReadOnly"), Form::kByType).ok());
  EXPECT_TRUE(Allows("r", "Search", "books"));
  EXPECT_TRUE(Allows("r", "ShowCollections", "*"));
  EXPECT_FALSE(Allows("r", "Search", "other"));
  EXPECT_FALSE(Allows("r", "Search", "books", "shop"));
  EXPECT_FALSE(Allows("r", "Insert", "books"));
  Grant all{ObjectType::kGlobal, "shop", "*", "All", "root"};
  ASSERT_TRUE(control_->AddGrant("r", all, Form::kByType).ok());
  EXPECT_TRUE(Allows("r", "Insert", "books", "shop"));
  EXPECT_FALSE(Allows("r", "Insert", "books", "default"));
}

TEST(Privileges, GroupsGrowFromTierToTier) {
  for (const BuiltInGroup& group : BuiltInGroups()) EXPECT_TRUE(group.privileges.any());
  const auto of = [](const char* name) { return FindBuiltInGroup(name)->privileges; };
  EXPECT_EQ(of("CollectionReadOnly") & ~of("CollectionReadWrite"), PrivilegeSet());
  EXPECT_EQ(of("CollectionReadWrite") & ~of("CollectionAdmin"), PrivilegeSet());
  EXPECT_EQ(of("CollectionAdmin") & of("ClusterAdmin"), PrivilegeSet());
  EXPECT_EQ(of("CollectionReadOnly").count(), 16U);
  EXPECT_EQ(PrivilegesOf(Tier::kReadOnly) & ~PrivilegesOf(Tier::kAdmin), PrivilegeSet());
}

}  // namespace
}  // namespace elanus::access
