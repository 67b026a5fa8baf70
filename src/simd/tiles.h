// Products of bytes, many queries against many rows at once, with sums held in registers: the
// inner part of a matrix product. Rows lie in panels of 16, so that a sum needs no adding across
// lanes and a panel is read once for several queries.
//
// A panel: for each 4 dimensions 64 bytes, row i's 4 bytes at 4 i; dimensions past the last and
// rows that are missing are anything. Queries: int8, padded with zeros to a multiple of 4.
// Every level gives the same. Pure functions; nothing needs to be aligned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace elanus::simd {

inline constexpr size_t kPanelRows = 16;
constexpr size_t TileDim(size_t dim) { return (dim + 3) / 4 * 4; }
constexpr size_t PanelBytes(size_t dim) { return TileDim(dim) * kPanelRows; }

// The other side of a comparison of products: query q's products p become
//   constants[q] * inverses[row] - scales[q] * (p - offsets[q]).
struct TileQueries {
  const float* constants;
  const float* scales;
  const int32_t* offsets;
};

// What lower ends of distances are made of: a row's, arrays over the rows; a query's.
struct TileRows {
  const float* add;     // added to the distance
  const float* scale;   // of the row's bytes
  const float* lost;    // length of what rounding lost
  const float* length;  // of the rounded row, no less
};
struct TileQuery {
  float base;      // added to every distance
  float slope;     // of the product of the vectors in the distance: -2 or -1
  float scale;     // of the query's bytes
  float lost;      // length of what rounding lost
  float length;    // of the query
  int32_t offset;  // of its products
};

struct Tiles {
  std::string_view level;
  // out[(q * panels + p) * 16 + i] = sum over d < dim of row i of panel p times query q, for
  // dim <= 65,536. Query q is at queries + q * TileDim(dim).
  void (*products)(const int8_t* queries, size_t count, const uint8_t* rows, size_t panels,
                   size_t dim, int32_t* out);
  // Of each row the query with the least value, among products of `count` queries with `rows` rows
  // (a multiple of kPanelRows): where one is below best[row], best and which (first + q) are set.
  void (*nearest)(const int32_t* products, size_t count, size_t rows, const TileQueries& queries,
                  const float* inverses, uint32_t first, float* best, uint32_t* which);
  // lowers[i] = base + add + slope * scale * row scale * (product - offset)
  //             + slope * (length * row lost + lost * row length): no distance is below it.
  void (*lowers)(const int32_t* products, size_t rows, const TileRows& row, const TileQuery& query,
                 float* lowers);
  // The largest magnitude of n finite floats.
  float (*max_abs)(const float* v, size_t n);
  // out[i] = v[i] * by, rounded to nearest (ties to even); the products lie within [-127, 127].
  void (*round)(const float* v, float by, size_t n, int8_t* out);
  // v as codes times the scale returned, the largest component becoming 127 in magnitude; the
  // squared lengths of what rounding lost and of v, in floats, those up to rounding order.
  float (*encode)(const float* v, size_t n, int8_t* codes, float* lost2, float* length2);
};

// As simd::Get and simd::Find (kernels.h).
const Tiles& GetTiles();
const Tiles* FindTiles(std::string_view level);

// Puts a row of dim signed bytes into a panel as bytes + 128.
void PutInPanel(const int8_t* row, size_t dim, size_t at, uint8_t* panel);

}  // namespace elanus::simd
