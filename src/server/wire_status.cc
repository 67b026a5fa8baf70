#include "server/wire_status.h"

#include <algorithm>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <milvus/common.pb.h>

namespace elanus::server {
namespace {

namespace common = milvus::proto::common;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* StatusField(const Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (!field->is_repeated() && field->message_type() == common::Status::descriptor()) {
      return field;
    }
  }
  return nullptr;
}

common::Status* StatusOf(Message* response) {
  if (response->GetDescriptor() == common::Status::descriptor()) {
    return static_cast<common::Status*>(response);
  }
  const FieldDescriptor* field = StatusField(*response->GetDescriptor());
  if (field == nullptr) return nullptr;
  return static_cast<common::Status*>(response->GetReflection()->MutableMessage(response, field));
}

// Length of the UTF-8 character that `text` begins with; 0: it begins with none.
size_t CharacterAt(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // No longer than need be, no surrogates, none above U+10FFFF.
  const unsigned char second = byte(1);
  if (first == 0xe0 && second < 0xa0) return 0;
  if (first == 0xed && second >= 0xa0) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second >= 0x90) return 0;
  return length;
}

// A message may end in the middle of a character, or hold what a client sent; a text on the wire
// that is no UTF-8 makes the whole answer unreadable.
std::string ReadableText(std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::string readable;
  readable.reserve(text.size());
  while (!text.empty()) {
    const size_t length = CharacterAt(text);
    readable += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(std::max<size_t>(1, length));
  }
  return readable;
}

}  // namespace

void ToWire(const Status& status, common::Status* wire) {
  wire->Clear();
  if (status.ok()) return;
  const ErrorTraits& traits = TraitsOf(status.code());
  wire->set_code(static_cast<int>(status.code()));
  wire->set_error_code(static_cast<common::ErrorCode>(traits.legacy_code));
  wire->set_reason(ReadableText(status.message()));
  wire->set_detail(wire->reason());
  wire->set_retriable(traits.retriable);
  if (traits.input_error) (*wire->mutable_extra_info())["is_input_error"] = "true";
}

int LegacyErrorOf(std::string_view rpc) {
  struct Row {
    std::string_view rpc;
    common::ErrorCode error;
  };
  static constexpr Row kRows[] = {
      {"CreateCredential", common::ErrorCode::CreateCredentialFailure},
      {"UpdateCredential", common::ErrorCode::UpdateCredentialFailure},
      {"DeleteCredential", common::ErrorCode::DeleteCredentialFailure},
      {"ListCredUsers", common::ErrorCode::ListCredUsersFailure},
      {"CreateRole", common::ErrorCode::CreateRoleFailure},
      {"DropRole", common::ErrorCode::DropRoleFailure},
      {"OperateUserRole", common::ErrorCode::OperateUserRoleFailure},
      {"SelectRole", common::ErrorCode::SelectRoleFailure},
      {"SelectUser", common::ErrorCode::SelectUserFailure},
      {"OperatePrivilege", common::ErrorCode::OperatePrivilegeFailure},
      {"OperatePrivilegeV2", common::ErrorCode::OperatePrivilegeFailure},
      {"SelectGrant", common::ErrorCode::SelectGrantFailure},
      {"CreatePrivilegeGroup", common::ErrorCode::CreatePrivilegeGroupFailure},
      {"DropPrivilegeGroup", common::ErrorCode::DropPrivilegeGroupFailure},
      {"ListPrivilegeGroups", common::ErrorCode::ListPrivilegeGroupsFailure},
      {"OperatePrivilegeGroup", common::ErrorCode::OperatePrivilegeGroupFailure}};
  for (const Row& row : kRows) {
    if (row.rpc == rpc) return row.error;
  }
  return 0;
}

bool SetStatus(const Status& status, Message* response, int legacy_error) {
  common::Status* wire = StatusOf(response);
  if (wire == nullptr) return false;
  ToWire(status, wire);
  if (!status.ok() && legacy_error != 0) {
    wire->set_error_code(static_cast<common::ErrorCode>(legacy_error));
  }
  return true;
}

void MarkOk(Message* response) { StatusOf(response); }

Status FromWire(const Message& response) {
  const common::Status* wire = nullptr;
  if (response.GetDescriptor() == common::Status::descriptor()) {
    wire = static_cast<const common::Status*>(&response);
  } else if (const auto* field = StatusField(*response.GetDescriptor()); field != nullptr) {
    wire =
        static_cast<const common::Status*>(&response.GetReflection()->GetMessage(response, field));
  }
  if (wire == nullptr || wire->code() == 0) return {};
  return Status(static_cast<Code>(wire->code()), wire->reason());
}

}  // namespace elanus::server
