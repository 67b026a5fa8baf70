// What BM25 needs to know of all rows before it can weigh one: how long they are, and how many have
// each of the queries' terms.
#pragma once

#include "base/context.h"
#include "base/status.h"
#include "roles/shard.h"
#include "shard/snapshot.h"

namespace elanus::shard {

// The queries' term frequencies become weights, tf * ln(1 + (N - df + 0.5) / (df + 0.5)) over the
// rows of the snapshot that are live, whichever a search would go through; answers the mean length
// of a row, 0 when no row has a term.
// Source: Robertson, Zaragoza: The Probabilistic Relevance Framework, 2009, section 3.1; idf as
// Lucene and Milvus have it.
Result<float> WeighTerms(const Context& context, const Snapshot& snapshot, FieldId field,
                         bool ignore_growing, roles::QueryVectors* queries);

}  // namespace elanus::shard
