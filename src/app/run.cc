#include "app/run.h"

#include <ostream>
#include <utility>

#include <unistd.h>

#include "app/command_line.h"
#include "app/data_folder.h"
#include "app/discard.h"
#include "app/process.h"
#include "app/survey.h"
#include "app/version.h"
#include "base/log.h"

namespace elanus::app {
namespace {

void WarnOfUnknown(const UnknownKeys& unknown) {
  for (const std::string& key : unknown) LOG_WARNING("a setting is not known", {"key", key});
}

void WarnOfOpenAddress(const Settings& settings) {
  for (const auto& endpoint : {settings.server.listener.endpoint, settings.admin_server.endpoint}) {
    if (endpoint.IsLoopback() || settings.authorization) continue;
    LOG_WARNING("other machines can reach this address, and authorization is off",
                {"address", endpoint.ToString()});
  }
}

Status Serve(const Program& program, CommandLine line) {
  const Settings settings = TRY(Validated(std::move(line.settings)));
  TRY(ConfigureLog(settings.log));
  LOG_INFO("elanus starts", {"version", kVersion}, {"data", settings.data},
           {"listen", settings.listen}, {"admin", settings.admin},
           {"open_files_max", RaiseFileLimit()});
  WarnOfUnknown(line.unknown);
  WarnOfOpenAddress(settings);
  const std::unique_ptr<Service> service = TRY(program.start(settings, program.fs));
  LOG_INFO("elanus serves");
  const std::string reason = program.wait_for_stop();
  LOG_INFO("elanus stops", {"reason", reason});
  service->Stop(settings.drain_max);
  LOG_INFO("elanus stopped");
  return Status();
}

Result<std::unique_ptr<DataFolder>> OpenExisting(io::FileSystem& fs, const std::string& path) {
  if (!TRY(fs.Exists(io::JoinPath(path, "meta"))))
    return Fail(Code::kParameterInvalid, path + " is no data folder");
  return DataFolder::Open(fs, path);
}

Status Discard(const Program& program, const std::string& segment) {
  const auto folder = TRY(OpenExisting(program.fs, TRY(FolderOfSegment(segment))));
  const auto store = TRY(program.open_catalog(program.fs, folder->meta(), CatalogUse::kChange));
  return DiscardSegment(program.fs, *folder, *store, segment, program.out);
}

// False: something is damaged.
Result<bool> Survey(const Program& program, Action action, const std::string& path) {
  const auto folder = TRY(OpenExisting(program.fs, path));
  const auto store = TRY(program.open_catalog(program.fs, folder->meta(), CatalogUse::kRead));
  if (action == Action::kVerify) return VerifyData(program.fs, *folder, *store, program.out);
  TRY(InspectData(program.fs, *folder, *store, program.out));
  return true;
}

}  // namespace

int Run(const Program& program) {
  auto line = ParseCommandLine(program.arguments, program.environment, program.fs);
  if (!line.ok()) {
    program.err << "elanus: " << line.status().message() << std::endl;
    return 2;
  }
  switch (line->action) {
    case Action::kPrintVersion:
      program.out << kVersion << std::endl;
      return 0;
    case Action::kPrintHelp:
      program.out << HelpText() << std::flush;
      return 0;
    case Action::kPrintConfig:
      program.out << RenderYaml(line->settings) << std::flush;
      for (const std::string& key : line->unknown) {
        program.err << "elanus: a setting is not known: " << key << std::endl;
      }
      return 0;
    case Action::kVerify:
    case Action::kInspect: {
      const auto good = Survey(program, line->action, line->settings.data);
      if (good.ok()) return *good ? 0 : 1;
      program.err << "elanus: " << good.status().message() << std::endl;
      return 1;
    }
    case Action::kDiscard: {
      const Status done = Discard(program, line->segment);
      if (done.ok()) return 0;
      program.err << "elanus: " << done.message() << std::endl;
      return 1;
    }
    case Action::kServe:
      break;
  }
  const Status status = Serve(program, std::move(*line));
  if (status.ok()) return 0;
  LOG_ERROR("elanus cannot serve", {"error", status.message()});
  program.err << "elanus: " << status.message() << std::endl;
  return 1;
}

std::map<std::string, std::string> ReadEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace elanus::app
