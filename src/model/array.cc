#include "model/array.h"

#include <vector>

#include "base/coding.h"

namespace elanus {

Result<std::string> EncodeArray(DataType element, std::span<const Value> values) {
  std::string out;
  Writer writer(&out);
  if (IsString(element)) {
    std::vector<std::string_view> views;
    for (const Value& value : values) {
      if (!value.is_string()) return Fail(Code::kParameterInvalid, "array element is not a string");
      views.push_back(value.as_string());
    }
    return EncodeStringArray(views);
  }
  for (const Value& value : values) {
    const bool fits = element == DataType::kBool ? value.is_bool()
                      : IsInteger(element)       ? value.is_int()
                      : IsFloating(element)      ? value.is_number()
                                                 : false;
    if (!fits) {
      return Fail(Code::kParameterInvalid,
                  "array element does not fit " + std::string(NameOf(element)));
    }
    if (element == DataType::kBool) {
      writer.U8(value.as_bool());
    } else if (element == DataType::kFloat) {
      const auto f = static_cast<float>(value.as_double());
      writer.Raw(&f, sizeof f);
    } else if (element == DataType::kDouble) {
      writer.F64(value.as_double());
    } else {
      const int64_t i = value.as_int();
      writer.Raw(&i, WidthOf(element));  // little-endian: the low bytes
    }
  }
  return out;
}

std::string EncodeStringArray(std::span<const std::string_view> values) {
  std::string out;
  Writer writer(&out);
  writer.U32(static_cast<uint32_t>(values.size()));
  uint32_t end = 0;
  for (const std::string_view value : values)
    writer.U32(end += static_cast<uint32_t>(value.size()));
  for (const std::string_view value : values) out.append(value);
  return out;
}

ArrayView::ArrayView(DataType element, std::string_view bytes) : element_(element) {
  const size_t width = WidthOf(element);
  if (width != 0) {
    if (bytes.size() % width != 0) return;
    size_ = bytes.size() / width;
    bytes_ = bytes;
    valid_ = true;
    return;
  }
  if (bytes.empty()) {  // the placeholder of a null row
    valid_ = true;
    return;
  }
  uint32_t count = 0;
  if (bytes.size() < sizeof count) return;
  std::memcpy(&count, bytes.data(), sizeof count);
  if (count > (bytes.size() - sizeof count) / sizeof(uint32_t)) return;
  const char* ends = bytes.data() + sizeof count;
  const size_t text_size = bytes.size() - sizeof count - count * sizeof(uint32_t);
  uint32_t last = 0;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t end = 0;
    std::memcpy(&end, ends + i * sizeof end, sizeof end);
    if (end < last || end > text_size) return;
    last = end;
  }
  size_ = count;
  bytes_ = bytes.substr(sizeof count);
  valid_ = true;
}

std::string_view ArrayView::String(size_t index) const {
  uint32_t begin = 0;
  uint32_t end = 0;
  if (index > 0) std::memcpy(&begin, bytes_.data() + (index - 1) * sizeof begin, sizeof begin);
  std::memcpy(&end, bytes_.data() + index * sizeof end, sizeof end);
  return bytes_.substr(size_ * sizeof(uint32_t) + begin, end - begin);
}

int64_t ArrayView::Int(size_t index) const {
  if (element_ == DataType::kBool) return Fixed<uint8_t>(index) != 0;
  if (element_ == DataType::kInt8) return Fixed<int8_t>(index);
  if (element_ == DataType::kInt16) return Fixed<int16_t>(index);
  if (element_ == DataType::kInt32) return Fixed<int32_t>(index);
  if (element_ == DataType::kInt64 || element_ == DataType::kTimestamptz)
    return Fixed<int64_t>(index);
  return 0;
}

double ArrayView::Double(size_t index) const {
  if (element_ == DataType::kFloat) return static_cast<double>(Fixed<float>(index));
  if (element_ == DataType::kDouble) return Fixed<double>(index);
  return static_cast<double>(Int(index));
}

Value ArrayView::element(size_t index) const {
  if (index >= size_) return {};
  if (IsString(element_)) return std::string(String(index));
  if (element_ == DataType::kBool) return Fixed<uint8_t>(index) != 0;
  if (IsFloating(element_)) return Double(index);
  return Int(index);
}

}  // namespace elanus
