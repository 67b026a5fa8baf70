#include "segment/sealed_source.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace elanus::segment {
namespace {

using expr::IndexPredicate;

// Of a longer list only so many values are looked up for an estimate.
constexpr size_t kEstimatedValues = 64;
// Of one key among the sorted rows, in rows that an index finds.
constexpr size_t kKeySearchCost = 8;

// Whether a < b, for values of one kind; false for others.
bool Less(const Value& a, const Value& b) {
  if (a.is_int() && b.is_int()) return a.as_int() < b.as_int();
  if (a.is_number() && b.is_number()) return a.as_double() < b.as_double();
  if (a.is_string() && b.is_string()) return a.as_string() < b.as_string();
  return false;
}

// Whether the statistics show that no row matches. Against a Float column a literal may be taken as
// a float or as a double; what is below or above as a float is so in both.
bool RuledOut(const IndexPredicate& predicate, const SealedColumn& column) {
  const ColumnStats& stats = column.stats();
  if (stats.min.is_null() || stats.max.is_null()) return false;
  const auto rounded = [&](const Value& v) {
    if (column.type() != DataType::kFloat || !v.is_number()) return v;
    return Value(static_cast<double>(static_cast<float>(v.as_double())));
  };
  const auto below = [&](const Value& v) { return Less(rounded(v), stats.min); };
  const auto above = [&](const Value& v) { return Less(stats.max, rounded(v)); };
  switch (predicate.kind) {
    case IndexPredicate::Kind::kIn:
      return std::all_of(predicate.values.begin(), predicate.values.end(),
                         [&](const Value& v) { return below(v) || above(v); });
    case IndexPredicate::Kind::kRange:
      return (predicate.high && below(*predicate.high)) || (predicate.low && above(*predicate.low));
    case IndexPredicate::Kind::kPrefix:
      return above(Value(predicate.prefix));
    case IndexPredicate::Kind::kNear:
    case IndexPredicate::Kind::kWords:
    case IndexPredicate::Kind::kHasAny:
    case IndexPredicate::Kind::kHasAll:
    case IndexPredicate::Kind::kTerms:
      break;
  }
  return false;
}

std::optional<index::Bound> BoundOf(const std::optional<Value>& value, bool inclusive) {
  if (!value) return std::nullopt;
  return index::Bound{*value, inclusive};
}

// The least string above all that begin with `prefix`; none if there is no such string.
std::optional<index::Bound> PastPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return index::Bound{Value(std::move(prefix)), false};
}

size_t EstimateIn(const std::vector<Value>& values, const index::ScalarIndex& index) {
  const size_t step = std::max<size_t>(1, values.size() / kEstimatedValues);
  size_t rows = 0;
  size_t asked = 0;
  for (size_t i = 0; i < values.size(); i += step, ++asked) {
    const index::Bound bound{values[i], true};
    rows += index.EstimateRange(bound, bound);
  }
  // A value costs a search even where it finds nothing.
  return values.empty() ? 0 : rows * values.size() / asked + values.size();
}

bool AsksForElements(const IndexPredicate& predicate) {
  return predicate.kind == IndexPredicate::Kind::kHasAny ||
         predicate.kind == IndexPredicate::Kind::kHasAll;
}

// Where all are asked for, the rows of the rarest.
size_t EstimateTerms(const IndexPredicate& predicate, const index::ScalarIndex& index) {
  if (predicate.least < predicate.values.size()) return EstimateIn(predicate.values, index);
  size_t rows = std::numeric_limits<size_t>::max();
  for (const Value& value : predicate.values) rows = std::min(rows, EstimateIn({value}, index));
  return rows;
}

// The rows that have at least `least` of the values.
Bitmap AtLeast(const std::vector<Value>& values, size_t least, const index::ScalarIndex& index) {
  if (least <= 1) return index.In(values);
  if (least == values.size()) {
    Bitmap all = index.In({values[0]});
    for (size_t i = 1; i < values.size(); ++i) all.And(index.In({values[i]}));
    return all;
  }
  Bitmap enough = index.In({values[0]});
  std::vector<uint32_t> counts(enough.size());
  enough.ForEach([&counts](size_t row) { ++counts[row]; });
  enough = Bitmap(counts.size());
  for (size_t i = 1; i < values.size(); ++i) {
    index.In({values[i]}).ForEach([&](size_t row) {
      if (++counts[row] == least) enough.Set(row);
    });
  }
  return enough;
}

// Whether an index of values of type `type`, taken from JSON or from arrays, finds all that equals
// `value` or compares with it.
bool Holds(DataType type, const Value& value) {
  return IsString(type)            ? value.is_string()
         : type == DataType::kBool ? value.is_bool()
                                   : value.is_number();
}

bool HoldsAll(DataType type, const IndexPredicate& predicate) {
  const auto holds = [type](const Value& value) { return Holds(type, value); };
  return std::all_of(predicate.values.begin(), predicate.values.end(), holds) &&
         (!predicate.low || holds(*predicate.low)) && (!predicate.high || holds(*predicate.high));
}

// The index is on what the predicate is about.
bool IsAbout(const IndexPredicate& predicate, const index::ScalarPart& part, DataType column) {
  if (part.path != predicate.path || part.elements != AsksForElements(predicate) ||
      part.terms != (predicate.kind == IndexPredicate::Kind::kTerms)) {
    return false;
  }
  if (predicate.kind == IndexPredicate::Kind::kPrefix ||
      predicate.kind == IndexPredicate::Kind::kWords) {
    return IsString(part.type);
  }
  return part.type == column || HoldsAll(part.type, predicate);
}

// Of an index of whole documents: what it has for the predicate.
std::unique_ptr<index::ScalarIndex> PartOfDocuments(const IndexPredicate& predicate,
                                                    const index::ScalarIndex& documents) {
  for (const DataType type : {DataType::kBool, DataType::kDouble, DataType::kVarChar}) {
    const index::ScalarPart part{predicate.path, type, AsksForElements(predicate)};
    if (IsAbout(predicate, part, DataType::kJson)) return documents.Under(part);
  }
  return nullptr;
}

// The predicate for an index whose numbers are rounded: what it finds holds all that match.
IndexPredicate Rounded(IndexPredicate predicate) {
  const auto round = [](Value* value) {
    if (value->is_number()) *value = Value(value->as_double());
  };
  for (Value& value : predicate.values) round(&value);
  if (predicate.low) round(&*predicate.low);
  if (predicate.high) round(&*predicate.high);
  predicate.low_inclusive = predicate.high_inclusive = true;
  return predicate;
}

// Nothing: the index cannot answer.
std::optional<expr::IndexEstimate> Estimate(const IndexPredicate& predicate, size_t rows,
                                            const index::ScalarIndex& index) {
  if (index.gives_words()) {
    const auto found = index.EstimateWords(predicate.words);
    if (!found) return std::nullopt;
    return expr::IndexEstimate{*found, false};
  }
  switch (predicate.kind) {
    case IndexPredicate::Kind::kIn:
    case IndexPredicate::Kind::kHasAny:
    case IndexPredicate::Kind::kHasAll:
      return expr::IndexEstimate{EstimateIn(predicate.values, index), index.exact()};
    case IndexPredicate::Kind::kTerms:
      return expr::IndexEstimate{EstimateTerms(predicate, index), predicate.exact};
    case IndexPredicate::Kind::kRange:
      return expr::IndexEstimate{
          index.EstimateRange(BoundOf(predicate.low, predicate.low_inclusive),
                              BoundOf(predicate.high, predicate.high_inclusive)),
          index.exact()};
    case IndexPredicate::Kind::kPrefix:
      return expr::IndexEstimate{index.EstimateRange(index::Bound{Value(predicate.prefix), true},
                                                     PastPrefix(predicate.prefix))};
    case IndexPredicate::Kind::kNear:
      // A tree of places does not tell beforehand; but it costs little beside a look at every
      // place.
      return expr::IndexEstimate{rows / 4, false};
    case IndexPredicate::Kind::kWords:
      break;
  }
  return std::nullopt;
}

Bitmap Ask(const IndexPredicate& predicate, const index::ScalarIndex& index) {
  switch (predicate.kind) {
    case IndexPredicate::Kind::kIn:
    case IndexPredicate::Kind::kHasAny:
      return index.In(predicate.values);
    case IndexPredicate::Kind::kHasAll:
      return AtLeast(predicate.values, predicate.values.size(), index);
    case IndexPredicate::Kind::kTerms:
      return AtLeast(predicate.values, predicate.least, index);
    case IndexPredicate::Kind::kRange:
      return index.Range(BoundOf(predicate.low, predicate.low_inclusive),
                         BoundOf(predicate.high, predicate.high_inclusive));
    case IndexPredicate::Kind::kPrefix:
      return index.Prefix(predicate.prefix);
    case IndexPredicate::Kind::kNear:
    case IndexPredicate::Kind::kWords:
      break;
  }
  return {};
}

// Nulls in place of rows that cannot be read.
expr::Block NullBlock(const SealedColumn& column, size_t first, size_t count,
                      expr::BlockScratch* scratch) {
  expr::Block block;
  block.first = first;
  block.count = count;
  if (column.fixed()) {
    scratch->fixed.assign(count * column.width(), std::byte{0});
    block.fixed = scratch->fixed.data();
  } else {
    scratch->strings.assign(count, {});
    block.strings = scratch->strings.data();
  }
  scratch->valid.assign(count, 0);
  block.valid = scratch->valid.data();
  return block;
}

}  // namespace

SealedSource::SealedSource(const std::map<FieldId, SealedColumn>& columns,
                           const std::vector<PathColumn>& paths, const Schema& schema, size_t rows,
                           const IndexSet* indexes, KeyFinder keys,
                           std::function<void(Status)> damaged)
    : columns_(columns),
      paths_(paths),
      rows_(rows),
      indexes_(indexes),
      keys_(std::move(keys)),
      damaged_(std::move(damaged)) {
  for (const Field& field : schema.fields) {
    if (!columns.contains(field.id)) missing_.Add(field);
  }
}

expr::Block SealedSource::Read(FieldId field, size_t first, size_t count,
                               expr::BlockScratch* scratch) const {
  return ReadActive(field, first, count, nullptr, scratch);
}

expr::Block SealedSource::ReadActive(FieldId field, size_t first, size_t count,
                                     const uint64_t* active, expr::BlockScratch* scratch) const {
  expr::Block block;
  const auto it = columns_.find(field);
  if (it == columns_.end()) {
    CHECK(missing_.Read(field, first, count, &block));
    return block;
  }
  const SealedColumn& column = it->second;
  if (Status status = column.Check(first, count); !status.ok()) {
    damaged_(std::move(status));
    return NullBlock(column, first, count, scratch);
  }
  block.first = first;
  block.count = count;
  if (count == 0) return block;
  if (column.fixed()) {
    block.fixed = column.Fixed(first);
  } else {
    scratch->strings.resize(std::max(scratch->strings.size(), count));
    if (active == nullptr) {
      for (size_t i = 0; i < count; ++i) scratch->strings[i] = column.Value(first + i);
    } else {
      for (size_t word = 0; word * 64 < count; ++word) {
        if (active[word] == ~uint64_t{0} && word * 64 + 64 <= count) {
          for (size_t i = word * 64; i < word * 64 + 64; ++i)
            scratch->strings[i] = column.Value(first + i);
          continue;
        }
        for (uint64_t bits = active[word]; bits != 0; bits &= bits - 1) {
          const size_t i = word * 64 + static_cast<size_t>(std::countr_zero(bits));
          if (i < count) scratch->strings[i] = column.Value(first + i);
        }
      }
    }
    block.strings = scratch->strings.data();
  }
  if (column.valid() != nullptr) block.valid = column.valid() + first;
  return block;
}

std::optional<FieldId> SealedSource::FindPath(FieldId field, const std::vector<std::string>& path,
                                              DataType type) const {
  for (const PathColumn& one : paths_) {
    if (one.field == field && one.type == type && one.path == path) return one.column;
  }
  return std::nullopt;
}

std::vector<const SealedColumn*> SealedSource::ColumnsFor(const IndexPredicate& predicate) const {
  std::vector<const SealedColumn*> columns;
  if (predicate.path.empty()) {
    const auto column = columns_.find(predicate.field);
    if (column != columns_.end()) columns.push_back(&column->second);
  } else if (!AsksForElements(predicate)) {
    for (const DataType type : {DataType::kDouble, DataType::kVarChar}) {
      const auto column = FindPath(predicate.field, predicate.path, type);
      const bool compares = predicate.kind == IndexPredicate::Kind::kPrefix
                                ? IsString(type)
                                : HoldsAll(type, predicate);
      if (column && compares) columns.push_back(&columns_.at(*column));
    }
  }
  return columns;
}

std::unique_ptr<expr::BlockTest> SealedSource::TestBlocks(const IndexPredicate& predicate) const {
  for (const SealedColumn* column : ColumnsFor(predicate)) {
    const Zone* zones = column->zones();
    auto test = zones == nullptr ? nullptr : MakeZoneTest(predicate, column->type(), zones);
    test = WithBlooms(predicate, column->blooms(), std::move(test));
    if (test != nullptr) return test;
  }
  return nullptr;
}

bool SealedSource::IsRuledOut(const IndexPredicate& predicate) const {
  const auto columns = ColumnsFor(predicate);
  return std::any_of(columns.begin(), columns.end(),
                     [&](const SealedColumn* column) { return RuledOut(predicate, *column); });
}

bool SealedSource::AsksForKeys(const IndexPredicate& predicate) const {
  return predicate.kind == IndexPredicate::Kind::kIn && predicate.field == keys_.field &&
         keys_.find != nullptr;
}

SealedSource::Answer SealedSource::IndexFor(const IndexPredicate& predicate) const {
  Answer best;
  if (indexes_ == nullptr) return best;
  for (const auto& [id, scalar] : indexes_->scalars) {
    if (scalar.field != predicate.field) continue;
    const bool documents = scalar.index->part().type == DataType::kJson;
    auto part = documents ? PartOfDocuments(predicate, *scalar.index) : nullptr;
    const index::ScalarIndex* index = documents ? part.get() : scalar.index.get();
    if (index == nullptr) continue;
    if (!IsAbout(predicate, index->part(), columns_.at(predicate.field).type())) continue;
    const auto estimate = Estimate(predicate, rows_, *index);
    if (!estimate || (best.index != nullptr && best.estimate.whole)) continue;
    best = {index, *estimate, std::move(part)};
  }
  return best;
}

// What the statistics rule out needs no index.
std::optional<expr::IndexEstimate> SealedSource::EstimateIndex(
    const IndexPredicate& predicate) const {
  const auto column = columns_.find(predicate.field);
  if (column == columns_.end()) return std::nullopt;
  if (IsRuledOut(predicate)) return expr::IndexEstimate{0};
  if (AsksForKeys(predicate)) return expr::IndexEstimate{predicate.values.size() * kKeySearchCost};
  const Answer answer = IndexFor(predicate);
  if (answer.index == nullptr) return std::nullopt;
  return answer.estimate;
}

Bitmap SealedSource::AskIndex(const IndexPredicate& predicate) const {
  if (AsksForKeys(predicate)) {
    Bitmap keys(rows_);
    keys_.find(predicate.values, [&](uint32_t row) {
      if (row < keys.size()) keys.Set(row);
    });
    return keys;
  }
  const Answer answer = IndexFor(predicate);
  if (answer.index == nullptr) return Bitmap(rows_);  // ruled out
  if (answer.index->gives_words()) return answer.index->Words(predicate.words);
  if (predicate.kind == IndexPredicate::Kind::kNear) {
    auto near = answer.index->Near(predicate.reach, rows_ / 2 + 1);
    return near ? std::move(near).value() : Bitmap(rows_, true);
  }
  return answer.index->exact() ? Ask(predicate, *answer.index)
                               : Ask(Rounded(predicate), *answer.index);
}

}  // namespace elanus::segment
