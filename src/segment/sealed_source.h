// SealedSource: a sealed segment as filters read it.
#pragma once

#include <functional>
#include <map>

#include "expr/source.h"
#include "model/schema.h"
#include "segment/missing_field.h"
#include "segment/path_columns.h"
#include "segment/sealed_column.h"
#include "segment/segment.h"

namespace elanus::segment {

// Rows by primary key: calls back for each row that holds one of the values, which are of the key's
// type.
struct KeyFinder {
  FieldId field;
  std::function<void(const std::vector<Value>& values, const std::function<void(uint32_t)>& fn)>
      find;
};

class SealedSource : public expr::Source {
 public:
  // `damaged` is told what Read cannot return; rows that cannot be read are null.
  SealedSource(const std::map<FieldId, SealedColumn>& columns, const std::vector<PathColumn>& paths,
               const Schema& schema, size_t rows, const IndexSet* indexes, KeyFinder keys,
               std::function<void(Status)> damaged);

  size_t rows() const override { return rows_; }
  expr::Block Read(FieldId field, size_t first, size_t count,
                   expr::BlockScratch* scratch) const override;
  expr::Block ReadActive(FieldId field, size_t first, size_t count, const uint64_t* active,
                         expr::BlockScratch* scratch) const override;
  std::optional<FieldId> FindPath(FieldId field, const std::vector<std::string>& path,
                                  DataType type) const override;
  std::unique_ptr<expr::BlockTest> TestBlocks(const expr::IndexPredicate& predicate) const override;
  // By the column's statistics if they rule all rows out, else by the index.
  std::optional<expr::IndexEstimate> EstimateIndex(
      const expr::IndexPredicate& predicate) const override;
  Bitmap AskIndex(const expr::IndexPredicate& predicate) const override;

 private:
  // What tells of a predicate: the field's column, or those of its path whose values it compares
  // with; none where there is no such column.
  std::vector<const SealedColumn*> ColumnsFor(const expr::IndexPredicate& predicate) const;
  // Whether the statistics of one show that no row matches.
  bool IsRuledOut(const expr::IndexPredicate& predicate) const;
  bool AsksForKeys(const expr::IndexPredicate& predicate) const;
  // An index that answers the predicate, whole if there is such a one; or null.
  struct Answer {
    const index::ScalarIndex* index = nullptr;
    expr::IndexEstimate estimate = {};
    std::unique_ptr<index::ScalarIndex> part =
        nullptr;  // `index`, if it was made for the predicate
  };
  Answer IndexFor(const expr::IndexPredicate& predicate) const;

  const std::map<FieldId, SealedColumn>& columns_;
  const std::vector<PathColumn>& paths_;
  const size_t rows_;
  const IndexSet* indexes_;
  KeyFinder keys_;
  std::function<void(Status)> damaged_;
  MissingFields missing_;
};

}  // namespace elanus::segment
