// Clustering for inverted lists. Deterministic: the same rows and parameters give the same centres.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/context.h"
#include "index/vector_index.h"
#include "index/workers.h"

namespace elanus::index {

// Centres of the valid rows of a dense column: `count` of them, fewer when there are fewer rows.
// Numeric columns: float32 by L2 (of normalised rows for COSINE). Binary: majority bits by Hamming.
struct Centres {
  size_t count = 0;
  size_t dim = 0;
  std::vector<float> floats;  // numeric: count x dim
  std::vector<uint8_t> bits;  // binary: count x dim/8
};

Result<Centres> FindCentres(const Context& context, const VectorView& vectors, Metric metric,
                            size_t count, Workers* workers);

// The centre nearest to each valid row; kNoCentre for the others.
inline constexpr uint32_t kNoCentre = ~0u;
Status AssignRows(const Context& context, const VectorView& vectors, Metric metric,
                  const Centres& centres, Workers* workers, std::vector<uint32_t>* out);

}  // namespace elanus::index
