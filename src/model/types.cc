#include "model/types.h"

#include <array>
#include <string>

#include <strings.h>

namespace elanus {

std::string_view NameOf(DataType type) {
  switch (type) {
    case DataType::kNone:
      return "None";
    case DataType::kBool:
      return "Bool";
    case DataType::kInt8:
      return "Int8";
    case DataType::kInt16:
      return "Int16";
    case DataType::kInt32:
      return "Int32";
    case DataType::kInt64:
      return "Int64";
    case DataType::kFloat:
      return "Float";
    case DataType::kDouble:
      return "Double";
    case DataType::kString:
      return "String";
    case DataType::kVarChar:
      return "VarChar";
    case DataType::kArray:
      return "Array";
    case DataType::kJson:
      return "JSON";
    case DataType::kGeometry:
      return "Geometry";
    case DataType::kText:
      return "Text";
    case DataType::kTimestamptz:
      return "Timestamptz";
    case DataType::kBinaryVector:
      return "BinaryVector";
    case DataType::kFloatVector:
      return "FloatVector";
    case DataType::kFloat16Vector:
      return "Float16Vector";
    case DataType::kBFloat16Vector:
      return "BFloat16Vector";
    case DataType::kSparseFloatVector:
      return "SparseFloatVector";
    case DataType::kInt8Vector:
      return "Int8Vector";
    case DataType::kArrayOfVector:
      return "ArrayOfVector";
    case DataType::kArrayOfStruct:
      return "ArrayOfStruct";
    case DataType::kStruct:
      return "Struct";
  }
  return "Unknown";
}

std::string_view NameOf(Metric metric) {
  switch (metric) {
    case Metric::kNone:
      return "";
    case Metric::kL2:
      return "L2";
    case Metric::kIP:
      return "IP";
    case Metric::kCosine:
      return "COSINE";
    case Metric::kHamming:
      return "HAMMING";
    case Metric::kJaccard:
      return "JACCARD";
    case Metric::kSubstructure:
      return "SUBSTRUCTURE";
    case Metric::kSuperstructure:
      return "SUPERSTRUCTURE";
    case Metric::kBm25:
      return "BM25";
  }
  return "";
}

Result<Metric> MetricFromName(std::string_view name) {
  for (const Metric metric :
       std::array{Metric::kL2, Metric::kIP, Metric::kCosine, Metric::kHamming, Metric::kJaccard,
                  Metric::kSubstructure, Metric::kSuperstructure, Metric::kBm25}) {
    const std::string_view known = NameOf(metric);
    if (name.size() == known.size() && strncasecmp(name.data(), known.data(), name.size()) == 0)
      return metric;
  }
  return Fail(Code::kParameterInvalid, "metric type not supported: " + std::string(name));
}

}  // namespace elanus
