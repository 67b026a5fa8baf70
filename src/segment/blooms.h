// Blooms: for each 1,024 rows of a column of strings a filter of its different values, by which an
// equality passes over blocks whose least and greatest value say nothing. Split block Bloom filters
// (Putze, Sanders, Singler: "Cache-, Hash- and Space-Efficient Bloom Filters", 2007; with eight
// 32-bit words and a bit in each, as Apache Parquet has them): a look is one cache line. Ten bits a
// value, about one false "maybe" in a hundred.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/source.h"
#include "model/types.h"

namespace elanus::segment {

inline constexpr size_t kBloomRows = 1024;

// VarChar.
bool HasBlooms(DataType type);

class BloomBuilder {
 public:
  explicit BloomBuilder(DataType type) : type_(type) {}
  // The value of row `row`, ascending; rows in between are null.
  void Add(size_t row, std::string_view value);
  // The section, of `rows` rows in all; empty if the type has none, or one block would be all.
  std::string Take(size_t rows) &&;

 private:
  void Finish(size_t blocks);  // all blocks before `blocks`

  const DataType type_;
  std::vector<uint64_t> hashes_;  // of the block that is being filled
  std::vector<uint32_t> ends_;    // of the finished blocks
  std::string lines_;
};

// A section in place; checks its bounds at each look, so any bytes will do.
class Blooms {
 public:
  Blooms() = default;
  Blooms(std::span<const std::byte> section, size_t rows);
  bool empty() const { return blocks_ == 0; }
  // False: no row of the block of row `first` has the value of this hash (HashBytes).
  bool MayHold(size_t first, uint64_t hash) const;

 private:
  const std::byte* ends_ = nullptr;
  const std::byte* lines_ = nullptr;
  size_t blocks_ = 0;
  size_t line_count_ = 0;
};

// `zones` and the filters together; `zones` as it is, if the predicate is not about a few values.
std::unique_ptr<expr::BlockTest> WithBlooms(const expr::IndexPredicate& predicate,
                                            const Blooms& blooms,
                                            std::unique_ptr<expr::BlockTest> zones);

}  // namespace elanus::segment
