#include "gateway/names.h"

#include <algorithm>
#include <array>
#include <string>

#include "gateway/text.h"

namespace elanus::gateway {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return c == '_' || IsLetter(c) || IsDigit(c); }

bool RestIs(std::string_view name, std::string_view also) {
  return std::all_of(name.begin() + 1, name.end(), [also](char c) {
    return IsWord(c) || also.find(c) != std::string_view::npos;
  });
}

bool TooLong(std::string_view name, const Limits& limits) {
  return static_cast<int64_t>(name.size()) > limits.name_length_max;
}

Status CheckCollectionOrAlias(std::string_view name, std::string_view kind, const Limits& limits) {
  if (name.empty()) return Invalid("collection ", kind, " should not be empty");
  const std::string lead = Concat("Invalid collection ", kind, ": ", name, ". ");
  if (TooLong(name, limits)) {
    return Invalid(lead, "the length of a collection ", kind, " must be less than ",
                   limits.name_length_max, " characters");
  }
  if (name[0] != '_' && !IsLetter(name[0])) {
    return Invalid(lead, "the first character of a collection ", kind,
                   " must be an underscore or letter");
  }
  if (!RestIs(name, "")) {
    return Invalid(lead, "collection ", kind, " can only contain numbers, letters and underscores");
  }
  return {};
}

bool IsKeyword(std::string_view name) {
  static constexpr std::array<std::string_view, 34> kWords = {"$meta",
                                                              "like",
                                                              "exists",
                                                              "EXISTS",
                                                              "and",
                                                              "or",
                                                              "not",
                                                              "in",
                                                              "json_contains",
                                                              "JSON_CONTAINS",
                                                              "json_contains_all",
                                                              "JSON_CONTAINS_ALL",
                                                              "json_contains_any",
                                                              "JSON_CONTAINS_ANY",
                                                              "array_contains",
                                                              "ARRAY_CONTAINS",
                                                              "array_contains_all",
                                                              "ARRAY_CONTAINS_ALL",
                                                              "array_contains_any",
                                                              "ARRAY_CONTAINS_ANY",
                                                              "array_length",
                                                              "ARRAY_LENGTH",
                                                              "true",
                                                              "True",
                                                              "TRUE",
                                                              "false",
                                                              "False",
                                                              "FALSE",
                                                              "text_match",
                                                              "TEXT_MATCH",
                                                              "phrase_match",
                                                              "PHRASE_MATCH",
                                                              "random_sample",
                                                              "RANDOM_SAMPLE"};
  if (std::find(kWords.begin(), kWords.end(), name) != kWords.end()) return true;
  return name.size() == 4 && (name[0] | 0x20) == 'n' && (name[1] | 0x20) == 'u' &&
         (name[2] | 0x20) == 'l' && (name[3] | 0x20) == 'l';
}

Status FieldNameError(std::string_view name, std::string_view message) {
  return FailWith(Code::kFieldInvalidName, message, {{"field", name}});
}

Status DatabaseNameError(std::string_view name, std::string_view message) {
  return FailWith(Code::kDatabaseInvalidName, message, {{"database", name}});
}

}  // namespace

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Status CheckCollectionName(std::string_view name, const Limits& limits) {
  return CheckCollectionOrAlias(name, "name", limits);
}

Status CheckAliasName(std::string_view name, const Limits& limits) {
  return CheckCollectionOrAlias(name, "alias", limits);
}

Status CheckDatabaseName(std::string_view name, const Limits& limits) {
  if (name.empty()) return DatabaseNameError(name, "database name couldn't be empty");
  if (TooLong(name, limits)) {
    return DatabaseNameError(name, Concat("the length of a database name must be less than ",
                                          limits.name_length_max, " characters"));
  }
  if (name[0] != '_' && !IsLetter(name[0])) {
    return DatabaseNameError(
        name, "the first character of a database name must be an underscore or letter");
  }
  if (!RestIs(name, "")) {
    return DatabaseNameError(name,
                             "database name can only contain numbers, letters and underscores");
  }
  return {};
}

Status CheckResourceGroupName(std::string_view name, const Limits& limits) {
  if (name.empty()) {
    return Fail(Code::kParameterMissing, "resource group name couldn't be empty");
  }
  const std::string lead = Concat("Invalid resource group name ", name, ". ");
  if (TooLong(name, limits)) {
    return Invalid(lead, "the length of a resource group name must be less than ",
                   limits.name_length_max, " characters");
  }
  if (name[0] != '_' && !IsLetter(name[0])) {
    return Invalid(lead,
                   "the first character of a resource group name must be an underscore or letter");
  }
  if (!RestIs(name, "")) {
    return Invalid(lead, "resource group name can only contain numbers, letters and underscores");
  }
  return {};
}

Status CheckFieldName(std::string_view name, const Limits& limits) {
  name = Trim(name);
  if (name.empty()) return FieldNameError(name, "field name should not be empty");
  const std::string lead = Concat("Invalid field name: ", name, ". ");
  if (TooLong(name, limits)) {
    return FieldNameError(name, Concat(lead, "The length of a field name must be less than ",
                                       limits.name_length_max, " characters."));
  }
  if (name[0] != '_' && !IsLetter(name[0])) {
    return FieldNameError(
        name, Concat(lead, "The first character of a field name must be an underscore or letter."));
  }
  if (!RestIs(name, "")) {
    return FieldNameError(
        name, Concat(lead, "Field name can only contain numbers, letters, and underscores."));
  }
  if (IsKeyword(name)) {
    return FieldNameError(name, Concat(lead, name, " is keyword in milvus."));
  }
  return {};
}

Status CheckIndexName(std::string_view name, const Limits& limits) {
  name = Trim(name);
  if (name.empty()) return {};
  const std::string lead = Concat("Invalid index name: ", name, ". ");
  if (TooLong(name, limits)) {
    return Invalid(lead, "The length of a index name must be less than ", limits.name_length_max,
                   " characters.");
  }
  if (name[0] != '_' && !IsLetter(name[0])) {
    return Invalid(lead, "The first character of a index name must be an underscore or letter.");
  }
  if (!RestIs(name, "[]")) {
    return Invalid(lead, "Index name can only contain numbers, letters, and underscores.");
  }
  return {};
}

Status CheckPartitionName(std::string_view name, PartitionNameUse use, const Limits& limits) {
  name = Trim(name);
  const std::string lead = Concat("Invalid partition name: ", name, ". ");
  if (name.empty()) return Invalid(lead, "Partition name should not be empty.");
  if (TooLong(name, limits)) {
    return Invalid(lead, "The length of a partition name must be less than ",
                   limits.name_length_max, " characters.");
  }
  if (use == PartitionNameUse::kLookUp) return {};
  if (!IsWord(name[0])) {
    return Invalid(lead,
                   "The first character of a partition name must be an underscore or letter.");
  }
  if (!RestIs(name, "-")) {
    return Invalid(lead, "Partition name can only contain numbers, letters and underscores.");
  }
  return {};
}

}  // namespace elanus::gateway
