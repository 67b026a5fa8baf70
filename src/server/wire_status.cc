#include "server/wire_status.h"

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

}  // namespace

void ToWire(const Status& status, common::Status* wire) {
  wire->Clear();
  if (status.ok()) return;
  const ErrorTraits& traits = TraitsOf(status.code());
  wire->set_code(static_cast<int>(status.code()));
  wire->set_error_code(static_cast<common::ErrorCode>(traits.legacy_code));
  wire->set_reason(status.message());
  wire->set_detail(status.message());
  wire->set_retriable(traits.retriable);
  if (traits.input_error) (*wire->mutable_extra_info())["is_input_error"] = "true";
}

bool SetStatus(const Status& status, Message* response) {
  common::Status* wire = StatusOf(response);
  if (wire == nullptr) return false;
  ToWire(status, wire);
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
