#include "segment/exact_search.h"

#include <algorithm>
#include <string>

namespace elanus::segment {

MaskSlice::MaskSlice(const RowMask& mask, size_t begin, size_t rows) {
  if (mask.all()) return;
  const size_t in_chunk = begin % kMaskChunkRows;
  if (in_chunk == 0) {  // whole chunks: as they are
    const size_t first = begin / kMaskChunkRows;
    slice_ =
        RowMask(mask.chunks().subspan(first, (rows + kMaskChunkRows - 1) / kMaskChunkRows), rows);
    return;
  }
  if (begin % 64 == 0 && in_chunk + rows <= kMaskChunkRows) {  // words inside one chunk
    const uint64_t* chunk = mask.chunks()[begin / kMaskChunkRows];
    pointer_ = chunk == nullptr ? nullptr : chunk + in_chunk / 64;
    slice_ = RowMask(std::span(&pointer_, 1), rows);
    return;
  }
  copy_ = Bitmap(rows);
  const size_t shift = begin % 64;
  const size_t words = mask.chunks().size() * kMaskChunkWords;
  for (size_t i = 0; i < copy_.words().size(); ++i) {
    const size_t word = begin / 64 + i;
    uint64_t bits = mask.Word(word) >> shift;
    if (shift != 0 && word + 1 < words) bits |= mask.Word(word + 1) << (64 - shift);
    copy_.words()[i] = bits;
  }
  for (size_t i = 0; i < copy_.words().size(); i += kMaskChunkWords)
    pointers_.push_back(&copy_.words()[i]);
  slice_ = RowMask(pointers_, rows);
}

Status CheckQueries(const VectorSearch& search, DataType type, int64_t dim) {
  if (search.queries.type != type) {
    return Fail(Code::kParameterInvalid, "query vectors are " +
                                             std::string(NameOf(search.queries.type)) +
                                             ", the field is " + std::string(NameOf(type)));
  }
  if (IsDenseVector(type) && search.queries.dim != dim) {
    return Fail(Code::kParameterInvalid, "vector dimension mismatch, expected " +
                                             std::to_string(dim) + ", got " +
                                             std::to_string(search.queries.dim));
  }
  return {};
}

Status SearchIndex(const Context& context, const VectorSearch& search,
                   const index::VectorIndex& index, const RowMask& allowed,
                   std::vector<std::vector<Hit>>* hits) {
  if (search.range) {
    return index.RangeSearch(context, search.queries, *search.range, search.limit, search.params,
                             allowed, hits);
  }
  return index.Search(context, search.queries, search.limit, search.params, allowed, hits);
}

Status SearchExactly(const Context& context, const VectorSearch& search,
                     std::span<const VectorPart> parts, const RowMask& allowed,
                     std::vector<std::vector<Hit>>* hits) {
  hits->clear();
  hits->resize(search.queries.count);
  std::vector<std::vector<Hit>> found;
  std::vector<Hit> merged;
  merged.reserve(std::min<size_t>(search.limit, 16384));
  for (const VectorPart& part : parts) {
    TRY(context.Check());
    const MaskSlice slice(allowed, part.begin, part.vectors.rows);
    const auto flat = index::MakeFlat(part.vectors, search.metric);
    TRY(SearchIndex(context, search, *flat, slice.mask(), &found));
    for (size_t q = 0; q < found.size(); ++q) {
      for (Hit& hit : found[q]) hit.row += static_cast<uint32_t>(part.begin);
      std::vector<Hit>& best = (*hits)[q];
      if (best.empty()) {
        best.swap(found[q]);
      } else if (!found[q].empty() &&
                 (best.size() < search.limit || found[q].front() < best.back())) {
        merged.clear();
        std::merge(best.begin(), best.end(), found[q].begin(), found[q].end(),
                   std::back_inserter(merged));
        if (merged.size() > search.limit) merged.resize(search.limit);
        best.assign(merged.begin(), merged.end());
      }
    }
  }
  return {};
}

namespace {

bool TiesAtCut(const std::vector<Hit>& hits, size_t limit) {
  return hits.size() > limit && hits[limit].distance == hits[limit - 1].distance;
}

// The nearest `limit` of `hits`, which ascend by distance.
Status CutByKey(const KeyOrder& keys, size_t limit, std::vector<Hit>* hits) {
  for (size_t begin = 0; begin < std::min(limit, hits->size());) {
    size_t end = begin + 1;
    while (end < hits->size() && (*hits)[end].distance == (*hits)[begin].distance) ++end;
    if (end - begin > 1) {
      TRY(keys.Check(std::span(*hits).subspan(begin, end - begin)));
      const auto at = hits->begin();
      std::partial_sort(at + static_cast<ptrdiff_t>(begin),
                        at + static_cast<ptrdiff_t>(std::min(end, std::max(limit, begin))),
                        at + static_cast<ptrdiff_t>(end), [&keys](const Hit& a, const Hit& b) {
                          if (keys.Less(a.row, b.row)) return true;
                          return !keys.Less(b.row, a.row) && a.row < b.row;
                        });
    }
    begin = end;
  }
  if (hits->size() > limit) hits->resize(limit);
  return {};
}

}  // namespace

Status SearchByKey(const VectorSearch& search, const KeyOrder& keys, const FindNearest& find,
                   std::vector<std::vector<Hit>>* hits) {
  if (search.limit == 0) return find(search, hits);
  VectorSearch wider = search;
  wider.limit = search.limit + 1;
  TRY(find(wider, hits));
  std::vector<std::vector<Hit>> again;
  for (size_t q = 0; q < hits->size(); ++q) {
    // Alone and afresh, so that all distances that are compared were computed in the same way.
    size_t limit = search.limit;
    while (TiesAtCut((*hits)[q], search.limit) && (*hits)[q].size() > limit &&
           (*hits)[q].back().distance == (*hits)[q][search.limit].distance) {
      limit = limit * 8 + 1024;
      VectorSearch one = search;
      one.limit = limit + 1;
      one.queries.count = 1;
      std::vector<std::string> sparse;
      if (search.queries.type == DataType::kSparseFloatVector) {
        sparse = {(*search.queries.sparse)[q]};
        one.queries.sparse = &sparse;
      } else {
        one.queries.data = search.queries.Row(q);
      }
      TRY(find(one, &again));
      (*hits)[q] = std::move(again[0]);
    }
    TRY(CutByKey(keys, search.limit, &(*hits)[q]));
  }
  return {};
}

}  // namespace elanus::segment
