// How a Status travels: milvus.proto.common.Status, by the table of base/errors.inc alone.
#pragma once

#include <string_view>

#include "base/status.h"

namespace google::protobuf {
class Message;
}
namespace milvus::proto::common {
class Status;
}

namespace elanus::server {

// Code and legacy code, reason and detail, retriable; extra_info says when the caller is to blame.
void ToWire(const Status& status, milvus::proto::common::Status* wire);

// Sets the status of `response`: the response itself if it is one, else its one field of that type.
// False: it has none (few do not), nothing changed. `legacy_error`: the legacy code of an error;
// 0: that of the table.
bool SetStatus(const Status& status, google::protobuf::Message* response, int legacy_error = 0);

// The legacy code of all errors of an RPC; 0: they have those of the table.
int LegacyErrorOf(std::string_view rpc);

// Makes the status field present, so that a client that asks for it finds "success". One that the
// handler has set stays as it is.
void MarkOk(google::protobuf::Message* response);

// What the status of `response` says; OK if it has none.
Status FromWire(const google::protobuf::Message& response);

}  // namespace elanus::server
