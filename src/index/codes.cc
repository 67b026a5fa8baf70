#include "index/codes.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace elanus::index {
namespace {

constexpr size_t kSampleRows = 65536;
constexpr float kDeviations = 4;

float MaxAbs(const float* v, size_t n) {
  float best = 0;
  for (size_t i = 0; i < n; ++i) best = std::max(best, std::abs(v[i]));
  return best;
}

int8_t Round(float v) {
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
  constexpr float kMagic = 12582912.0f;
  return static_cast<int8_t>(std::clamp((v + kMagic) - kMagic, -127.0f, 127.0f));
}

// codes[i] * scale ~ v[i]
float Quantise(const float* v, size_t n, int8_t* codes) {
  const float largest = MaxAbs(v, n);
  if (!(largest > 0)) {
    std::memset(codes, 0, n);
    return 0;
  }
  const float inverse = 127.0f / largest;
  for (size_t i = 0; i < n; ++i) codes[i] = Round(v[i] * inverse);
  return largest / 127.0f;
}

float Dot(const float* a, const float* b, size_t n) { return simd::Get().f32_ip.row(a, b, n); }

// The row as the codes see it: COSINE rows have length 1.
void ReadRow(const VectorView& vectors, Metric metric, size_t row, float* out) {
  ReadFloats(vectors, row, out);
  if (metric != Metric::kCosine) return;
  const auto dim = static_cast<size_t>(vectors.dim);
  float scale = 0;
  if (vectors.inverse_norms != nullptr) {
    scale = vectors.inverse_norms[row];
  } else {
    const float square = Dot(out, out, dim);
    scale = square > 0 ? 1.0f / std::sqrt(square) : 0.0f;
  }
  for (size_t i = 0; i < dim; ++i) out[i] *= scale;
}

}  // namespace

size_t CodeStride(size_t dim) {
  const size_t bytes = simd::CodeFactorsOffset(dim) + sizeof(simd::CodeFactors);
  const size_t lines = (bytes + 63) / 64 * 64;
  return lines * 8 <= bytes * 9 ? lines
                                : (bytes + 15) / 16 * 16;  // whole lines where they cost under 1/8
}

void Arrange(CodeModel* model, bool rotated) {
  constexpr uint64_t kSeed = 0x656c616e7573;  // files rely on it
  model->rotated = rotated;
  if (rotated) model->rotation = simd::Rotation(model->dim, kSeed);
}

CodeModel TrainCodes(const VectorView& vectors, Metric metric, Workers* workers, bool rotated) {
  CodeModel model;
  model.dim = static_cast<size_t>(vectors.dim);
  model.metric = metric;
  Arrange(&model, rotated);
  model.mean.assign(model.dim, 0);
  std::vector<double> sums(model.dim);
  std::vector<float> row(model.dim);
  const size_t step = std::max<size_t>(1, vectors.rows / kSampleRows);
  size_t count = 0;
  for (size_t r = 0; r < vectors.rows; r += step) {
    if (vectors.valid != nullptr && vectors.valid[r] == 0) continue;
    ReadRow(vectors, metric, r, row.data());
    for (size_t i = 0; i < model.dim; ++i) sums[i] += row[i];
    ++count;
  }
  for (size_t i = 0; i < model.dim && count > 0; ++i) {
    model.mean[i] = static_cast<float>(sums[i] / static_cast<double>(count));
  }
  if (metric == Metric::kIP) {
    std::vector<float> largest(static_cast<size_t>(workers->count()), 0.0f);
    workers->For(vectors.rows, 4096, [&](size_t begin, size_t end, int worker) {
      std::vector<float> v(model.dim);
      float& best = largest[static_cast<size_t>(worker)];
      for (size_t r = begin; r < end; ++r) {
        if (vectors.valid != nullptr && vectors.valid[r] == 0) continue;
        ReadFloats(vectors, r, v.data());
        best = std::max(best, Dot(v.data(), v.data(), model.dim));
      }
    });
    model.norm2_max = *std::max_element(largest.begin(), largest.end());
  }
  return model;
}

void EncodeRows(const VectorView& vectors, const uint32_t* order, size_t rows, Workers* workers,
                CodeModel* model, Array<uint8_t>* codes) {
  const size_t dim = model->dim;
  const size_t width = model->width();
  const size_t stride = CodeStride(width);
  const size_t factors_at = simd::CodeFactorsOffset(width);
  constexpr size_t kGrain = 1024;
  // Sums by grain, added in order at the end: the same for any number of threads.
  std::vector<double> errors((rows + kGrain - 1) / kGrain), norms(errors.size());
  workers->For(rows, kGrain, [&](size_t begin, size_t end, int) {
    std::vector<float> v(width);
    std::vector<int8_t> q(width);
    double error_sum = 0;
    double norm_sum = 0;
    for (size_t i = begin; i < end; ++i) {
      const size_t row = order != nullptr ? order[i] : i;
      uint8_t* out = codes->data() + i * stride;
      if (vectors.valid != nullptr && vectors.valid[row] == 0) continue;
      ReadRow(vectors, model->metric, row, v.data());
      simd::CodeFactors f{};
      if (model->metric == Metric::kIP) {
        f.extra = std::sqrt(std::max(0.0f, model->norm2_max - Dot(v.data(), v.data(), dim)));
      }
      for (size_t d = 0; d < dim; ++d) v[d] -= model->mean[d];
      if (model->rotated) model->rotation.Apply(v.data(), v.data());
      f.scale = Quantise(v.data(), width, q.data());
      float square = 0;
      float lost = 0;
      for (size_t d = 0; d < width; ++d) {
        const float decoded = f.scale * static_cast<float>(q[d]);
        square += decoded * decoded;
        lost += (v[d] - decoded) * (v[d] - decoded);
        out[d] = static_cast<uint8_t>(q[d] + 128);
      }
      f.error = std::sqrt(lost);
      // With what was lost added the estimate of an L2 distance has no bias.
      f.norm = square + lost + f.extra * f.extra;
      std::memcpy(out + factors_at, &f, sizeof f);
      error_sum += lost;
      norm_sum += square;
    }
    errors[begin / kGrain] = error_sum;
    norms[begin / kGrain] = norm_sum;
  });
  double error_sum = 0;
  double norm_sum = 0;
  for (const double e : errors) error_sum += e;
  for (const double n : norms) norm_sum += n;
  model->error =
      static_cast<float>(std::sqrt(error_sum / static_cast<double>(std::max<size_t>(rows, 1))));
  model->norm =
      static_cast<float>(std::sqrt(norm_sum / static_cast<double>(std::max<size_t>(rows, 1))));
}

void CodeProbe::BindQuery(const CodeModel& model, const float* query) {
  const size_t dim = model.dim;
  const size_t width = model.width();
  codes_.resize(width);
  turned_.resize(width);
  shifted_.resize(std::max(width, dim));
  const auto turn = [&] {
    if (model.rotated) {
      model.rotation.Apply(shifted_.data(), turned_.data());
    } else {
      std::memcpy(turned_.data(), shifted_.data(), dim * sizeof(float));
    }
  };
  float scale = 0;
  float offset = 0;  // IP: the part of the product that is the mean's
  // IP walks as if the query had the length of the longest row: too short a one would drown in the
  // error of the estimates, and the order is the same for any.
  float longer = 1;
  if (model.metric == Metric::kIP) {
    offset = Dot(query, model.mean.data(), dim);
    const float square = Dot(query, query, dim);
    if (square > 0 && model.norm2_max > 0) longer = std::sqrt(model.norm2_max / square);
    std::memcpy(shifted_.data(), query, dim * sizeof(float));
    turn();
    scale = Quantise(turned_.data(), width, codes_.data());
  }
  // What is lost is counted against the vector that was quantised.
  int32_t sum = 0;
  float square = 0;
  float lost = 0;
  const auto count = [&] {
    for (size_t i = 0; i < width; ++i) {
      const float decoded = scale * static_cast<float>(codes_[i]);
      sum += codes_[i];
      square += decoded * decoded;
      lost += (turned_[i] - decoded) * (turned_[i] - decoded);
    }
  };
  const float root_dim = std::sqrt(static_cast<float>(std::max<size_t>(dim, 1)));
  if (model.metric == Metric::kIP) {
    count();
    query_ = {codes_.data(), sum, -offset, 0.0f, -scale, 0.0f};
    slack_ = kDeviations *
             std::sqrt(square * model.error * model.error + model.norm * model.norm * lost) /
             root_dim;
    slack_root_ = 0;
    weight_ = 0.5f / longer;
    for (size_t i = 0; i < dim; ++i) shifted_[i] = longer * query[i] - model.mean[i];
    turn();
    origin_ = -offset;  // the engine distance of the mean
    shift_ = -weight_ * 2 * model.norm2_max;
    return;
  }
  for (size_t i = 0; i < dim; ++i) shifted_[i] = query[i] - model.mean[i];
  turn();
  scale = Quantise(turned_.data(), width, codes_.data());
  count();
  // COSINE: both sides have length 1, so -cos = |q - x|^2 / 2 - 1.
  weight_ = model.metric == Metric::kL2 ? 1.0f : 0.5f;
  const float constant = model.metric == Metric::kL2 ? 0.0f : -1.0f;
  query_ = {codes_.data(),           sum, weight_ * (square + lost) + constant, weight_,
            -2.0f * weight_ * scale, 0.0f};
  origin_ = query_.base;
  slack_ = 0;
  shift_ = constant;
  slack_root_ = kDeviations * 2 * weight_ *
                std::sqrt((model.error * model.error + lost) / weight_) / root_dim;
}

void CodeProbe::BindRow(const uint8_t* row, size_t dim) {
  codes_.resize(dim);
  simd::CodeFactors f;
  std::memcpy(&f, row + simd::CodeFactorsOffset(dim), sizeof f);
  const int32_t sum = simd::Get().flip(row, dim, codes_.data());
  query_ = {codes_.data(), sum, f.norm, 1.0f, -2.0f * f.scale, -2.0f * f.extra};
  // Twice what was lost, and some room for rounding.
  same_ = 2.1f * f.error * f.error + 1e-6f * f.norm;
}

float CodeProbe::Slack(float estimate) const {
  return slack_ + slack_root_ * std::sqrt(std::max(estimate - shift_, 0.0f));
}

}  // namespace elanus::index
