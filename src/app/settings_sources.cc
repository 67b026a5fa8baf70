#include "app/settings_sources.h"

#include <cctype>
#include <exception>
#include <utility>

#include <yaml-cpp/yaml.h>

namespace elanus::app {
namespace {

constexpr std::string_view kEnvironmentPrefix = "ELANUS_";

// Scalars by their dotted keys, in the order of the file. Lists have no dotted key: they end as
// unknown.
void Flatten(const YAML::Node& node, const std::string& prefix,
             std::vector<std::pair<std::string, std::string>>* out) {
  if (node.IsMap()) {
    for (const auto& entry : node) {
      const auto name = entry.first.as<std::string>();
      Flatten(entry.second, prefix.empty() ? name : prefix + "." + name, out);
    }
    return;
  }
  out->emplace_back(prefix, node.IsScalar() ? node.Scalar() : "");
}

Result<std::vector<std::pair<std::string, std::string>>> ParseYaml(std::string_view yaml,
                                                                   std::string_view file) {
  std::vector<std::pair<std::string, std::string>> values;
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    if (root.IsNull()) return values;
    if (!root.IsMap()) {
      return Fail(Code::kParameterInvalid, std::string(file) + ": is not a map of settings");
    }
    Flatten(root, "", &values);
  } catch (const std::exception& error) {
    return Fail(Code::kParameterInvalid, std::string(file) + ": " + error.what());
  }
  return values;
}

}  // namespace

Result<UnknownKeys> ApplyYaml(std::string_view yaml, std::string_view file, Settings* settings) {
  UnknownKeys unknown;
  for (const auto& [key, value] : TRY(ParseYaml(yaml, file))) {
    Status status = Set(key, value, settings);
    if (status.code() == Code::kNotFound) {
      unknown.push_back(key);
    } else if (!status.ok()) {
      return std::move(status).Prefixed(file);
    }
  }
  return unknown;
}

std::string EnvironmentName(std::string_view key) {
  std::string name(kEnvironmentPrefix);
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Result<UnknownKeys> ApplyEnvironment(const std::map<std::string, std::string>& environment,
                                     Settings* settings) {
  std::map<std::string, const Setting*> known;
  for (const Setting& setting : AllSettings()) known[EnvironmentName(setting.key)] = &setting;
  UnknownKeys unknown;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kEnvironmentPrefix)) continue;
    const auto found = known.find(name);
    if (found == known.end()) {
      unknown.push_back(name);
      continue;
    }
    Status status = Set(found->second->key, value, settings);
    if (!status.ok()) return std::move(status).Prefixed(name);
  }
  return unknown;
}

Status ApplyAssignment(std::string_view assignment, Settings* settings) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    return Fail(Code::kParameterInvalid,
                "--set " + std::string(assignment) + ": expected key=value");
  }
  return Set(assignment.substr(0, equals), assignment.substr(equals + 1), settings);
}

}  // namespace elanus::app
