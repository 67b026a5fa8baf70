#include "meta/resource_group_codec.h"

#include <utility>

#include "meta/record.h"

namespace elanus::meta {
namespace {

// Tags; never reused.
enum GroupTag : uint64_t {
  kName = 1,
  kRequests = 2,
  kLimits = 3,
  kTransferFrom = 4,
  kTransferTo = 5,
  kLabel = 6,
  kHasNode = 7
};
enum LabelTag : uint64_t { kKey = 1, kValue = 2 };

}  // namespace

std::string EncodeResourceGroup(std::string_view key, const ResourceGroup& group) {
  RecordWriter record;
  record.Bytes(kName, group.name);
  record.Number(kRequests, static_cast<uint64_t>(group.requests));
  record.Number(kLimits, static_cast<uint64_t>(group.limits));
  for (const std::string& name : group.transfer_from) record.Bytes(kTransferFrom, name);
  for (const std::string& name : group.transfer_to) record.Bytes(kTransferTo, name);
  for (const auto& [name, value] : group.node_labels) {
    RecordWriter label;
    label.Bytes(kKey, name);
    label.Bytes(kValue, value);
    record.Bytes(kLabel, label.fields());
  }
  record.Number(kHasNode, group.has_node ? 1 : 0);
  return record.Seal(key);
}

Result<ResourceGroup> DecodeResourceGroup(std::string_view key, std::string_view value) {
  const RecordReader record = TRY(RecordReader::Open(key, value));
  ResourceGroup group;
  group.name = record.Bytes(kName);
  group.requests = static_cast<int32_t>(TRY(record.Number(kRequests)));
  group.limits = static_cast<int32_t>(TRY(record.Number(kLimits)));
  for (const std::string_view name : record.All(kTransferFrom)) {
    group.transfer_from.emplace_back(name);
  }
  for (const std::string_view name : record.All(kTransferTo)) group.transfer_to.emplace_back(name);
  for (const std::string_view fields : record.All(kLabel)) {
    const RecordReader label = TRY(RecordReader::OpenNested(key, fields));
    group.node_labels.emplace_back(label.Bytes(kKey), label.Bytes(kValue));
  }
  group.has_node = TRY(record.Number(kHasNode)) != 0;
  return group;
}

}  // namespace elanus::meta
