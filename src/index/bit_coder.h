// A column in two bits a dimension, so that a search reads a sixteenth or an eighth of it and
// compares exactly only what may be among the nearest.
//
// A vector less a centre is rotated at random and quantised (simd/bitcodes.h); its inner product
// with the rotated query is then known up to a normal error of known deviation (Gao and Long,
// "RaBitQ", SIGMOD 2024, section 3.2). Rows whose lower bound of the distance is above the worst of
// the k nearest so far are left out: by the first bit, then by both. The bounds are 3 and 2.6
// deviations wide, so a true neighbour is missed less than once in 200; a search may ask for less.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/context.h"
#include "base/status.h"
#include "index/vector_index.h"
#include "model/bitmap.h"
#include "model/hits.h"
#include "simd/fastscan.h"
#include "simd/rotate.h"

namespace elanus::index {

inline constexpr size_t kBitBlockRows = simd::kFastRows;  // 32

// What is kept of a block of rows. Codes: BitCoder::plane_bytes() each, in FastScan's layout.
// Factors: |r|^2 of the residual r; for the first bit and for both what turns a sum into <r, q>,
// and its deviation over |q|.
struct BitBlock {
  std::vector<uint8_t> signs, seconds;
  float squares[kBitBlockRows];
  float sign_scales[kBitBlockRows], sign_errors[kBitBlockRows];
  float scales[kBitBlockRows], errors[kBitBlockRows];
};

// The same of consecutive blocks, borrowed.
struct BitPlanes {
  const uint8_t *signs = nullptr, *seconds = nullptr;
  const float* squares = nullptr;
  const float *sign_scales = nullptr, *sign_errors = nullptr;
  const float *scales = nullptr, *errors = nullptr;
};

// Consecutive rows: row `begin + i` is row i of `vectors`. The first `coded` of them are searched;
// the planes hold their blocks.
struct BitRun {
  size_t begin = 0;
  size_t coded = 0;
  VectorView vectors;
  BitPlanes planes;
};

// The mean of rows as the metric sees them (COSINE: at length 1); nulls are left out.
class RowMean {
 public:
  RowMean(int64_t dim, Metric metric);

  // Rows [0, count) of the view; COSINE needs its inverse norms.
  void Add(const VectorView& view, size_t count);
  std::vector<float> Take() const;  // zeros when nothing was added

 private:
  const Metric metric_;
  std::vector<double> sums_;
  std::vector<float> row_;
  size_t count_ = 0;
};

class BitCoder {
 public:
  // Whether codes beat a scan of the column. Float types of 64 dimensions and more.
  static bool Serves(DataType type, int64_t dim);

  BitCoder(int64_t dim, Metric metric);

  Metric metric() const { return metric_; }
  size_t padded() const { return padded_; }
  size_t plane_bytes() const { return simd::FastBlockBytes(codes_); }

  // The centre as rows are (`dim` floats, COSINE: of normalised rows), or as center() gave it.
  // False: it is beyond what floats can estimate.
  bool SetCenter(const float* mean);
  bool SetTurnedCenter(const float* center);
  const std::vector<float>& center() const { return center_; }  // rotated: padded() floats

  // Codes rows [first, first + count) of the view, count <= 32; the places behind repeat the last
  // row. False: a row is beyond what floats can estimate.
  bool Encode(const VectorView& view, size_t first, size_t count, BitBlock* block) const;

  // Offers the nearest allowed rows of the runs to `top`, by exact distance; what `top` holds
  // already narrows the search. `care` is how wide the bounds are, of their full width. Runs
  // ascend, and all but the last are coded in whole blocks. False: the query is beyond what floats
  // can estimate, nothing was offered.
  Result<bool> Search(const Context& context, const std::byte* query, std::span<const BitRun> runs,
                      const RowMask& allowed, float care, TopK* top) const;

 private:
  struct Probe;   // a query made ready
  struct Bounds;  // what is found out about a few blocks

  bool MakeProbe(const float* query, float care, Probe* probe) const;
  // Which rows of the blocks from block `first` on may be nearer than `bound`.
  void Scan(const Probe& probe, const BitPlanes& planes, size_t first, size_t blocks, float bound,
            Bounds* found) const;

  const size_t dim_, padded_;
  const size_t codes_;  // of four dimensions each
  const Metric metric_;
  const simd::Rotation rotation_;
  std::vector<float> center_;
  float center_norm_ = 0;
};

}  // namespace elanus::index
