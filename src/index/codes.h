// 8-bit codes of a dense numeric column: the mean is taken off, each row is scaled by its own
// largest component. Traversal and scans read these instead of the raw rows (a quarter of float32's
// bytes); the few best are then compared exactly. Distances from codes estimate the engine
// distance, and the error of an estimate is about normal with a known deviation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/array.h"
#include "index/distance.h"
#include "index/workers.h"
#include "simd/kernels.h"
#include "simd/rotate.h"

namespace elanus::index {

size_t CodeStride(size_t dim);

// How a column is encoded. For IP a row gets one more coordinate, sqrt(largest norm^2 - norm^2), so
// that the graph is built in a space where nearness by L2 is nearness by inner product.
struct CodeModel {
  size_t dim = 0;  // of the column
  Metric metric = Metric::kNone;
  std::vector<float> mean;
  // Rows are turned before they are quantised: what a single bit a dimension needs, and what keeps
  // a few large dimensions from taking all the precision.
  bool rotated = false;
  simd::Rotation rotation;

  // Of a code: dim, or what the rotation pads it to.
  size_t width() const { return rotated ? rotation.padded() : dim; }
  float norm2_max = 0;  // IP: of the largest row
  float error = 0;      // root mean square length of what quantisation loses in a row
  float norm = 0;       // root mean square length of a row without the mean
};

// Reads a sample of the column; rows whose validity byte is 0 are left out.
CodeModel TrainCodes(const VectorView& vectors, Metric metric, Workers* workers,
                     bool rotated = false);
// Sets the rotation of model->dim, or that there is none.
void Arrange(CodeModel* model, bool rotated);
// Fills rows [0, rows) of `codes` (CodeStride(model->width()) bytes each) in the order of `order`,
// or of the column when it is null; completes model->error and model->norm.
void EncodeRows(const VectorView& vectors, const uint32_t* order, size_t rows, Workers* workers,
                CodeModel* model, Array<uint8_t>* codes);

// A query against codes. Reusable: Bind* overwrites.
class CodeProbe {
 public:
  // A search query, already as floats and, for COSINE, normalised.
  void BindQuery(const CodeModel& model, const float* query);
  // A row of the codes against others, in the space the graph is built in.
  void BindRow(const uint8_t* row, size_t dim);

  const simd::CodeQuery& query() const { return query_; }
  // BindQuery: the query in the space of the graph, `width` long. There an engine distance is
  // weight * (squared L2) + shift, and origin is about the engine distance of the mean.
  const float* turned() const { return turned_.data(); }
  float weight() const { return weight_; }
  float shift() const { return shift_; }
  float origin() const { return origin_; }
  // An estimate this much above a bound is above it for certain enough (4 standard deviations).
  float Slack(float estimate) const;
  // BindRow: the distance to a row of equal codes.
  float same() const { return same_; }

 private:
  std::vector<int8_t> codes_;
  std::vector<float> turned_;
  std::vector<float> shifted_;
  simd::CodeQuery query_{};
  float weight_ = 1;
  float origin_ = 0;
  float same_ = 0;
  float slack_ = 0;       // IP: constant
  float slack_root_ = 0;  // L2, COSINE: times the root of the distance less shift_
  float shift_ = 0;
};

}  // namespace elanus::index
