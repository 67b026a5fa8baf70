#include "index/json_leaves.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "index/scalar_values.h"
#include "index/sorted.h"
#include "model/json.h"
#include "model/json_path.h"

namespace elanus::index {
namespace {

// Each key of the path as it is, but for its zero bytes, and then an end that no key has.
constexpr char kZero[] = {0, 2};
constexpr char kKeyEnd[] = {0, 1};
constexpr char kElement = 1;  // after the path: the value is an array's element
constexpr char kItself = 2;

void AddKey(std::string_view key, std::string* out) {
  for (const char c : key) {
    if (c == 0) {
      out->append(kZero, sizeof kZero);
    } else {
      out->push_back(c);
    }
  }
  out->append(kKeyEnd, sizeof kKeyEnd);
}

void AddBigEndian(uint64_t bits, int bytes, std::string* out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out->push_back(static_cast<char>(bits >> shift));
}

// A number is the double next to it and how far it lies beyond; both sort as numbers do.
void AddNumber(double nearest, int64_t beyond, std::string* out) {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  const uint64_t bits = std::bit_cast<uint64_t>(nearest == 0 ? 0.0 : nearest);
  AddBigEndian((bits & kSign) != 0 ? ~bits : bits | kSign, 8, out);
  AddBigEndian(static_cast<uint64_t>(beyond + 0x8000), 2, out);  // |beyond| <= 1,024
}

template <typename Integer>
void AddInteger(Integer value, std::string* out) {
  const auto nearest = static_cast<double>(value);
  AddNumber(nearest, static_cast<int64_t>(__int128{value} - static_cast<__int128>(nearest)), out);
}

void AddKind(DataType type, std::string* out) {
  out->push_back(type == DataType::kBool ? 'b' : type == DataType::kVarChar ? 's' : 'd');
}

// False: not a leaf.
bool AddLeaf(const JsonView& value, std::string* out) {
  switch (value.type()) {
    case JsonType::kBool:
      AddKind(DataType::kBool, out);
      out->push_back(value.boolean() ? 1 : 0);
      return true;
    case JsonType::kInt:
      AddKind(DataType::kDouble, out);
      AddInteger(value.int64(), out);
      return true;
    case JsonType::kUint:
      AddKind(DataType::kDouble, out);
      AddInteger(value.uint64(), out);
      return true;
    case JsonType::kDouble:
      AddKind(DataType::kDouble, out);
      AddNumber(value.number(), 0, out);
      return true;
    case JsonType::kString:
      AddKind(DataType::kVarChar, out);
      *out += value.string();
      return true;
    case JsonType::kMissing:
    case JsonType::kNull:
    case JsonType::kArray:
    case JsonType::kObject:
      return false;
  }
  return false;
}

using Term = std::function<void(std::string_view)>;

// `key`: of what leads to `value`.
void ForEachLeaf(const JsonView& value, std::string* key, const Term& term) {
  const size_t size = key->size();
  if (value.is_object()) {
    value.ForEachMember([&](std::string_view name, const JsonView& member) {
      AddKey(name, key);
      ForEachLeaf(member, key, term);
      key->resize(size);
      return true;
    });
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) {
      key->push_back(kElement);
      if (AddLeaf(value.At(i), key)) term(*key);
      key->resize(size);
    }
  } else {
    key->push_back(kItself);
    if (AddLeaf(value, key)) term(*key);
    key->resize(size);
  }
}

// Perhaps the place of an element, whose values are not under this path.
bool IsPlace(std::string_view key) {
  return !key.empty() &&
         std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The values of one kind under one path, as an index of nothing else would hold them.
class Leaves final : public ScalarIndex {
 public:
  Leaves(ScalarPart part, const ScalarIndex* terms) : ScalarIndex(std::move(part)), terms_(terms) {
    for (const std::string& key : this->part().path) AddKey(key, &stem_);
    stem_.push_back(this->part().elements ? kElement : kItself);
    AddKind(this->part().type, &stem_);
  }

  Bitmap In(const std::vector<Value>& values) const override {
    std::vector<Value> terms;
    for (const Value& value : values) terms.push_back(TermOf(value));
    return terms_->In(terms);
  }
  Bitmap Range(const std::optional<Bound>& low, const std::optional<Bound>& high) const override {
    return terms_->Range(Low(low), High(high));
  }
  Bitmap Prefix(std::string_view prefix) const override {
    return terms_->Prefix(stem_ + std::string(prefix));
  }
  size_t EstimateRange(const std::optional<Bound>& low,
                       const std::optional<Bound>& high) const override {
    return terms_->EstimateRange(Low(low), High(high));
  }

 private:
  Value TermOf(const Value& value) const {
    std::string term = stem_;
    if (value.is_bool()) {
      term.push_back(value.as_bool() ? 1 : 0);
    } else if (value.is_int()) {
      AddInteger(value.as_int(), &term);
    } else if (value.is_double()) {
      AddNumber(value.as_double(), 0, &term);
    } else if (value.is_string()) {
      term += value.as_string();
    }
    return Value(std::move(term));
  }
  std::optional<Bound> Low(const std::optional<Bound>& low) const {
    return low ? Bound{TermOf(low->value), low->inclusive} : Bound{Value(stem_), true};
  }
  std::optional<Bound> High(const std::optional<Bound>& high) const {
    if (high) return Bound{TermOf(high->value), high->inclusive};
    std::string past = stem_;
    ++past.back();  // the next kind
    return Bound{Value(std::move(past)), false};
  }

  const ScalarIndex* terms_;
  std::string stem_;  // what every term of these values begins with
};

class JsonLeaves final : public ScalarIndex {
 public:
  explicit JsonLeaves(std::unique_ptr<ScalarIndex> terms)
      : ScalarIndex(terms->part()), terms_(std::move(terms)) {}

  std::unique_ptr<ScalarIndex> Under(const ScalarPart& part) const override {
    const std::vector<std::string>& root = this->part().path;
    const bool inside =
        part.path.size() >= root.size() && std::equal(root.begin(), root.end(), part.path.begin());
    if (!inside || part.terms || std::any_of(part.path.begin(), part.path.end(), IsPlace))
      return nullptr;
    return std::make_unique<Leaves>(part, terms_.get());
  }

  Bitmap In(const std::vector<Value>&) const override { return {}; }
  Bitmap Range(const std::optional<Bound>&, const std::optional<Bound>&) const override {
    return {};
  }
  Bitmap Prefix(std::string_view) const override { return {}; }
  size_t EstimateRange(const std::optional<Bound>&, const std::optional<Bound>&) const override {
    return 0;
  }

 private:
  std::unique_ptr<ScalarIndex> terms_;
};

}  // namespace

Status BuildJsonLeaves(const ScalarView& column, const ScalarSpec& spec, const Sink& sink) {
  ScalarSpec terms = spec;
  JsonPath path(spec.part.path);
  std::string key;
  for (const std::string& step : spec.part.path) AddKey(step, &key);
  terms.cut = [&](std::string_view document, const Term& term) {
    ForEachLeaf(path.Find(document), &key, term);
  };
  return BuildTerms(column, terms, sink);
}

std::unique_ptr<ScalarIndex> OpenJsonLeaves(std::unique_ptr<ScalarIndex> terms) {
  return std::make_unique<JsonLeaves>(std::move(terms));
}

}  // namespace elanus::index
