#include "shard/split.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace elanus::shard {
namespace {

constexpr size_t kSampledValues = 100'000;

RowParts EmptyParts(const std::vector<SegmentViewPtr>& inputs, size_t outputs) {
  std::vector<Bitmap> none;
  for (const SegmentViewPtr& view : inputs) none.emplace_back(view->rows);
  return RowParts(outputs, none);
}

size_t RowsOf(const std::vector<SegmentViewPtr>& inputs) {
  size_t rows = 0;
  for (const SegmentViewPtr& view : inputs) rows += view->rows;
  return rows;
}

template <typename T>
double NumberIn(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(sizeof value, bytes.size()));
  return static_cast<double>(value);
}

// Numbers that ascend as the values do. Large integers may fall together.
double NumberOf(DataType type, std::string_view bytes) {
  switch (WidthOf(type, 0)) {
    case 1:
      return NumberIn<int8_t>(bytes);
    case 2:
      return NumberIn<int16_t>(bytes);
    case 4:
      return type == DataType::kFloat ? NumberIn<float>(bytes) : NumberIn<int32_t>(bytes);
    default:
      return type == DataType::kDouble ? NumberIn<double>(bytes) : NumberIn<int64_t>(bytes);
  }
}

template <typename Key, typename KeyOf>
Result<RowParts> SplitByKey(const Context& context, const std::vector<SegmentViewPtr>& inputs,
                            const Field& field, size_t outputs, KeyOf key_of) {
  RowParts parts = EmptyParts(inputs, outputs);
  std::vector<std::unique_ptr<segment::ValueReader>> readers;
  for (const SegmentViewPtr& view : inputs)
    readers.push_back(TRY(view->segment->ReadValues(field)));

  std::vector<Key> sample;
  const size_t step = std::max<size_t>(1, RowsOf(inputs) / kSampledValues);
  size_t row_in_all = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    for (uint32_t row = 0; row < inputs[i]->rows; ++row) {
      if (row_in_all++ % step != 0) continue;
      if (const auto value = readers[i]->At(row)) sample.push_back(key_of(*value));
    }
  }
  std::sort(sample.begin(), sample.end());
  std::vector<Key> bounds;  // the i-th output ends before the i-th bound
  for (size_t i = 1; i < outputs && !sample.empty(); ++i)
    bounds.push_back(sample[i * sample.size() / outputs]);

  for (size_t i = 0; i < inputs.size(); ++i) {
    TRY(context.Check());
    for (uint32_t row = 0; row < inputs[i]->rows; ++row) {
      size_t output = 0;
      if (const auto value = readers[i]->At(row)) {
        output = static_cast<size_t>(
            std::upper_bound(bounds.begin(), bounds.end(), key_of(*value)) - bounds.begin());
      }
      parts[output][i].Set(row);
    }
  }
  return parts;
}

}  // namespace

RowParts SplitByOrder(const std::vector<SegmentViewPtr>& inputs, size_t outputs) {
  RowParts parts = EmptyParts(inputs, outputs);
  const size_t rows = RowsOf(inputs);
  size_t before = 0;  // rows of the inputs before
  for (size_t i = 0; i < inputs.size(); before += inputs[i++]->rows) {
    for (size_t output = 0; output < outputs; ++output) {
      const size_t begin = std::max(before, output * rows / outputs);
      const size_t end = std::min(before + inputs[i]->rows, (output + 1) * rows / outputs);
      if (begin < end) parts[output][i].SetRange(begin - before, end - before);
    }
  }
  return parts;
}

Result<RowParts> SplitByValue(const Context& context, const std::vector<SegmentViewPtr>& inputs,
                              const Field& field, size_t outputs) {
  if (IsString(field.type)) {
    return SplitByKey<std::string_view>(context, inputs, field, outputs,
                                        [](std::string_view bytes) { return bytes; });
  }
  return SplitByKey<double>(
      context, inputs, field, outputs,
      [type = field.type](std::string_view bytes) { return NumberOf(type, bytes); });
}

}  // namespace elanus::shard
