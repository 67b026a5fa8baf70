// The command line, read into what is to be done and with which settings.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "app/settings.h"
#include "app/settings_sources.h"
#include "base/status.h"
#include "io/file_system.h"

namespace elanus::app {

enum class Action { kServe, kVerify, kInspect, kDiscard, kPrintConfig, kPrintVersion, kPrintHelp };

struct CommandLine {
  Action action = Action::kServe;
  Settings settings;
  UnknownKeys unknown;  // of the file and the environment
  std::string segment;  // kDiscard
};

// `arguments` without the program's name. An error is for the user, in one line.
Result<CommandLine> ParseCommandLine(std::span<const std::string_view> arguments,
                                     const std::map<std::string, std::string>& environment,
                                     io::FileSystem& fs);

std::string_view HelpText();

}  // namespace elanus::app
