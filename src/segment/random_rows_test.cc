#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "geo/wkt.h"
#include "model/array.h"
#include "model/json.h"
#include "segment/random_rows_testing.h"
#include "simd/half.h"

namespace elanus::segment {
namespace {

Field MakeField(int64_t id, std::string name, DataType type, int64_t dim = 0) {
  Field field;
  field.id = FieldId(id);
  field.name = std::move(name);
  field.type = type;
  field.dim = dim;
  return field;
}

template <typename T>
void AppendAs(Column* column, T value) {
  column->AppendFixed(&value, 1);
}

void AppendRandomVector(const Field& field, Random* random, Column* column) {
  std::normal_distribution<float> normal;
  std::string bytes;
  const auto push = [&bytes](auto value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  if (field.type == DataType::kSparseFloatVector) {
    std::set<uint32_t> indexes;
    for (uint64_t i = (*random)() % 6; i > 0; --i)
      indexes.insert(static_cast<uint32_t>((*random)() % 50));
    for (const uint32_t index : indexes) {
      push(index);
      push(std::abs(normal(*random)));
    }
    column->AppendString(bytes);
    return;
  }
  const bool zero = (*random)() % 50 == 0;
  const size_t elements =
      static_cast<size_t>(field.dim) / (field.type == DataType::kBinaryVector ? 8 : 1);
  for (size_t i = 0; i < elements; ++i) {
    const float value = zero ? 0.0f : normal(*random);
    if (field.type == DataType::kFloatVector) push(value);
    if (field.type == DataType::kFloat16Vector) push(simd::FloatToHalf(value));
    if (field.type == DataType::kBFloat16Vector) push(simd::FloatToBFloat16(value));
    if (field.type == DataType::kInt8Vector) push(static_cast<int8_t>(value * 40));
    if (field.type == DataType::kBinaryVector) push(static_cast<uint8_t>((*random)()));
  }
  column->AppendFixed(bytes.data(), 1);
}

std::string RandomText(Random* random, size_t size_max) {
  std::string text((*random)() % (size_max + 1), ' ');
  for (char& c : text) c = static_cast<char>('a' + (*random)() % 26);
  return text;
}

void AppendRandom(const Field& field, Random* random, Column* column) {
  const uint64_t bits = (*random)();
  if (field.primary) {
    if (field.type == DataType::kInt64)
      return AppendAs(column, static_cast<int64_t>(bits % 700) - 300);
    return column->AppendString((bits % 2 == 0 ? "k" : "a-longer-key-prefix-") +
                                std::to_string(bits % 700));
  }
  if (field.nullable && bits % 5 == 0) return column->AppendNull();
  if (IsVector(field.type)) return AppendRandomVector(field, random, column);
  if (field.type == DataType::kBool) return AppendAs(column, static_cast<uint8_t>(bits % 2));
  if (field.type == DataType::kFloat) return AppendAs(column, static_cast<float>(bits % 1000) / 8);
  if (field.type == DataType::kDouble)
    return AppendAs(column, static_cast<double>(bits % 1000) / 16);
  if (field.type == DataType::kJson) {
    return column->AppendString(*EncodeJson("{\"a\": " + std::to_string(bits % 100) +
                                            ", \"b\": \"" + RandomText(random, 30) + "\"}"));
  }
  if (field.type == DataType::kArray) {
    std::vector<Value> values(bits % 5, Value(static_cast<int64_t>(bits % 1000)));
    return column->AppendString(*EncodeArray(field.element_type, values));
  }
  if (field.type == DataType::kGeometry) {
    const auto at = [](uint64_t x, uint64_t y) {
      return std::to_string(x % 100) + " " + std::to_string(y % 100);
    };
    const std::string place = at(bits >> 8, bits >> 24);
    const std::string wkt = bits % 7 == 0 ? "LINESTRING EMPTY"
                            : bits % 7 == 1
                                ? "LINESTRING (" + place + ", " + at(bits, bits >> 40) + ")"
                                : "POINT (" + place + ")";
    return column->AppendString(*geo::WktToWkb(wkt));
  }
  if (column->fixed()) return column->AppendFixed(&bits, 1);  // integers of any width
  column->AppendString(RandomText(random, bits % 7 == 0 ? 300 : 24));
}

}  // namespace

Schema WideSchema(bool string_key) {
  constexpr DataType kTypes[] = {
      DataType::kBool,        DataType::kInt8,          DataType::kInt16,
      DataType::kInt32,       DataType::kInt64,         DataType::kFloat,
      DataType::kDouble,      DataType::kVarChar,       DataType::kArray,
      DataType::kJson,        DataType::kTimestamptz,   DataType::kText,
      DataType::kFloatVector, DataType::kFloat16Vector, DataType::kBFloat16Vector,
      DataType::kInt8Vector,  DataType::kBinaryVector,  DataType::kSparseFloatVector,
      DataType::kGeometry};
  Schema schema;
  schema.fields.push_back(MakeField(100, "id", string_key ? DataType::kVarChar : DataType::kInt64));
  schema.fields.back().primary = true;
  int64_t id = 101;
  for (const DataType type : kTypes) {
    for (const bool nullable : {false, true}) {
      Field field = MakeField(id++, std::string(NameOf(type)) + (nullable ? "_or_null" : ""), type);
      field.nullable = nullable;
      if (type == DataType::kArray)
        field.element_type = nullable ? DataType::kInt16 : DataType::kInt64;
      if (IsDenseVector(type)) field.dim = type == DataType::kBinaryVector ? 32 : nullable ? 7 : 16;
      schema.fields.push_back(field);
    }
  }
  return schema;
}

Rows::Rows(Schema s) : schema(std::move(s)) {
  for (const Field& field : schema.fields) columns.emplace_back(field.id, field.type, field.dim);
}

const Column& Rows::Of(FieldId field) const {
  const auto it = std::find_if(columns.begin(), columns.end(),
                               [&](const Column& c) { return c.field() == field; });
  CHECK(it != columns.end());
  return *it;
}

void Rows::Add(const Batch& batch, std::span<const PartitionId> batch_partitions, Timestamp ts) {
  for (Column& column : columns) {
    const Column* from = batch.Find(column.field());
    for (size_t row = 0; row < batch.rows; ++row) {
      if (from == nullptr) {
        column.AppendNull();
      } else {
        column.AppendFrom(*from, row);
      }
    }
  }
  for (size_t row = 0; row < batch.rows; ++row) {
    partitions.push_back(batch_partitions[batch_partitions.size() == 1 ? 0 : row]);
    inserted.push_back(ts);
  }
}

Rows Rows::Picked(std::span<const uint32_t> rows) const {
  Rows picked(schema);
  for (size_t i = 0; i < columns.size(); ++i) {
    for (const uint32_t row : rows) picked.columns[i].AppendFrom(columns[i], row);
  }
  for (const uint32_t row : rows) {
    picked.partitions.push_back(partitions[row]);
    picked.inserted.push_back(inserted[row]);
  }
  return picked;
}

std::vector<uint32_t> Rows::SortedOrder() const {
  const Column& key = Of(schema.primary().id);
  std::vector<uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    if (partitions[a] != partitions[b]) return partitions[a] < partitions[b];
    if (key.fixed()) return key.as<int64_t>()[a] < key.as<int64_t>()[b];
    return key.String(a) < key.String(b);
  });
  return order;
}

Batch RandomBatch(const Schema& schema, size_t rows, Random* random,
                  const std::vector<FieldId>& skipped) {
  Batch batch;
  batch.rows = rows;
  for (const Field& field : schema.fields) {
    if (std::find(skipped.begin(), skipped.end(), field.id) != skipped.end()) continue;
    Column column(field.id, field.type, field.dim);
    for (size_t row = 0; row < rows; ++row) AppendRandom(field, random, &column);
    batch.columns.push_back(std::move(column));
  }
  return batch;
}

double DistanceBetween(DataType type, int64_t dim, Metric metric, std::string_view query,
                       std::string_view row) {
  double dot = 0, square = 0, qq = 0, rr = 0;
  const auto add = [&](double q, double r) {
    dot += q * r;
    square += (q - r) * (q - r);
    qq += q * q;
    rr += r * r;
  };
  if (type == DataType::kSparseFloatVector) {
    struct Entry {
      uint32_t index;
      float value;
    };
    const auto entry = [](std::string_view bytes, size_t i) {
      Entry e;
      std::memcpy(&e, bytes.data() + i * sizeof e, sizeof e);
      return e;
    };
    for (size_t i = 0; i < query.size() / 8; ++i) {
      for (size_t j = 0; j < row.size() / 8; ++j) {
        if (entry(query, i).index == entry(row, j).index)
          dot += double{entry(query, i).value} * entry(row, j).value;
      }
    }
    return -dot;
  }
  if (type == DataType::kBinaryVector) {
    int differ = 0, both = 0, any = 0;
    for (size_t i = 0; i < row.size(); ++i) {
      const auto q = static_cast<uint8_t>(query[i]), r = static_cast<uint8_t>(row[i]);
      differ += std::popcount(static_cast<uint8_t>(q ^ r));
      both += std::popcount(static_cast<uint8_t>(q & r));
      any += std::popcount(static_cast<uint8_t>(q | r));
    }
    return metric == Metric::kHamming ? differ : any == 0 ? 0 : 1 - double(both) / any;
  }
  for (size_t i = 0; i < static_cast<size_t>(dim); ++i) {
    const auto get = [&](std::string_view bytes) -> double {
      if (type == DataType::kInt8Vector) return static_cast<int8_t>(bytes[i]);
      float value;
      uint16_t half;
      if (type == DataType::kFloatVector) {
        std::memcpy(&value, bytes.data() + 4 * i, 4);
        return value;
      }
      std::memcpy(&half, bytes.data() + 2 * i, 2);
      return type == DataType::kFloat16Vector ? simd::HalfToFloat(half)
                                              : simd::BFloat16ToFloat(half);
    };
    add(get(query), get(row));
  }
  if (metric == Metric::kL2) return square;
  if (metric == Metric::kIP) return -dot;
  return qq == 0 || rr == 0 ? 0 : -dot / std::sqrt(qq * rr);
}

namespace {

void ExpectValue(std::optional<std::string_view> got, const Column& want, size_t row) {
  ASSERT_EQ(!got.has_value(), want.IsNull(row)) << "field " << want.field().value << " row " << row;
  if (got) {
    ASSERT_EQ(*got, want.String(row)) << "field " << want.field().value << " row " << row;
  }
}

void ExpectSameValues(const Segment& segment, const Rows& model, size_t rows, Random* random) {
  std::vector<uint32_t> some;
  for (size_t i = 0; i < 100 && rows > 0; ++i)
    some.push_back(static_cast<uint32_t>((*random)() % rows));
  const auto source = segment.MakeSource(model.schema, rows, nullptr);
  ASSERT_EQ(source->rows(), rows);
  expr::BlockScratch scratch;
  for (const Field& field : model.schema.fields) {
    const Column& want = model.Of(field.id);
    Column fetched(field.id, field.type, field.dim);
    ASSERT_TRUE(segment.Fetch(field, some, &fetched).ok());
    ASSERT_EQ(fetched.rows(), some.size());
    for (size_t i = 0; i < some.size(); ++i) {
      ExpectValue(fetched.IsNull(i) ? std::optional<std::string_view>() : fetched.String(i), want,
                  some[i]);
    }
    auto reader = segment.ReadValues(field);
    ASSERT_TRUE(reader.ok()) << reader.status().message();
    for (const uint32_t row : some) ExpectValue((*reader)->At(row), want, row);

    for (size_t first = 0; first < rows;) {
      const size_t count = source->RunEnd(first) - first;
      const expr::Block block = source->Read(field.id, first, count, &scratch);
      ASSERT_EQ(block.count, count);
      for (size_t i = 0; i < count; ++i) {
        std::optional<std::string_view> got;
        if (block.valid == nullptr || block.valid[i] != 0) {
          got = want.fixed() ? std::string_view(
                                   reinterpret_cast<const char*>(block.fixed) + i * want.width(),
                                   want.width())
                             : block.strings[i];
        }
        ExpectValue(got, want, first + i);
      }
      first += count;
    }
  }
}

void ExpectSameOrigin(const Segment& segment, const Rows& model, size_t rows, Random* random) {
  Timestamp newest = 0;
  for (size_t row = 0; row < rows; ++row) {
    ASSERT_EQ(segment.InsertedAt(static_cast<uint32_t>(row)), model.inserted[row]);
    ASSERT_EQ(segment.PartitionOf(static_cast<uint32_t>(row)), model.partitions[row]);
    newest = std::max(newest, model.inserted[row]);
  }
  EXPECT_EQ(segment.max_ts(rows), newest);
  for (int i = 0; i < 5 && rows > 0; ++i) {
    const Timestamp ts = i == 0 ? newest : model.inserted[(*random)() % rows] - (*random)() % 2;
    Bitmap allowed(rows, true);
    const bool masked = segment.MaskInsertedAfter(ts, rows, &allowed);
    EXPECT_EQ(masked, ts < newest);
    for (size_t row = 0; row < rows; ++row)
      ASSERT_EQ(allowed.Test(row), model.inserted[row] <= ts) << row;

    std::set<PartitionId> wanted;
    for (uint64_t n = (*random)() % 4; n > 0; --n)
      wanted.insert(model.partitions[(*random)() % rows]);
    if (i == 4) wanted.insert(PartitionId(-1));
    const std::vector<PartitionId> sorted(wanted.begin(), wanted.end());
    Bitmap in(rows, true);
    segment.MaskPartitions(sorted, rows, &in);
    for (size_t row = 0; row < rows; ++row)
      ASSERT_EQ(in.Test(row), wanted.contains(model.partitions[row])) << row;
  }
}

void ExpectSameKeys(const Segment& segment, const Rows& model, Random* random) {
  const Field& primary = model.schema.primary();
  const Column& key = model.Of(primary.id);
  Column keys(primary.id, primary.type);
  std::vector<PartitionId> partitions;
  for (size_t i = 0; i < 60; ++i) {
    if (model.size() == 0 || i % 10 == 9) {
      AppendRandom(primary, random, &keys);
    } else {
      keys.AppendFrom(key, (*random)() % model.size());
    }
    partitions.push_back(model.size() == 0 ? PartitionId(1)
                                           : model.partitions[(*random)() % model.size()]);
  }
  for (const size_t count : {size_t{0}, size_t{1}, partitions.size()}) {
    const auto in = std::span<const PartitionId>(partitions).first(count);
    std::set<std::pair<size_t, uint32_t>> want, got;
    for (size_t i = 0; i < keys.rows(); ++i) {
      for (uint32_t row = 0; row < model.size(); ++row) {
        if (key.String(row) != keys.String(i)) continue;
        if (count == 0 || model.partitions[row] == in[count == 1 ? 0 : i]) want.emplace(i, row);
      }
    }
    segment.FindKeys(keys, in,
                     [&](size_t i, uint32_t row) { EXPECT_TRUE(got.emplace(i, row).second); });
    EXPECT_EQ(got, want);
  }
}

std::vector<Metric> MetricsOf(DataType type) {
  if (type == DataType::kBinaryVector) return {Metric::kHamming, Metric::kJaccard};
  if (type == DataType::kSparseFloatVector) return {Metric::kIP};
  return {Metric::kL2, Metric::kIP, Metric::kCosine};
}

void ExpectSameSearch(const Segment& segment, const Rows& model, size_t rows, const Field& field,
                      Metric metric, bool masked, bool ranged, Random* random) {
  SCOPED_TRACE(std::string(field.name) + " " + std::string(NameOf(metric)));
  const Column& column = model.Of(field.id);
  Column queries(field.id, field.type, field.dim);
  for (int q = 0; q < 3; ++q) AppendRandomVector(field, random, &queries);
  std::vector<std::string> sparse;
  for (size_t q = 0; q < queries.rows(); ++q) sparse.emplace_back(queries.String(q));
  Bitmap allowed(rows, !masked);
  if (masked) {
    for (size_t row = 0; row < rows; ++row) allowed.Assign(row, (*random)() % 3 == 0);
  }
  const BitmapMask mask(allowed);

  VectorSearch search;
  search.field = field.id;
  search.queries = {field.type, field.dim, queries.rows(), queries.data(), &sparse};
  search.metric = metric;
  search.limit = 1 + (*random)() % 20;
  std::vector<std::vector<double>> want(queries.rows());
  for (size_t q = 0; q < queries.rows(); ++q) {
    for (size_t row = 0; row < rows; ++row) {
      if (!allowed.Test(row) || column.IsNull(row)) continue;
      want[q].push_back(
          DistanceBetween(field.type, field.dim, metric, queries.String(q), column.String(row)));
    }
    std::sort(want[q].begin(), want[q].end());
  }
  if (ranged) {  // a limit halfway between two distances, far from rounding
    const std::vector<double>& all = want[0];
    float upper = std::numeric_limits<float>::infinity();
    for (size_t i = all.size() / 3 + 1; i < all.size(); ++i) {
      if (all[i] - all[i - 1] < 1e-3) continue;
      upper = static_cast<float>((all[i] + all[i - 1]) / 2);
      break;
    }
    search.range = index::Range{.lower = -std::numeric_limits<float>::infinity(), .upper = upper};
    search.queries.count = 1;
    want.resize(1);
    std::erase_if(want[0], [upper](double d) { return d >= upper; });
  }
  std::vector<std::vector<Hit>> hits;
  const Context context;
  const Status status =
      segment.Search(context, search, rows, masked ? mask.mask() : RowMask(), nullptr, &hits);
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(hits.size(), want.size());
  for (size_t q = 0; q < hits.size(); ++q) {
    if (field.type !=
        DataType::kSparseFloatVector) {  // rows that share no index may be left out there
      ASSERT_EQ(hits[q].size(), std::min(search.limit, want[q].size()));
    }
    std::set<uint32_t> seen;
    for (size_t i = 0; i < hits[q].size(); ++i) {
      const Hit& hit = hits[q][i];
      ASSERT_LT(hit.row, rows);
      ASSERT_TRUE(seen.insert(hit.row).second);
      ASSERT_TRUE(allowed.Test(hit.row));
      ASSERT_FALSE(column.IsNull(hit.row));
      const double tolerance = 1e-3 * std::max(1.0, std::abs(want[q][i]));
      ASSERT_NEAR(hit.distance, want[q][i], tolerance);
      ASSERT_NEAR(
          hit.distance,
          DistanceBetween(field.type, field.dim, metric, queries.String(q), column.String(hit.row)),
          tolerance);
    }
  }
}

}  // namespace

void ExpectSameReads(const Segment& segment, const Rows& model, size_t rows, Random* random) {
  ExpectSameValues(segment, model, rows, random);
  ExpectSameOrigin(segment, model, rows, random);
  if (rows == model.size()) ExpectSameKeys(segment, model, random);
  for (const Field& field : model.schema.fields) {
    if (!IsVector(field.type)) continue;
    for (const Metric metric : MetricsOf(field.type)) {
      ExpectSameSearch(segment, model, rows, field, metric, (*random)() % 2 == 0,
                       (*random)() % 2 == 0, random);
    }
  }
}

}  // namespace elanus::segment
