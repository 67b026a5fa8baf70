#include "index/distance.h"

#include <cmath>
#include <cstring>

namespace elanus::index {
namespace {

// 0 where all bits of `part` are set in `whole`, else 1.
float Missing(const void* part, const void* whole, size_t bytes) {
  const auto* a = static_cast<const unsigned char*>(part);
  const auto* b = static_cast<const unsigned char*>(whole);
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= bytes; at += sizeof(uint64_t)) {
    uint64_t x, y;
    std::memcpy(&x, a + at, sizeof x);
    std::memcpy(&y, b + at, sizeof y);
    if ((x & ~y) != 0) return 1;
  }
  for (; at < bytes; ++at) {
    if ((a[at] & ~b[at]) != 0) return 1;
  }
  return 0;
}

float Uncontained(const void* query, const void* row, size_t bytes) {
  return Missing(query, row, bytes);
}
float Uncovered(const void* query, const void* row, size_t bytes) {
  return Missing(row, query, bytes);
}

template <simd::RowKernel kRow>
void Rows(const void* query, const void* base, size_t stride, const uint32_t* ids, size_t n,
          size_t size, float* out) {
  const auto* first = static_cast<const std::byte*>(base);
  for (size_t i = 0; i < n; ++i)
    out[i] = kRow(query, first + stride * (ids != nullptr ? ids[i] : i), size);
}

simd::Kernel KernelOf(DataType type, Metric metric) {
  const simd::Kernels& k = simd::Get();
  const bool l2 = metric == Metric::kL2;
  if (type == DataType::kFloatVector) return l2 ? k.f32_l2 : k.f32_ip;
  if (type == DataType::kFloat16Vector) return l2 ? k.f16_l2 : k.f16_ip;
  if (type == DataType::kBFloat16Vector) return l2 ? k.bf16_l2 : k.bf16_ip;
  if (type == DataType::kInt8Vector) return l2 ? k.i8_l2 : k.i8_ip;
  CHECK(type == DataType::kBinaryVector);
  if (metric == Metric::kSubstructure) return {&Uncontained, &Rows<&Uncontained>};
  if (metric == Metric::kSuperstructure) return {&Uncovered, &Rows<&Uncovered>};
  return metric == Metric::kJaccard ? k.jaccard : k.hamming;
}

}  // namespace

void ToFloats(DataType type, const std::byte* from, size_t dim, float* out) {
  const simd::Kernels& k = simd::Get();
  if (type == DataType::kFloatVector) {
    std::memcpy(out, from, dim * sizeof(float));
  } else if (type == DataType::kFloat16Vector) {
    k.f16_to_f32(from, out, dim);
  } else if (type == DataType::kBFloat16Vector) {
    k.bf16_to_f32(from, out, dim);
  } else {
    CHECK(type == DataType::kInt8Vector);
    k.i8_to_f32(from, out, dim);
  }
}

void ReadFloats(const VectorView& vectors, size_t row, float* out) {
  ToFloats(vectors.type, vectors.Row(row), static_cast<size_t>(vectors.dim), out);
}

void Normalise(float* v, size_t dim) {
  const float square = simd::Get().f32_ip.row(v, v, dim);
  const float scale = square > 0 ? 1.0f / std::sqrt(square) : 0.0f;
  for (size_t i = 0; i < dim; ++i) v[i] *= scale;
}

std::vector<float> InverseNorms(const VectorView& vectors) {
  const auto dim = static_cast<size_t>(vectors.dim);
  std::vector<float> floats(dim);
  std::vector<float> norms(vectors.rows);
  for (size_t row = 0; row < vectors.rows; ++row) {
    ReadFloats(vectors, row, floats.data());
    const float square = simd::Get().f32_ip.row(floats.data(), floats.data(), dim);
    norms[row] = square > 0 ? 1.0f / std::sqrt(square) : 0.0f;
  }
  return norms;
}

RowDistance::RowDistance(const VectorView& vectors, Metric metric)
    : vectors_(vectors),
      metric_(metric),
      size_(vectors.type == DataType::kBinaryVector ? static_cast<size_t>(vectors.dim) / 8
                                                    : static_cast<size_t>(vectors.dim)),
      kernel_(KernelOf(vectors.type, metric)) {
  if (metric == Metric::kCosine && vectors.inverse_norms == nullptr) {
    own_norms_ = std::make_shared<const std::vector<float>>(InverseNorms(vectors));
    vectors_.inverse_norms = own_norms_->data();
  }
}

void RowDistance::Prepare(const std::byte* query, Query* out) const {
  out->scale = metric_ == Metric::kIP ? -1.0f : 1.0f;
  out->data = query;
  const bool floating =
      vectors_.type != DataType::kBinaryVector && vectors_.type != DataType::kInt8Vector;
  if (!floating && metric_ != Metric::kCosine) return;
  const auto dim = static_cast<size_t>(vectors_.dim);
  out->floats.resize(dim);
  ToFloats(vectors_.type, query, dim, out->floats.data());
  if (floating) out->data = out->floats.data();
  if (metric_ == Metric::kCosine) {
    const float square = simd::Get().f32_ip.row(out->floats.data(), out->floats.data(), dim);
    out->scale = square > 0 ? -1.0f / std::sqrt(square) : 0.0f;
  }
}

void RowDistance::Rows(const Query& query, const uint32_t* ids, size_t first, size_t n,
                       float* out) const {
  const std::byte* base = ids != nullptr ? vectors_.data : vectors_.Row(first);
  kernel_.rows(query.data, base, vectors_.stride, ids, n, size_, out);
  if (metric_ == Metric::kCosine) {
    const float* norms = vectors_.inverse_norms;
    // + 0 turns the -0 of a zero vector into the 0 that clients see.
    for (size_t i = 0; i < n; ++i)
      out[i] = out[i] * query.scale * norms[ids != nullptr ? ids[i] : first + i] + 0.0f;
  } else if (metric_ == Metric::kIP) {
    for (size_t i = 0; i < n; ++i) out[i] = -out[i];
  }
}

}  // namespace elanus::index
