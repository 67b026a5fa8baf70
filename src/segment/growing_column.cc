#include "segment/growing_column.h"

#include <algorithm>
#include <cstring>

namespace elanus::segment {
namespace {

constexpr size_t kBlockMax = kHugePageBytes;

std::optional<InverseNorms> MakeNorms(const Field& field) {
  if (!HasNorms(field.type)) return std::nullopt;
  return InverseNorms(field.type, field.dim);
}

}  // namespace

GrowingColumn::GrowingColumn(const Field& field, size_t rows, BlockArena* arena)
    : field_(field.id),
      type_(field.type),
      dim_(field.dim),
      width_(WidthOf(field.type, field.dim)),
      norms_(MakeNorms(field)),
      missing_(ValueWhenMissing(field)),
      arena_(arena),
      values_(arena, width_ != 0 ? width_ : sizeof(View)),
      valid_(arena, 1),
      inverse_norms_(arena, sizeof(float)),
      ends_(arena, sizeof(uint64_t)),
      pages_(arena, sizeof(Page)) {
  AppendMissing(0, rows);
}

uint64_t GrowingColumn::Append(const Column& column, size_t first) {
  CHECK(column.type() == type_ && column.width() == width_);
  const size_t count = column.rows();
  if (fixed()) {
    AppendFixed(column.data(), first, count);
  } else {
    for (size_t i = 0; i < count; ++i) AppendText(column.String(i), first + i);
  }
  SetValid(column.valid(), true, first, count);
  if (own_codes_ != nullptr && own_codes_->Due(first + count))
    own_codes_->CatchUp(Vectors(first + count), first + count);
  return column.bytes();
}

void GrowingColumn::Code(Metric metric) {
  if (own_codes_ != nullptr || !index::BitCoder::Serves(type_, dim_)) return;
  own_codes_ = std::make_unique<VectorCodes>(dim_, metric, arena_);
  codes_.store(own_codes_.get(), std::memory_order_release);
}

uint64_t GrowingColumn::AppendMissing(size_t first, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (fixed()) {
      AppendFixed(reinterpret_cast<const std::byte*>(missing_.bytes.data()), first + i, 1);
    } else {
      AppendText(missing_.bytes, first + i);
    }
  }
  SetValid(nullptr, !missing_.null, first, count);
  return count * (missing_.bytes.size() + 1);
}

void GrowingColumn::AppendFixed(const std::byte* values, size_t first, size_t count) {
  ForEachPiece(first, first + count, [&](size_t chunk, size_t at, size_t n) {
    std::byte* to = values_.Make(chunk) + at * width_;
    if (!norms_) {
      std::memcpy(to, values, n * width_);
    } else {  // row by row, so that each is read from memory once
      float* norms = reinterpret_cast<float*>(inverse_norms_.Make(chunk)) + at;
      for (size_t i = 0; i < n; ++i) {
        norms[i] = norms_->Of(values + i * width_);
        std::memcpy(to + i * width_, values + i * width_, width_);
      }
    }
    values += n * width_;
  });
}

void GrowingColumn::AppendText(std::string_view value, size_t row) {
  const size_t chunk = ChunkOf(row);
  const size_t at = row - ChunkBegin(chunk);
  values_.Make(chunk);
  View& view = values_.As<View>(row);
  view.size = static_cast<uint32_t>(value.size());
  if (sparse()) {
    std::byte* to = Room(value.size(), at == 0, row);
    std::memcpy(to, value.data(), value.size());
    view.data = reinterpret_cast<const char*>(to);
    ends_.Make(chunk);
    ends_.As<uint64_t>(row) = block_used_;
  } else if (value.size() <= kInlineMax) {
    char* bytes = reinterpret_cast<char*>(&view) + offsetof(View, head);
    std::memset(bytes, 0, kInlineMax);
    std::memcpy(bytes, value.data(), value.size());
  } else {
    std::byte* to = Room(value.size(), false, row);
    std::memcpy(to, value.data(), value.size());
    std::memcpy(view.head, value.data(), sizeof view.head);
    view.data = reinterpret_cast<const char*>(to);
  }
}

// Room for `bytes` bytes at the end of the current block, or in a new one (a new page, if sparse).
std::byte* GrowingColumn::Room(size_t bytes, bool new_page, size_t row) {
  if (block_ == nullptr || new_page || block_size_ - block_used_ < bytes) {
    block_ = arena_->Allocate(std::max(bytes, next_block_size_), &block_size_);
    block_used_ = 0;
    next_block_size_ = std::min(kBlockMax, next_block_size_ * 2);
    if (sparse()) {
      const size_t page = page_count_.load(std::memory_order_relaxed);
      pages_.Make(ChunkOf(page));
      pages_.As<Page>(page) = {block_, row};
      page_count_.store(page + 1, std::memory_order_release);
    }
  }
  std::byte* to = block_ + block_used_;
  block_used_ += bytes;
  return to;
}

// `valid`: a byte a row, or null when all have `value`.
void GrowingColumn::SetValid(const uint8_t* valid, bool value, size_t first, size_t count) {
  ForEachPiece(first, first + count, [&](size_t chunk, size_t at, size_t n) {
    const bool nulls = valid == nullptr ? !value : std::memchr(valid, 0, n) != nullptr;
    std::byte* bytes = valid_.Chunk(chunk);
    if (bytes == nullptr && nulls) {
      bytes = valid_.Allocate(chunk);
      std::memset(bytes, 1, ChunkRows(chunk));
      valid_.Publish(chunk, bytes);
    }
    if (bytes != nullptr) {
      for (size_t i = 0; i < n; ++i) {
        bytes[at + i] = std::byte{valid == nullptr ? value : valid[i] != 0};
      }
    }
    if (valid != nullptr) valid += n;
  });
}

bool GrowingColumn::IsNull(size_t row) const {
  const size_t chunk = ChunkOf(row);
  const std::byte* valid = valid_.Chunk(chunk);
  return valid != nullptr && valid[row - ChunkBegin(chunk)] == std::byte{0};
}

std::string_view GrowingColumn::Value(size_t row) const {
  if (fixed()) return {reinterpret_cast<const char*>(values_.At(row)), width_};
  return Text(values_.As<View>(row));
}

expr::Block GrowingColumn::Read(size_t first, size_t count, expr::BlockScratch* scratch) const {
  expr::Block block;
  block.first = first;
  block.count = count;
  if (count == 0) return block;
  const size_t chunk = ChunkOf(first);
  const size_t at = first - ChunkBegin(chunk);
  if (fixed()) {
    block.fixed = values_.Chunk(chunk) + at * width_;
  } else {
    const View* views = values_.ChunkAs<View>(chunk) + at;
    scratch->strings.resize(std::max(scratch->strings.size(), count));
    for (size_t i = 0; i < count; ++i) scratch->strings[i] = Text(views[i]);
    block.strings = scratch->strings.data();
  }
  if (const auto* valid = valid_.ChunkAs<const uint8_t>(chunk)) block.valid = valid + at;
  return block;
}

std::vector<VectorPart> GrowingColumn::Vectors(size_t rows) const {
  std::vector<VectorPart> parts;
  const auto add = [&](size_t begin, size_t end) -> index::VectorView& {
    const size_t chunk = ChunkOf(begin);
    const size_t at = begin - ChunkBegin(chunk);
    VectorPart& part = parts.emplace_back();
    part.begin = begin;
    part.vectors.type = type_;
    part.vectors.dim = dim_;
    part.vectors.rows = end - begin;
    if (const auto* valid = valid_.ChunkAs<const uint8_t>(chunk)) part.vectors.valid = valid + at;
    return part.vectors;
  };
  if (sparse()) {
    const size_t pages = page_count_.load(std::memory_order_acquire);
    for (size_t i = 0; i < pages; ++i) {
      const Page& page = pages_.As<Page>(i);
      if (page.first >= rows) break;
      const size_t end =
          i + 1 < pages ? std::min<size_t>(rows, pages_.As<Page>(i + 1).first) : rows;
      index::VectorView& view = add(page.first, end);
      view.data = page.data;
      view.ends = &ends_.As<uint64_t>(page.first);
    }
    return parts;
  }
  ForEachPiece(0, rows, [&](size_t chunk, size_t at, size_t n) {
    index::VectorView& view = add(ChunkBegin(chunk) + at, ChunkBegin(chunk) + at + n);
    view.data = values_.Chunk(chunk);
    view.stride = width_;
    view.inverse_norms = inverse_norms_.ChunkAs<const float>(chunk);
  });
  return parts;
}

}  // namespace elanus::segment
