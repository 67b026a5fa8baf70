// The program, but for the wiring: reads the command line, serves until told to stop.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "app/settings.h"
#include "base/status.h"
#include "io/file_system.h"
#include "meta/meta_store.h"

namespace elanus::app {

// What is served; destroying it stops it without further waiting.
class Service {
 public:
  virtual ~Service() = default;
  // Takes no more requests, gives those in flight `drain_max`, closes everything cleanly.
  virtual void Stop(std::chrono::milliseconds drain_max) = 0;
};

enum class CatalogUse { kRead, kChange };

struct Program {
  std::span<const std::string_view> arguments;  // without the program's name
  std::map<std::string, std::string> environment;
  io::FileSystem& fs;
  std::ostream& out;
  std::ostream& err;
  // Returns once everything is open and serves.
  std::function<Result<std::unique_ptr<Service>>(const Settings& settings, io::FileSystem& fs)>
      start;
  std::function<std::string()> wait_for_stop;  // says why it stops
  // The catalog in a folder.
  std::function<Result<std::unique_ptr<meta::MetaStore>>(io::FileSystem& fs,
                                                         const std::string& path, CatalogUse use)>
      open_catalog;
};

// The exit status: 0, 1 for what failed, 2 for a command line that cannot be understood.
int Run(const Program& program);

// environ as a map.
std::map<std::string, std::string> ReadEnvironment();

}  // namespace elanus::app
