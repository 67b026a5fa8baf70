// RenderYaml: the table as the file that a user edits.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"

namespace elanus::app {
namespace {

constexpr size_t kColumns = 100;

std::vector<std::string> Split(const std::string& key) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= key.size();) {
    const size_t end = std::min(key.find('.', begin), key.size());
    parts.push_back(key.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

void AppendComment(const std::string& indent, const std::string& text, std::string* out) {
  const size_t width = kColumns - indent.size() - 2;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = text.size();
    if (end - begin > width) end = text.rfind(' ', begin + width);
    *out += indent + "# " + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
}

// Numbers and words stand as they are; what YAML could misread is quoted.
std::string Scalar(const std::string& value) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  if (!value.empty() && value.find_first_not_of(kPlain) == std::string::npos) return value;
  std::string quoted = "'";
  for (const char c : value) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string RenderYaml(const Settings& settings) {
  const Settings defaults;
  std::string out = "# Every setting of Elanus, as `elanus config` prints them.\n";
  std::vector<std::string> open;  // the sections we are in
  for (const Setting& setting : AllSettings()) {
    std::vector<std::string> parts = Split(setting.key);
    const std::string name = parts.back();
    parts.pop_back();
    size_t shared = 0;
    while (shared < open.size() && shared < parts.size() && open[shared] == parts[shared]) ++shared;
    out += "\n";
    for (; shared < parts.size(); ++shared) {
      out += std::string(2 * shared, ' ') + parts[shared] + ":\n";
    }
    open = parts;
    const std::string indent(2 * parts.size(), ' ');
    AppendComment(indent, setting.meaning, &out);
    const std::string standard = setting.get(defaults);
    AppendComment(
        indent,
        "Default: " + (standard.empty() ? "empty" : standard) + ". Range: " + setting.range + ".",
        &out);
    out += indent + name + ": " + Scalar(setting.get(settings)) + "\n";
  }
  return out;
}

}  // namespace elanus::app
