// Which columns an answer has: the client's output_fields against the schema.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "gateway/gateway.h"
#include "model/schema.h"

namespace elanus::gateway {

struct OutputFields {
  std::vector<FieldId> ids;             // columns to read, in answer order
  std::vector<std::string> names;       // echoed to the client, which picks dynamic keys by them
  std::vector<std::string> aggregates;  // count(*), sum(x)...
  bool primary_named = false;           // the key itself was asked for
};

// "sum(price)" -> sum, price; nothing when it is not a call of an aggregate.
struct AggregateCall {
  std::string name;   // count, sum, avg, min or max
  std::string field;  // or *
};
std::optional<AggregateCall> ParseAggregate(std::string_view text);

// Names of fields, `*`, keys of the dynamic field, aggregates. Without `keep_primary` the primary
// key is left out of ids and names (a search carries it as ids); it is last when it was named.
enum class PrimaryKey { kWhereNamed, kLast };
Result<OutputFields> ResolveOutputFields(const Schema& schema,
                                         const std::vector<std::string>& requested,
                                         PrimaryKey primary);

// Columns as read from a shard with the fields they belong to.
std::vector<OutputColumn> Describe(const Schema& schema, const std::vector<FieldId>& ids,
                                   std::vector<Column> columns);

}  // namespace elanus::gateway
