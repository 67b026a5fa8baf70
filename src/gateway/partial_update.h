// A partial upsert: fields that are left out keep what the row has, arrays may be added to or taken
// from, keys of the dynamic field are put over those that are there. A row that is not there yet is
// inserted, and then needs every field that an insert needs.
#pragma once

#include <vector>

#include "base/status.h"
#include "gateway/columns.h"
#include "gateway/gateway.h"
#include "model/column.h"
#include "model/schema.h"

namespace elanus::gateway {

// True when one of them does more than replace: the upsert is a partial one then.
Result<bool> CheckFieldOps(const Schema& schema, const std::vector<InputColumn>& columns,
                           const std::vector<FieldOp>& ops);

// Columns of no field, or one field twice, are refused.
Status CheckPartialColumns(const Schema& schema, const std::vector<InputColumn>& columns);

// The fields whose old values MergeRows needs.
std::vector<FieldId> OldFields(const Schema& schema, const Batch& sent,
                               const std::vector<FieldOp>& ops);

// `sent` over `old`: a column for every field. Both hold the primary key, which says which rows are
// one; `old` holds OldFields of the rows that are there.
Result<Batch> MergeRows(const Schema& schema, const ColumnRules& rules, const Batch& sent,
                        const Batch& old, const std::vector<FieldOp>& ops);

}  // namespace elanus::gateway
