// What a built graph still lacks to be searched without its upper layers: full rows of links and
// seeds.
#pragma once

#include <cstdint>
#include <vector>

#include "index/array.h"
#include "index/graph.h"
#include "index/workers.h"

namespace elanus::index {

// `links`: rows x degree of layer 0, unused places kNone and last. Gives each row `to_degree` >=
// degree places and fills the free ones with the nearest of its neighbours' neighbours: a search
// that estimates all places of a row at once gets them for nothing. Rows without links keep none.
Array<uint32_t> FillLinks(const Space& space, const uint32_t* links, size_t rows, size_t degree,
                          size_t to_degree, Workers* workers);

// How many seeds a graph of so many rows has.
size_t SeedCount(size_t rows);

}  // namespace elanus::index
