// Where settings come from. Later ones win: defaults, the file of --config, the environment, --set,
// the flags of their own.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "base/status.h"

namespace elanus::app {

// Names that set nothing here (a milvus.yaml has hundreds): for a warning.
using UnknownKeys = std::vector<std::string>;

// YAML text, nested by sections or with dotted keys. `file` is for messages.
Result<UnknownKeys> ApplyYaml(std::string_view yaml, std::string_view file, Settings* settings);

// ELANUS_SECTION_KEY: "ELANUS_PROXY_MAXNAMELENGTH=64" sets proxy.maxNameLength.
Result<UnknownKeys> ApplyEnvironment(const std::map<std::string, std::string>& environment,
                                     Settings* settings);
std::string EnvironmentName(std::string_view key);

// "key=value"; an unknown key is an error.
Status ApplyAssignment(std::string_view assignment, Settings* settings);

}  // namespace elanus::app
