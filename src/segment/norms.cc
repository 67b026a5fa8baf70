#include "segment/norms.h"

#include <cmath>
#include <vector>

#include "base/status.h"
#include "simd/kernels.h"

namespace elanus::segment {
namespace {

float Inverse(float square) { return square > 0 ? 1.0f / std::sqrt(square) : 0.0f; }

// Of rows the kernel can multiply with themselves.
void ByKernel(simd::RowKernel ip, size_t width, size_t dim, const std::byte* rows, size_t count, float* out) {
  for (size_t i = 0; i < count; ++i) {
    const std::byte* row = rows + i * width;
    out[i] = Inverse(ip(row, row, dim));
  }
}

// Of rows that are widened to float first.
void ByConversion(simd::ConvertKernel convert, size_t width, size_t dim, const std::byte* rows, size_t count,
                  float* out) {
  const simd::RowKernel ip = simd::Get().f32_ip.row;
  std::vector<float> wide(dim);
  for (size_t i = 0; i < count; ++i) {
    convert(rows + i * width, wide.data(), dim);
    out[i] = Inverse(ip(wide.data(), wide.data(), dim));
  }
}

}  // namespace

void InverseNorms(DataType type, int64_t dim, const std::byte* rows, size_t count, float* out) {
  CHECK(HasNorms(type));
  const simd::Kernels& kernels = simd::Get();
  const size_t width = WidthOf(type, dim);
  const auto size = static_cast<size_t>(dim);
  if (type == DataType::kFloatVector) return ByKernel(kernels.f32_ip.row, width, size, rows, count, out);
  if (type == DataType::kInt8Vector) return ByKernel(kernels.i8_ip.row, width, size, rows, count, out);
  const bool half = type == DataType::kFloat16Vector;
  ByConversion(half ? kernels.f16_to_f32 : kernels.bf16_to_f32, width, size, rows, count, out);
}

}  // namespace elanus::segment
