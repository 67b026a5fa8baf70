#include "server/wire_status.h"

#include <gtest/gtest.h>
#include <milvus/common.pb.h>

namespace elanus::server {
namespace {

std::string ReasonOf(const std::string& message) {
  milvus::proto::common::Status wire;
  ToWire(Status(Code::kParameterInvalid, message), &wire);
  EXPECT_EQ(wire.detail(), wire.reason());
  return wire.reason();
}

// A client that reads a text which is no UTF-8 fails without showing any of the answer.
TEST(WireStatus, WhatIsNoUtf8IsReplaced) {
  const std::string replaced = "\xef\xbf\xbd";
  for (const char* text :
       {"", "plain", "coll\u00e9", "\u4e2d\u6587", "\U0001f600", "\ud7ff\ue000"}) {
    EXPECT_EQ(ReasonOf(text), text);
  }
  EXPECT_EQ(ReasonOf("cut \xc3"), "cut " + replaced);
  EXPECT_EQ(ReasonOf("\xc3 after"), replaced + " after");
  EXPECT_EQ(ReasonOf("\xa9"), replaced);
  EXPECT_EQ(ReasonOf("\xe4\xb8"), replaced + replaced);
  EXPECT_EQ(ReasonOf("\xc0\x80"), replaced + replaced) << "longer than need be";
  EXPECT_EQ(ReasonOf("\xed\xa0\x80"), replaced + replaced + replaced) << "a surrogate";
  EXPECT_EQ(ReasonOf("\xf4\x90\x80\x80"), replaced + replaced + replaced + replaced);
  EXPECT_EQ(ReasonOf(std::string("a\0b", 3)), std::string("a\0b", 3));
}

}  // namespace
}  // namespace elanus::server
