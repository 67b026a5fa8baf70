// What GetVersion and --version answer. Every SDK parses it as a 2.6 server; some choose features
// by it, so it rises with what is built.
#pragma once

#include <string_view>

namespace elanus::app {

inline constexpr std::string_view kVersion = "v2.6.6-elanus.0.1.0";

}  // namespace elanus::app
