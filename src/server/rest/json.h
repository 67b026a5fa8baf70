// A JSON value as a tree, for the small requests of REST; rows and vectors never become one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/rest/json_reader.h"

namespace elanus::server {

// A tree of more values is refused: one of them takes far more memory than its text.
inline constexpr size_t kJsonValuesMax = 200'000;

struct JsonMember;

struct Json {
  Json();
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  JsonKind kind = JsonKind::kNone;
  bool boolean = false;
  std::string text;  // a string; a number as it is spelled
  std::vector<Json> items;
  std::vector<JsonMember> members;  // of an object, in the text's order
  JsonReader::Place place{};        // where the value begins, if it was set aside

  bool null() const { return kind == JsonKind::kNull || kind == JsonKind::kNone; }

  // By the very key, else by one that differs in letter case alone; a value that is missing is
  // kNone. Null counts as missing.
  const Json& operator[](std::string_view key) const;
  // By the very key; null if there is none.
  const Json* Find(std::string_view key) const;

  // As in Go's fmt "%v" for scalars; JSON text for arrays and objects.
  std::string Spelled() const;
  std::string Text() const;  // JSON

  // Zero where it is missing or of another kind: requests are checked against their shapes first.
  const std::string& String() const;
  int64_t Int() const;
  double Double() const;
  std::vector<std::string> Strings() const;

  // A number without fraction or exponent, or a string that spells one, within int64.
  bool ToInt(int64_t* value) const;
};

struct JsonMember {
  std::string key;
  Json value;
};

// What is not to become part of the tree: it is passed over, its kind and place are kept.
enum class SetAside : uint8_t {
  kNothing,
  kData,        // the member `data`
  kSearchData,  // the member `data` of the elements of `search`
};

// Is shown what stands before the `data` that is set aside, and a reader of its own at that place.
// True: it has read the value.
using ReadInPassing = std::function<bool(const Json& so_far, JsonReader* reader)>;

// Reads one value. False: the reader's problem says why. `in_passing` may be null.
bool ReadJson(JsonReader* reader, SetAside set_aside, const ReadInPassing* in_passing, Json* out);

}  // namespace elanus::server
