#include "segment/norms.h"

#include <cmath>

#include "base/status.h"

namespace elanus::segment {
namespace {

simd::ConvertKernel Widening(DataType type) {
  if (type == DataType::kFloat16Vector) return simd::Get().f16_to_f32;
  if (type == DataType::kBFloat16Vector) return simd::Get().bf16_to_f32;
  return nullptr;
}

}  // namespace

InverseNorms::InverseNorms(DataType type, int64_t dim)
    : dot_(type == DataType::kInt8Vector ? simd::Get().i8_ip.row : simd::Get().f32_ip.row),
      widen_(Widening(type)),
      dim_(static_cast<size_t>(dim)),
      wide_(widen_ == nullptr ? 0 : dim_) {
  CHECK(HasNorms(type));
}

float InverseNorms::Of(const void* row) {
  if (widen_ != nullptr) {
    widen_(row, wide_.data(), dim_);
    row = wide_.data();
  }
  const float square = dot_(row, row, dim_);
  return square > 0 ? 1.0f / std::sqrt(square) : 0.0f;
}

}  // namespace elanus::segment
