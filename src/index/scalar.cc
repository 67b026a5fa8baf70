// Which kind of scalar index serves a declaration, and which file is which.
#include <charconv>

#include "index/grams.h"
#include "index/json_leaves.h"
#include "index/rtree.h"
#include "index/scalar_index.h"
#include "index/scalar_values.h"
#include "index/sorted.h"

namespace elanus::index {
namespace {

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
  return upper;
}

// What a row has of its value.
constexpr uint8_t kElements = 1;
constexpr uint8_t kTerms = 2;

int64_t Number(const IndexInfo& index, std::string_view key) {
  int64_t number = 0;
  const std::string* text = index.Param(key);
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

}  // namespace

std::optional<ScalarSpec> ResolveScalarSpec(const Field& field, const IndexInfo& index,
                                            std::vector<std::string> path) {
  ScalarSpec spec;
  spec.part.type = field.type;
  if (index.type == "NGRAM") {
    spec.grams = true;
    spec.gram_min = Number(index, "min_gram");
    spec.gram_max = Number(index, "max_gram");
  }
  if (field.type == DataType::kArray) {
    spec.part.elements = true;
    spec.part.type = field.element_type;
  } else if (field.type == DataType::kJson) {
    const std::string* cast = index.Param("json_cast_type");
    std::string name = Upper(cast == nullptr ? "" : *cast);
    if (name.starts_with("ARRAY_")) {
      spec.part.elements = true;
      name.erase(0, 6);
    }
    spec.part.type = name == "BOOL"      ? DataType::kBool
                     : name == "DOUBLE"  ? DataType::kDouble
                     : name == "VARCHAR" ? DataType::kVarChar
                     : name == "JSON"    ? DataType::kJson
                                         : DataType::kNone;
    spec.part.path = std::move(path);
  }
  const DataType type = spec.part.type;
  if (IsNumber(type) || IsString(type) || type == DataType::kBool ||
      type == DataType::kTimestamptz || type == DataType::kGeometry ||
      (type == DataType::kJson && !spec.grams)) {
    return spec;
  }
  return std::nullopt;
}

void WritePart(const PartMeta& meta, std::string* out) {
  Writer w(out);
  w.U32(static_cast<uint32_t>(meta.part.type));
  w.U8((meta.part.elements ? kElements : 0) | (meta.part.terms ? kTerms : 0));
  w.U8(meta.exact ? 1 : 0);
  w.Varint(meta.part.path.size());
  for (const std::string& key : meta.part.path) w.Bytes(key);
}

Result<PartMeta> ReadPart(Reader* reader) {
  PartMeta meta;
  meta.part.type = static_cast<DataType>(TRY(reader->U32()));
  const uint8_t kinds = TRY(reader->U8());
  meta.part.elements = (kinds & kElements) != 0;
  meta.part.terms = (kinds & kTerms) != 0;
  meta.exact = TRY(reader->U8()) != 0;
  const uint64_t keys = TRY(reader->Varint());
  for (uint64_t i = 0; i < keys; ++i) meta.part.path.emplace_back(TRY(reader->Bytes()));
  return meta;
}

Status BuildScalar(const ScalarView& column, const ScalarSpec& spec, const Sink& sink) {
  if (column.type == DataType::kGeometry) return BuildRTree(column, sink);
  if (spec.part.type == DataType::kJson) return BuildJsonLeaves(column, spec, sink);
  if (spec.grams) return BuildGrams(column, spec, sink);
  if (spec.part.terms) return BuildTerms(column, spec, sink);
  return BuildSorted(column, spec.part, sink);
}

Status BuildScalar(const ScalarView& column, const Sink& sink) {
  ScalarSpec spec;
  spec.part.type = column.type;
  return BuildScalar(column, spec, sink);
}

Result<std::unique_ptr<ScalarIndex>> OpenScalar(std::string_view bytes, const ScalarView& column) {
  const Blob blob = TRY(Blob::Open(bytes));
  const BlobHeader& header = blob.header();
  if (header.type == column.type && header.rows == column.rows) {
    if (header.kind == BlobKind::kRTree && column.type == DataType::kGeometry)
      return OpenRTree(blob);
    if (header.kind == BlobKind::kSorted || header.kind == BlobKind::kSortedPart)
      return OpenSorted(blob);
    if (header.kind == BlobKind::kGrams) return OpenGrams(blob);
  }
  return Status(Code::kCorruption, "scalar index file does not belong to this column");
}

}  // namespace elanus::index
