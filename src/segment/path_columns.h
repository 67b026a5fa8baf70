// Path columns: the values that most documents of a JSON field have under some path, as columns of
// their own beside the documents, so that filters on them read packed numbers and strings
// (docs/adr/0019). A row whose value there is of another kind, null or absent is null in the
// column, which is what a comparison makes of it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/json.h"
#include "model/types.h"
#include "segment/segment.h"

namespace elanus::segment {

// `column` is the id under which the file has it, of no schema.
struct PathColumn {
  FieldId field;
  std::vector<std::string> path;    // keys of objects, as JsonView::Walk takes them
  DataType type = DataType::kNone;  // kBool, kDouble or kVarChar
  FieldId column;
};

// The field under which a file has the table of its path columns; their own ids follow.
inline constexpr FieldId kPathTable{int64_t{1} << 40};

void EncodePaths(const std::vector<PathColumn>& paths, std::string* out);
Result<std::vector<PathColumn>> DecodePaths(std::string_view bytes);

// Finds the paths that are worth a column in a sample of documents.
class PathCensus {
 public:
  PathCensus();
  PathCensus(PathCensus&&) noexcept;
  ~PathCensus();
  void Add(std::string_view document);  // binary JSON

  struct Path {
    std::vector<std::string> keys;
    DataType type = DataType::kNone;
  };
  // Those that at least three in ten documents have, the most frequent at first, as long as their
  // columns are not larger than the documents.
  std::vector<Path> Take() const;

 private:
  struct Node;
  void Visit(const JsonView& object, size_t depth, Node* node);

  std::unique_ptr<Node> root_;
  size_t documents_ = 0;
  uint64_t bytes_ = 0;
};

// Reads what lies under a path of each document. One thread.
class PathValues final : public ValueReader {
 public:
  // Borrows the path. `exact` becomes false at a number that no double holds.
  PathValues(std::unique_ptr<ValueReader> documents, const PathCensus::Path& path, bool* exact);
  ~PathValues() override;
  std::optional<std::string_view> At(uint32_t row) const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace elanus::segment
