// Columns in memory as an expr::Source, for tests and benchmarks: reads only what the interface
// allows, and may answer for an index by looking at every row.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "expr/source.h"
#include "geo/wkb.h"
#include "model/column.h"

namespace elanus::expr {

class TestSource final : public Source {
 public:
  explicit TestSource(Batch batch) : batch_(std::move(batch)) {}

  size_t rows() const override { return batch_.rows; }

  Block Read(FieldId field, size_t first, size_t count, BlockScratch* scratch) const override {
    const size_t unit = first < 1024 ? 256 : kBlockRows;
    EXPECT_EQ(first % unit, 0u);
    EXPECT_LE(first + count, batch_.rows);
    EXPECT_LE(first + count, first < 256    ? 256
                             : first < 512  ? 512
                             : first < 1024 ? 1024
                                            : first + kBlockRows);
    const Column* column = batch_.Find(field);
    CHECK(column != nullptr);
    ++reads;
    return BlockOf(*column, first, count, scratch);
  }

  std::optional<IndexEstimate> EstimateIndex(const IndexPredicate& predicate) const override {
    if (!answer_index || !predicate.path.empty() || predicate.kind > IndexPredicate::Kind::kNear)
      return std::nullopt;
    offered.push_back(predicate);
    return IndexEstimate{estimate, predicate.kind != IndexPredicate::Kind::kNear};
  }
  Bitmap AskIndex(const IndexPredicate& predicate) const override {
    asked.push_back(predicate);
    Bitmap matched(batch_.rows);
    const Column& column = *batch_.Find(predicate.field);
    for (size_t row = 0; row < batch_.rows; ++row) {
      if (!column.IsNull(row) && Matches(predicate, At(column, row))) matched.Set(row);
    }
    return matched;
  }

  static Value At(const Column& column, size_t row) {
    if (column.type() == DataType::kBool) return column.as<uint8_t>()[row] != 0;
    if (column.type() == DataType::kInt8) return int64_t{column.as<int8_t>()[row]};
    if (column.type() == DataType::kInt16) return int64_t{column.as<int16_t>()[row]};
    if (column.type() == DataType::kInt32) return int64_t{column.as<int32_t>()[row]};
    if (column.type() == DataType::kFloat) return double{column.as<float>()[row]};
    if (column.type() == DataType::kDouble) return column.as<double>()[row];
    if (column.fixed()) return column.as<int64_t>()[row];
    return std::string(column.String(row));
  }

  bool answer_index = false;
  size_t estimate = 0;
  mutable std::vector<IndexPredicate> offered;
  mutable std::vector<IndexPredicate> asked;
  mutable size_t reads = 0;

 private:
  static bool Less(const Value& a, const Value& b) {
    if (a.is_string()) return a.as_string() < b.as_string();
    if (a.is_int()) return a.as_int() < b.as_int();
    return a.as_double() < b.as_double();
  }
  static bool Matches(const IndexPredicate& predicate, const Value& value) {
    switch (predicate.kind) {
      case IndexPredicate::Kind::kIn:
        for (const Value& one : predicate.values) {
          if (one == value) return true;
        }
        return false;
      case IndexPredicate::Kind::kRange:
        if (predicate.low && (Less(value, *predicate.low) ||
                              (!predicate.low_inclusive && !Less(*predicate.low, value))))
          return false;
        return !(predicate.high && (Less(*predicate.high, value) ||
                                    (!predicate.high_inclusive && !Less(value, *predicate.high))));
      case IndexPredicate::Kind::kPrefix:
        return value.as_string().starts_with(predicate.prefix);
      case IndexPredicate::Kind::kNear:
        return geo::EnvelopeOf(value.as_string())->Meets(predicate.reach.box);
      case IndexPredicate::Kind::kWords:
      case IndexPredicate::Kind::kHasAny:
      case IndexPredicate::Kind::kHasAll:
      case IndexPredicate::Kind::kTerms:
        break;  // not offered
    }
    return false;
  }

  Batch batch_;
};

}  // namespace elanus::expr
