// IVF_PQ, SCANN, IVF_RABITQ: making their files.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/hash.h"
#include "index/codes.h"
#include "index/distance.h"
#include "index/ivf_codes.h"
#include "index/ivf_codes_layout.h"
#include "index/kmeans.h"
#include "index/params.h"
#include "index/pq.h"
#include "index/self_check.h"
#include "simd/rotate.h"

namespace elanus::index {
namespace {

using ivf_codes::BlockBytes;
using simd::kFastRows;

constexpr int64_t kDefaultNlist = 128;
constexpr size_t kTrainRows = 16384;
// Bits a dimension that codes have at least and at most, whatever m and nbits say.
constexpr double kBitsMin = 0.5, kBitsMax = 2;

// The 4-bit codes of a row: what the parameters allow, within sense.
size_t CodesOf(const BuildSpec& spec, size_t dim, size_t padded) {
  if (spec.type == "IVF_RABITQ") return padded / 4;
  double bits;
  if (spec.type == "SCANN") {
    bits = 4.0 * static_cast<double>(dim) /
           static_cast<double>(std::max<int64_t>(1, IntParam(spec.params, "sub_dim", 4)));
  } else {
    bits = static_cast<double>(IntParam(spec.params, "m", static_cast<int64_t>(dim / 4)) *
                               IntParam(spec.params, "nbits", 8));
  }
  const auto d = static_cast<double>(dim);
  return std::clamp<size_t>(static_cast<size_t>(std::clamp(bits, kBitsMin * d, kBitsMax * d) / 4),
                            1, padded);
}

// Rows as the codes see them.
class Residuals {
 public:
  Residuals(const VectorView& vectors, Metric metric, const Centres& centres)
      : vectors_(vectors),
        cosine_(metric == Metric::kCosine),
        centres_(centres),
        rotation_(static_cast<size_t>(vectors.dim), ivf_codes::kRotationSeed) {}
  const simd::Rotation& rotation() const { return rotation_; }
  // out: padded() floats, row - centre, rotated. Gives the row's product with its centre less the
  // centre's with itself: centre . residual.
  float Rotated(uint32_t row, uint32_t list, float* out) const {
    ReadFloats(vectors_, row, out);
    const size_t dim = centres_.dim;
    if (cosine_) Normalise(out, dim);
    const float* centre = centres_.floats.data() + list * dim;
    for (size_t d = 0; d < dim; ++d) out[d] -= centre[d];
    const float product = simd::Get().f32_ip.row(out, centre, dim);
    rotation_.Apply(out, out);
    return product;
  }

 private:
  const VectorView& vectors_;
  bool cosine_;
  const Centres& centres_;
  simd::Rotation rotation_;
};

Codebook TrainBook(const Residuals& residuals, const std::vector<uint32_t>& owner, size_t m,
                   Workers* workers) {
  std::vector<uint32_t> sample;
  for (uint32_t r = 0; r < owner.size(); ++r) {
    if (owner[r] != kNoCentre) sample.push_back(r);
  }
  const auto by_hash = [](uint32_t a, uint32_t b) { return HashInt(a) < HashInt(b); };
  if (sample.size() > kTrainRows) {
    std::nth_element(sample.begin(), sample.begin() + kTrainRows, sample.end(), by_hash);
    sample.resize(kTrainRows);
    std::sort(sample.begin(), sample.end());
  }
  const size_t padded = residuals.rotation().padded();
  Array<float> vectors(sample.size() * padded);
  workers->For(sample.size(), 256, [&](size_t begin, size_t end, int) {
    for (size_t i = begin; i < end; ++i)
      residuals.Rotated(sample[i], owner[sample[i]], vectors.data() + i * padded);
  });
  return Codebook::Train(vectors.data(), sample.size(), padded, m, workers);
}

// Encodes the rows of one list into its place in the file.
void EncodeList(const Residuals& residuals, const Codebook& book, Metric metric,
                const Centres& centres, uint32_t list, const uint32_t* rows, size_t blocks,
                uint8_t* data) {
  const simd::Kernels& k = simd::Get();
  const size_t padded = book.dim();
  const size_t m = book.m();
  std::vector<float> centre(padded), v(padded), decoded(padded);
  std::copy_n(centres.floats.data() + list * centres.dim, centres.dim, v.begin());
  residuals.rotation().Apply(v.data(), centre.data());
  std::vector<uint8_t> codes(kFastRows * m);
  auto* factors = reinterpret_cast<float*>(data + blocks * simd::FastBlockBytes(m));
  const bool l2 = metric == Metric::kL2;
  // The error is spread over the dimensions that rows have; over few it is not quite normal.
  const auto dim = static_cast<float>(centres.dim);
  const float spread = std::max(1.0f, dim - 1);
  const float more = 1 + 4 / dim;
  for (size_t b = 0; b < blocks; ++b) {
    size_t n = 0;
    for (; n < kFastRows && rows[b * kFastRows + n] != kNoCentre; ++n) {
      uint8_t* code = codes.data() + n * m;
      const float own = residuals.Rotated(rows[b * kFastRows + n], list, v.data());
      book.Encode(v.data(), code);
      book.Decode(code, decoded.data());
      const float square = k.f32_ip.row(v.data(), v.data(), padded);
      const float product = k.f32_ip.row(v.data(), decoded.data(), padded);
      const float length = k.f32_ip.row(decoded.data(), decoded.data(), padded);
      const float with_centre = k.f32_ip.row(centre.data(), decoded.data(), padded);
      // The stretched code's product with the row is the row's with itself. A code that says
      // nothing of its row adds nothing, and its error is the row's length.
      float scale = 0;
      float error = std::sqrt(square);
      if (product > 0 && product * product > 1e-4f * square * length) {
        scale = square / product;
        const float cosine2 = std::min(1.0f, product * product / (square * length));
        error = more * std::sqrt(square * (1 - cosine2) / cosine2 / spread);
      }
      float* at = factors + b * kFastRows + n;
      at[0] = l2 ? square + 2 * scale * with_centre : scale * with_centre - own;
      at[blocks * kFastRows] = scale;
      at[2 * blocks * kFastRows] = l2 ? 2 * error : error;
    }
    for (size_t i = n; i < kFastRows; ++i) {
      float* at = factors + b * kFastRows + i;
      at[0] = at[blocks * kFastRows] = at[2 * blocks * kFastRows] = 0;
    }
    simd::FastPack(codes.data(), n, m, m, data + b * simd::FastBlockBytes(m));
  }
}

}  // namespace

Status BuildIvfCodes(const Context& context, const VectorView& vectors, const BuildSpec& spec,
                     int threads, const Progress& progress, const Sink& sink) {
  const auto nlist = static_cast<size_t>(
      std::clamp<int64_t>(IntParam(spec.params, "nlist", kDefaultNlist), 1, 65536));
  Workers workers(std::max(threads, 1));
  Centres centres;
  std::vector<uint32_t> owner;
  TRY(ClusterRows(context, vectors, spec.metric, nlist, &workers, &centres, &owner));
  if (progress != nullptr) progress(0.6);

  // Rows by list, each list filled up to whole blocks.
  std::vector<uint64_t> sizes(centres.count), ends(centres.count), next(centres.count);
  ivf_codes::Meta meta;
  for (const uint32_t c : owner) {
    if (c != kNoCentre) ++sizes[c], ++meta.entries;
  }
  for (size_t c = 0; c < centres.count; ++c) {
    next[c] = meta.blocks * kFastRows;
    ends[c] = meta.blocks += (sizes[c] + kFastRows - 1) / kFastRows;
  }
  std::vector<uint32_t> rows(meta.blocks * kFastRows, kNoCentre);
  for (uint32_t r = 0; r < vectors.rows; ++r) {
    if (owner[r] != kNoCentre) rows[next[owner[r]]++] = r;
  }

  const Residuals residuals(vectors, spec.metric, centres);
  const size_t padded = residuals.rotation().padded();
  const size_t m = CodesOf(spec, centres.dim, padded);
  const bool signs = spec.type == "IVF_RABITQ";
  const Codebook book = signs ? Codebook::Signs(padded) : TrainBook(residuals, owner, m, &workers);
  if (progress != nullptr) progress(0.7);
  Array<uint8_t> data(meta.blocks * BlockBytes(m));
  workers.For(centres.count, 4, [&](size_t begin, size_t end, int) {
    if (!context.Check().ok()) return;
    for (size_t c = begin; c < end; ++c) {
      const size_t first = c == 0 ? 0 : ends[c - 1];
      EncodeList(residuals, book, spec.metric, centres, static_cast<uint32_t>(c),
                 rows.data() + first * kFastRows, ends[c] - first,
                 data.data() + first * BlockBytes(m));
    }
  });
  TRY(context.Check());

  // The centres as rows of 8-bit codes, to rank them by; by L2 but for IP.
  VectorView view;
  view.type = DataType::kFloatVector;
  view.dim = vectors.dim;
  view.rows = centres.count;
  view.data = reinterpret_cast<const std::byte*>(centres.floats.data());
  view.stride = centres.dim * sizeof(float);
  CodeModel model =
      TrainCodes(view, spec.metric == Metric::kIP ? Metric::kIP : Metric::kL2, &workers);
  Array<uint8_t> centre_codes(centres.count * CodeStride(centres.dim));
  EncodeRows(view, nullptr, centres.count, &workers, &model, &centre_codes);
  std::vector<float> norms(centres.count);
  for (size_t c = 0; c < centres.count; ++c) {
    const float* v = centres.floats.data() + c * centres.dim;
    norms[c] = simd::Get().f32_ip.row(v, v, centres.dim);
  }

  meta.lists = centres.count;
  meta.m = static_cast<uint32_t>(m);
  meta.nprobe = static_cast<uint32_t>(IntParam(spec.params, "nprobe", ivf_codes::kDefaultNprobe));
  meta.error = model.error;
  meta.norm = model.norm;
  meta.name = spec.type;
  const ivf_codes::Lists lists{
      centres.count, meta.entries,        meta.blocks, m,           centres.floats.data(),
      norms.data(),  centre_codes.data(), ends.data(), rows.data(), data.data()};
  const double recall =
      TRY(MeasureRecall(context, *ivf_codes::Make(vectors, spec.metric, lists, book, model, meta),
                        vectors, spec.metric, &workers));
  BlobWriter blob({BlobKind::kIvfCodes,
                   vectors.type,
                   spec.metric,
                   vectors.rows,
                   static_cast<uint64_t>(vectors.dim),
                   meta.Encode(),
                   {{"nlist", std::to_string(meta.lists)},
                    {"nprobe", std::to_string(meta.nprobe)},
                    {"bits_per_row", std::to_string(4 * m)},
                    {"recall", RecallText(recall)}}});
  blob.Add(BytesOf(centres.floats));
  blob.Add(BytesOf(norms));
  blob.Add(centre_codes.view());
  blob.Add(BytesOf(model.mean));
  blob.Add(BytesOf(ends));
  blob.Add(BytesOf(rows));
  blob.Add(data.view());
  blob.Add(signs ? std::string_view() : BytesOf(book.values()));
  return blob.Write(sink);
}

}  // namespace elanus::index
