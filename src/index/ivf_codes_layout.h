// What the file of IvfCodes holds (docs/formats/index.md), shared by those who make and read it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/coding.h"
#include "base/status.h"
#include "index/codes.h"
#include "index/pq.h"
#include "index/vector_index.h"
#include "simd/fastscan.h"

namespace elanus::index::ivf_codes {

// Sections of the file.
enum : size_t { kCentres, kCentreNorms, kCentreCodes, kCentreMean, kEnds, kRows, kData, kValues };

inline constexpr int64_t kDefaultNprobe = 8;
inline constexpr uint64_t kRotationSeed = 0x656c616e7573;

struct Meta {
  uint64_t lists = 0, entries = 0, blocks = 0;
  uint32_t nprobe = 0, m = 0;
  float error = 0, norm = 0;  // of the centres' codes
  std::string name;

  std::string Encode() const {
    std::string bytes;
    Writer w(&bytes);
    w.U64(lists);
    w.U64(entries);
    w.U64(blocks);
    w.U32(nprobe);
    w.U32(m);
    w.F64(static_cast<double>(error));
    w.F64(static_cast<double>(norm));
    w.Bytes(name);
    return bytes;
  }
  static Result<Meta> Decode(std::string_view bytes) {
    Meta meta;
    Reader r(bytes);
    meta.lists = TRY(r.U64());
    meta.entries = TRY(r.U64());
    meta.blocks = TRY(r.U64());
    meta.nprobe = TRY(r.U32());
    meta.m = TRY(r.U32());
    meta.error = static_cast<float>(TRY(r.F64()));
    meta.norm = static_cast<float>(TRY(r.F64()));
    meta.name = std::string(TRY(r.Bytes()));
    return meta;
  }
};

// A list in the file: the codes of its blocks, then three floats of each row: addend, scale, error.
inline size_t BlockBytes(size_t m) {
  return simd::FastBlockBytes(m) + 3 * simd::kFastRows * sizeof(float);
}

struct Lists {
  size_t count = 0, entries = 0, blocks = 0, m = 0;
  const float* centres = nullptr;
  const float* centre_norms = nullptr;  // squared
  const uint8_t* centre_codes = nullptr;
  const uint64_t* ends = nullptr;  // in blocks
  const uint32_t* rows = nullptr;  // by block; all ones where a list's last block has no row
  const uint8_t* data = nullptr;

  std::pair<size_t, size_t> Blocks(uint32_t list) const {
    const size_t begin = list == 0 ? 0 : ends[list - 1];
    const size_t end = std::min<size_t>(ends[list], blocks);
    return {std::min(begin, end), end};
  }
};

// Borrows what the view and the lists point to.
std::unique_ptr<VectorIndex> Make(const VectorView& vectors, Metric metric, const Lists& lists,
                                  Codebook book, CodeModel centres, Meta meta);

}  // namespace elanus::index::ivf_codes
