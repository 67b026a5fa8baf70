#include "app/command_line.h"

#include <utility>
#include <vector>

namespace elanus::app {
namespace {

Status UsageError(const std::string& message) {
  return Status(Code::kParameterInvalid, message + "; see `elanus --help`");
}

// A flag of its own -> the setting it sets.
constexpr std::pair<std::string_view, std::string_view> kSettingFlags[] = {
    {"--data", "data"}, {"--listen", "listen"}, {"--admin", "admin"}};

struct Flags {
  std::string config;
  std::vector<std::string> assignments;                          // of --set, in order
  std::vector<std::pair<std::string_view, std::string>> values;  // key, value
};

// Takes one flag with its value ("--name value" or "--name=value").
Status TakeFlag(std::string_view name, std::string value, Flags* flags) {
  if (name == "--config") {
    flags->config = std::move(value);
    return Status();
  }
  if (name == "--set") {
    flags->assignments.push_back(std::move(value));
    return Status();
  }
  for (const auto& [flag, key] : kSettingFlags) {
    if (flag != name) continue;
    flags->values.emplace_back(key, std::move(value));
    return Status();
  }
  return UsageError("unknown flag " + std::string(name));
}

Result<Settings> ApplySources(const Flags& flags,
                              const std::map<std::string, std::string>& environment,
                              io::FileSystem& fs, UnknownKeys* unknown) {
  Settings settings;
  if (!flags.config.empty()) {
    const std::string yaml = TRY(io::ReadFile(fs, flags.config));
    *unknown = TRY(ApplyYaml(yaml, flags.config, &settings));
  }
  for (std::string& name : TRY(ApplyEnvironment(environment, &settings))) {
    unknown->push_back(std::move(name));
  }
  for (const std::string& assignment : flags.assignments) {
    TRY(ApplyAssignment(assignment, &settings));
  }
  for (const auto& [key, value] : flags.values) TRY(Set(key, value, &settings));
  return settings;
}

}  // namespace

Result<CommandLine> ParseCommandLine(std::span<const std::string_view> arguments,
                                     const std::map<std::string, std::string>& environment,
                                     io::FileSystem& fs) {
  CommandLine line;
  Flags flags;
  size_t i = 0;
  if (!arguments.empty() && !arguments[0].starts_with("-")) {
    const std::string_view command = arguments[i++];
    if (command == "config") {
      line.action = Action::kPrintConfig;
    } else if (command == "verify" || command == "inspect") {
      line.action = command == "verify" ? Action::kVerify : Action::kInspect;
      if (i < arguments.size() && !arguments[i].starts_with("-"))
        flags.values.emplace_back("data", std::string(arguments[i++]));
    } else if (command == "discard") {
      line.action = Action::kDiscard;
      if (i == arguments.size() || arguments[i].starts_with("-"))
        return UsageError("discard needs a segment, DIR/shards/ID/N.seg");
      line.segment = arguments[i++];
    } else if (command == "version") {
      line.action = Action::kPrintVersion;
    } else if (command == "help") {
      line.action = Action::kPrintHelp;
    } else if (command != "serve") {
      return UsageError("unknown command " + std::string(command));
    }
  }
  for (; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--version" || argument == "--help" || argument == "-h") {
      line.action = argument == "--version" ? Action::kPrintVersion : Action::kPrintHelp;
      return line;
    }
    if (!argument.starts_with("--")) {
      return UsageError("unexpected argument " + std::string(argument));
    }
    const size_t equals = argument.find('=');
    if (equals != std::string_view::npos) {
      TRY(TakeFlag(argument.substr(0, equals), std::string(argument.substr(equals + 1)), &flags));
    } else if (i + 1 < arguments.size()) {
      TRY(TakeFlag(argument, std::string(arguments[++i]), &flags));
    } else {
      return UsageError(std::string(argument) + " needs a value");
    }
  }
  line.settings = TRY(ApplySources(flags, environment, fs, &line.unknown));
  return line;
}

std::string_view HelpText() {
  return R"(Elanus, a vector database that speaks Milvus's protocol.

  elanus [serve] [flags]     serve the data folder until SIGTERM or SIGINT
  elanus config [flags]      print every setting with its default, range and meaning, as YAML
  elanus verify [DIR]        read every file of a folder that no server uses; status 1: damage
  elanus inspect [DIR]       show what is in it: log, collections, segments, sizes
  elanus discard FILE        give up a damaged segment, DIR/shards/ID/N.seg: its rows are lost
  elanus --version
  elanus --help

Flags:
  --data DIR                 where everything is kept          (./elanus-data)
  --listen HOST:PORT         for clients: gRPC and HTTP        (127.0.0.1:19530)
  --admin HOST:PORT          for health checks and metrics     (127.0.0.1:9091)
  --config FILE              a YAML file of settings; Milvus's names are understood
  --set KEY=VALUE            one setting; may be repeated

Settings also come from the environment: ELANUS_LOG_LEVEL=debug sets log.level. The order, later
ones win: defaults, file, environment, --set, the other flags.
)";
}

}  // namespace elanus::app
