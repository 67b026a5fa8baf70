#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/main/standalone.h"
#include "app/process.h"
#include "app/run.h"
#include "io/posix/posix_file_system.h"

int main(int argc, char** argv) {
  using namespace elanus;
  app::StopSignals signals;  // before the first thread
  const std::unique_ptr<io::FileSystem> fs = io::NewPosixFileSystem();
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  return app::Run(
      {arguments, app::ReadEnvironment(), *fs, std::cout, std::cerr, app::StartStandalone,
       [&signals] { return std::string(strsignal(signals.Wait())); }, app::OpenCatalog});
}
