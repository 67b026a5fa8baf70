// For tests: random schemas and rows, and a naive model that every kind of segment must agree with.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "model/column.h"
#include "model/hits.h"
#include "model/schema.h"
#include "segment/segment.h"

namespace elanus::segment {

using Random = std::mt19937_64;

// Every type a field can have, each also nullable (except the key); `string_key`: a VarChar key.
Schema WideSchema(bool string_key);

// Rows as plain columns: what a segment with these rows must answer.
struct Rows {
  Schema schema;
  std::vector<Column> columns;  // one a field, in the schema's order
  std::vector<PartitionId> partitions;
  std::vector<Timestamp> inserted;

  explicit Rows(Schema s);
  size_t size() const { return inserted.size(); }
  const Column& Of(FieldId field) const;
  void Add(const Batch& batch, std::span<const PartitionId> batch_partitions, Timestamp ts);
  // Rows in another order, or fewer.
  Rows Picked(std::span<const uint32_t> rows) const;
  // The order of a sealed segment: by (partition, key), then as here.
  std::vector<uint32_t> SortedOrder() const;
};

// Keys are from a small range, so that some repeat. Columns of `skipped` fields are left out.
Batch RandomBatch(const Schema& schema, size_t rows, Random* random,
                  const std::vector<FieldId>& skipped = {});

// Distance as a search reports it, in double.
double DistanceBetween(DataType type, int64_t dim, Metric metric, std::string_view query,
                       std::string_view row);

// Expects the same answers of `segment` as of the first `rows` rows of the model, to all reads.
void ExpectSameReads(const Segment& segment, const Rows& model, size_t rows, Random* random);

}  // namespace elanus::segment
