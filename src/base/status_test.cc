#include "base/status.h"

#include <memory>

#include <gtest/gtest.h>

namespace elanus {
namespace {

Result<std::unique_ptr<int>> Half(int x) {
  if (x % 2 != 0) return Status(Code::kParameterInvalid, "odd");
  return std::make_unique<int>(x / 2);
}
Status Check(int x) {
  TRY(Half(x));
  return {};
}
Result<int> Quarter(int x) {
  auto half = TRY(Half(x));
  TRY(Check(*half));
  return *TRY(Half(*TRY(Half(*half * 2))));
}

TEST(StatusTest, TryReturnsTheFirstError) {
  EXPECT_EQ(Quarter(8).take(), 2);
  EXPECT_EQ(Quarter(6).ok(), false);
  EXPECT_EQ(Check(3).code(), Code::kParameterInvalid);
}

}  // namespace
}  // namespace elanus
