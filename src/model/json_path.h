// One path looked up in many documents, as a filter does: documents of one column have mostly the
// same keys, so each step first looks where the last document had its key. Not thread-safe; cheap
// to make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/json.h"

namespace elanus {

class JsonPath {
 public:
  // As JsonView::Walk takes it; borrowed.
  explicit JsonPath(std::span<const std::string> path);

  // JsonView(binary).Walk(path)
  JsonView Find(std::string_view binary);

 private:
  struct Step {
    std::string key;    // as an object holds it: with its length before it
    uint64_t word = 0;  // its first eight bytes
    uint64_t mask = 0;  // which of them there are
    size_t place = 0;   // in the table of the last object that had it
  };
  template <typename Offset>
  static std::string_view ValueAt(std::string_view object, const Step& step);

  std::span<const std::string> path_;
  std::vector<Step> steps_;
};

}  // namespace elanus
