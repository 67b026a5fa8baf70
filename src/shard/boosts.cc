#include "shard/boosts.h"

#include <cstring>
#include <string>
#include <utility>

#include "base/hash.h"
#include "expr/source.h"
#include "model/bitmap.h"

namespace elanus::shard {
namespace {

// Rows from anywhere in a snapshot, as columns.
class FetchedSource final : public expr::Source {
 public:
  explicit FetchedSource(Batch rows) : rows_(std::move(rows)) {}

  size_t rows() const override { return rows_.rows; }

  expr::Block Read(FieldId field, size_t first, size_t count,
                   expr::BlockScratch* scratch) const override {
    const Column* column = rows_.Find(field);
    CHECK(column != nullptr);
    return BlockOf(*column, first, count, scratch);
  }

 private:
  const Batch rows_;
};

Result<Column> FetchById(const Snapshot& snapshot, FieldId id, const std::vector<Place>& places) {
  const Field* field = TRY(FieldOf(snapshot.collection->schema, id));
  return FetchColumn(snapshot, *field, places);
}

Result<Bitmap> Passing(const Context& context, const Snapshot& snapshot, const expr::Filter* filter,
                       const std::vector<Place>& places) {
  if (filter == nullptr || filter->always_true()) return Bitmap(places.size(), true);
  Batch rows;
  rows.rows = places.size();
  for (const FieldId id : filter->fields()) {
    rows.columns.push_back(TRY(FetchById(snapshot, id, places)));
  }
  Bitmap passed(places.size());
  TRY(filter->Evaluate(context, FetchedSource(std::move(rows)), &passed));
  return passed;
}

// In [0, 1).
float Fraction(uint64_t hash) {
  constexpr float kUnit = 1.0F / (1 << 24);
  return static_cast<float>(hash >> 40) * kUnit;
}

// A number for each place, the same whenever it is asked for.
Result<std::vector<float>> Randoms(const Snapshot& snapshot, const roles::Boost::Random& random,
                                   const std::vector<Place>& places) {
  std::optional<Column> values;
  if (random.field.has_value()) values = TRY(FetchById(snapshot, *random.field, places));
  const uint64_t seed = HashInt(static_cast<uint64_t>(random.seed));
  std::vector<float> numbers;
  for (size_t i = 0; i < places.size(); ++i) {
    uint64_t of_row = 0;
    if (!values.has_value()) {
      const auto segment = static_cast<uint64_t>(snapshot.segments[places[i].view]->id.value);
      of_row = HashInt(segment) + places[i].row;
    } else if (!values->IsNull(i)) {
      of_row = static_cast<uint64_t>(values->as<int64_t>()[i]);
    }
    numbers.push_back(Fraction(HashInt(HashInt(of_row) ^ seed)));
  }
  return numbers;
}

}  // namespace

Result<std::vector<std::optional<float>>> BoostsOf(const Context& context, const Snapshot& snapshot,
                                                   const roles::Boosts& boosts,
                                                   const std::vector<Place>& places) {
  std::vector<std::optional<float>> result(places.size());
  for (const roles::Boost& boost : boosts.all) {
    const Bitmap passed = TRY(Passing(context, snapshot, boost.filter.get(), places));
    std::vector<float> randoms;
    if (boost.random.has_value()) randoms = TRY(Randoms(snapshot, *boost.random, places));
    passed.ForEach([&](size_t i) {
      const float factor = randoms.empty() ? boost.weight : boost.weight * randoms[i];
      std::optional<float>& whole = result[i];
      if (!whole.has_value()) {
        whole = factor;
      } else {
        whole = boosts.add_up ? *whole + factor : *whole * factor;
      }
    });
  }
  return result;
}

}  // namespace elanus::shard
