// Which code builds and opens which index type.
#include "index/bit_scan.h"
#include "index/blob.h"
#include "index/disk.h"
#include "index/flat.h"
#include "index/hnsw.h"
#include "index/ivf.h"
#include "index/ivf_codes.h"
#include "index/params.h"
#include "index/sparse.h"
#include "index/vector_index.h"

namespace elanus::index {

Status Build(const Context& context, const VectorView& vectors, const BuildSpec& spec, int threads,
             const Progress& progress, const Sink& sink) {
  if (spec.type == "FLAT" || spec.type == "BIN_FLAT") {
    // Nothing but a header: the column is the index.
    return BlobWriter({BlobKind::kFlat,
                       vectors.type,
                       spec.metric,
                       vectors.rows,
                       static_cast<uint64_t>(vectors.dim),
                       {}})
        .Write(sink);
  }
  if (spec.type == "HNSW" || spec.type == "HNSW_SQ" || spec.type == "HNSW_PQ" ||
      spec.type == "HNSW_PRQ")
    return BuildHnsw(context, vectors, spec, threads, progress, sink);
  if (spec.type == "IVF_FLAT" || spec.type == "IVF_SQ8" || spec.type == "BIN_IVF_FLAT") {
    return BuildIvf(context, vectors, spec, threads, progress, sink);
  }
  if (spec.type == "IVF_PQ" || spec.type == "SCANN" || spec.type == "IVF_RABITQ") {
    return BuildIvfCodes(context, vectors, spec, threads, progress, sink);
  }
  if (spec.type == "SPARSE_INVERTED_INDEX" || spec.type == "SPARSE_WAND") {
    return BuildSparse(context, vectors, spec, threads, progress, sink);
  }
  if (spec.type == "DISKANN") return BuildDisk(context, vectors, spec, threads, progress, sink);
  return Fail(Code::kIndexNotSupported,
              "index type " + spec.type + " is not in this build; it has " + BuiltIndexTypes());
}

namespace {

Result<std::unique_ptr<VectorIndex>> OpenBlob(const Blob& blob, const VectorView& vectors,
                                              const std::string& path) {
  const BlobHeader& header = blob.header();
  if (header.type != vectors.type || header.rows != vectors.rows ||
      (header.type != DataType::kSparseFloatVector &&
       header.dim != static_cast<uint64_t>(vectors.dim))) {
    return Status(Code::kCorruption,
                  "index file does not belong to this column: " + std::to_string(header.rows) +
                      " rows of dim " + std::to_string(header.dim) + ", the column has " +
                      std::to_string(vectors.rows) + " of dim " + std::to_string(vectors.dim));
  }
  switch (header.kind) {
    case BlobKind::kFlat:
      return MakeFlat(vectors, header.metric);
    case BlobKind::kHnsw:
      return OpenHnsw(blob, vectors);
    case BlobKind::kBitScan:
      return OpenBitScan(blob, vectors);
    case BlobKind::kIvf:
      return OpenIvf(blob, vectors);
    case BlobKind::kIvfCodes:
      return OpenIvfCodes(blob, vectors);
    case BlobKind::kSparse:
      return OpenSparse(blob, vectors);
    case BlobKind::kDisk: {
      auto disk = TRY(OpenDisk(blob, vectors, path));
      return std::unique_ptr<VectorIndex>(std::move(disk));
    }
    case BlobKind::kSorted:
    case BlobKind::kRTree:
    case BlobKind::kSortedPart:
    case BlobKind::kGrams:
      break;
  }
  return Status(Code::kCorruption, "index file: not a vector index");
}

}  // namespace

Result<std::unique_ptr<VectorIndex>> Open(std::string_view bytes, const VectorView& vectors,
                                          const std::string& path) {
  const Blob blob = TRY(Blob::Open(bytes));
  auto index = TRY(OpenBlob(blob, vectors, path));
  index->set_description(blob.header().description);
  return index;
}

Status Verify(std::string_view bytes) {
  const Blob blob = TRY(Blob::Open(bytes));
  return blob.Verify();
}

}  // namespace elanus::index
