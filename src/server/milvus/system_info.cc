#include "server/milvus/system_info.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

namespace elanus::server {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;

Struct& Object(Struct* in, const std::string& key) {
  return *(*in->mutable_fields())[key].mutable_struct_value();
}
void Put(Struct* in, const std::string& key, const std::string& text) {
  (*in->mutable_fields())[key].set_string_value(text);
}
void Put(Struct* in, const std::string& key, double number) {
  (*in->mutable_fields())[key].set_number_value(number);
}

struct Role {
  int id;
  const char* name;
};
constexpr Role kProxy{1, "proxy"};
constexpr Role kRoot{2, "rootcoord"};
constexpr Role kServing[] = {{3, "querynode"}, {4, "datanode"}};

void PutNode(const Role& role, const MilvusService& service, const Hardware& hardware,
             Struct* node) {
  Put(node, "identifier", role.id);
  (*node->mutable_fields())["connected"].mutable_list_value();
  Struct& infos = Object(node, "infos");
  (*infos.mutable_fields())["has_error"].set_bool_value(false);
  Put(&infos, "error_reason", "");
  Put(&infos, "name", std::string(role.name) + "1");
  Put(&infos, "type", role.name);
  Put(&infos, "id", 1);
  Put(&infos, "created_time", hardware.started);
  Put(&infos, "updated_time", hardware.started);
  Struct& use = Object(&infos, "hardware_infos");
  Put(&use, "ip", service.address);
  Put(&use, "cpu_core_count", hardware.cores);
  Put(&use, "cpu_core_usage", hardware.cpu_percent);
  Put(&use, "memory", hardware.memory_bytes);
  Put(&use, "memory_usage", hardware.resident_bytes);
  Put(&use, "disk", hardware.disk_bytes);
  Put(&use, "disk_usage", hardware.disk_used_bytes);
  Struct& system = Object(&infos, "system_info");
  Put(&system, "system_version", "");
  Put(&system, "deploy_mode", "STANDALONE");
  Put(&system, "build_version", service.version);
  Put(&system, "build_time", "");
  Put(&system, "used_go_version", "");
  Object(&infos, "system_configurations");
}

void Connect(const Role& to, const char* how, Struct* from) {
  Struct& edge = *(*from->mutable_fields())["connected"]
                      .mutable_list_value()
                      ->add_values()
                      ->mutable_struct_value();
  Put(&edge, "connected_identifier", to.id);
  Put(&edge, "type", how);
  Put(&edge, "target_type", to.name);
}

}  // namespace

std::string SystemInfo(const MilvusService& service) {
  const Hardware hardware = service.hardware ? service.hardware() : Hardware();
  Struct topology;
  ListValue& nodes = *(*topology.mutable_fields())["nodes_info"].mutable_list_value();
  const auto add = [&](const Role& role) {
    Struct* node = nodes.add_values()->mutable_struct_value();
    PutNode(role, service, hardware, node);
    return node;
  };
  Connect(kRoot, "forward", add(kProxy));
  Struct* root = add(kRoot);
  for (const Role& role : kServing) Connect(role, "manage", root);
  for (const Role& role : kServing) add(role);
  std::string json;
  const auto written = google::protobuf::util::MessageToJsonString(topology, &json);
  CHECK(written.ok());
  return json;
}

}  // namespace elanus::server
