// Block: a run of rows of one column, lent. What segments give to those that look at many rows:
// filters, groups, orders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/column.h"

namespace elanus {

// Rows [first, first + count) of one column. Fixed types: packed at `fixed`, no copy. Others: one
// view a row in `strings` (VarChar bytes, binary JSON, Array encoding, WKB). `valid`: a byte a row,
// or null when there are no nulls.
struct Block {
  size_t first = 0;
  size_t count = 0;
  const std::byte* fixed = nullptr;
  const std::string_view* strings = nullptr;
  const uint8_t* valid = nullptr;

  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(fixed);
  }
  bool IsNull(size_t row) const { return valid != nullptr && valid[row] == 0; }
};

// Room that the lender may use to make a Block; one per reading thread, reused.
struct BlockScratch {
  std::vector<std::string_view> strings;
  std::vector<uint8_t> valid;
  std::vector<std::byte> fixed;
};

// Of a column in memory.
inline Block BlockOf(const Column& column, size_t first, size_t count, BlockScratch* scratch) {
  Block block;
  block.first = first;
  block.count = count;
  if (column.fixed()) {
    block.fixed = column.Row(first);
  } else {
    scratch->strings.clear();
    for (size_t i = 0; i < count; ++i) scratch->strings.push_back(column.String(first + i));
    block.strings = scratch->strings.data();
  }
  if (column.nullable()) block.valid = column.valid() + first;
  return block;
}

}  // namespace elanus
