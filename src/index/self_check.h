// What an index finds of what there is, measured when it is built and kept in its file.
#pragma once

#include "index/vector_index.h"
#include "index/workers.h"

namespace elanus::index {

// The part of the 10 nearest other rows that `index` finds for up to 1,000 rows sampled from its
// dense column, by distance, with the index's default search parameters. 1 for an empty column.
Result<double> MeasureRecall(const Context& context, const VectorIndex& index,
                             const VectorView& vectors, Metric metric, Workers* workers);

// As text for a description: four digits after the point.
std::string RecallText(double recall);

}  // namespace elanus::index
