// SealedSource: a sealed segment as filters read it.
#pragma once

#include <functional>
#include <map>

#include "expr/source.h"
#include "model/schema.h"
#include "segment/missing_field.h"
#include "segment/sealed_column.h"
#include "segment/segment.h"

namespace elanus::segment {

class SealedSource : public expr::Source {
 public:
  // `damaged` is told what Read cannot return; rows that cannot be read are null.
  SealedSource(const std::map<FieldId, SealedColumn>& columns, const Schema& schema, size_t rows,
               const IndexSet* indexes, std::function<void(Status)> damaged);

  size_t rows() const override { return rows_; }
  expr::Block Read(FieldId field, size_t first, size_t count,
                   expr::BlockScratch* scratch) const override;
  // By the column's statistics if they rule all rows out, else by the index.
  std::optional<expr::IndexEstimate> EstimateIndex(
      const expr::IndexPredicate& predicate) const override;
  Bitmap AskIndex(const expr::IndexPredicate& predicate) const override;

 private:
  // An index that answers the predicate, whole if there is such a one; or null.
  struct Answer {
    const index::ScalarIndex* index = nullptr;
    expr::IndexEstimate estimate = {};
  };
  Answer IndexFor(const expr::IndexPredicate& predicate) const;

  const std::map<FieldId, SealedColumn>& columns_;
  const size_t rows_;
  const IndexSet* indexes_;
  std::function<void(Status)> damaged_;
  MissingFields missing_;
};

}  // namespace elanus::segment
