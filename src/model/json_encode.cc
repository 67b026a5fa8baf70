// Text to binary: a strict recursive-descent parser that writes as it reads.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "base/coding.h"
#include "model/json.h"
#include "model/json_bytes.h"

namespace elanus {

JsonContainer::JsonContainer(Kind kind, bool narrow, std::string* out)
    : kind_(kind), width_(narrow ? 2 : 4), out_(out), start_(out->size()) {
  const JsonTag tag = kind == Kind::kArray ? (narrow ? JsonTag::kArray16 : JsonTag::kArray32)
                                           : (narrow ? JsonTag::kObject16 : JsonTag::kObject32);
  out_->push_back(static_cast<char>(tag));
  out_->append(2 * size_t{width_}, '\0');
  entries_at_ = out_->size();
}

void JsonContainer::BeginMember(std::string_view key) {
  const size_t offset = Offset();
  Writer(out_).Bytes(key);
  entries_.push_back({offset, key.size(), Offset() - key.size()});
}

void JsonContainer::Store(size_t at, size_t value) {
  std::memcpy(out_->data() + at, &value, width_);
}

void JsonContainer::Finish() {
  std::vector<uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0);
  if (kind_ == Kind::kObject) {
    const auto by_key = [this](uint32_t a, uint32_t b) {
      const int compared = Key(entries_[a]).compare(Key(entries_[b]));
      return compared != 0 ? compared < 0 : a < b;
    };
    if (!std::is_sorted(order.begin(), order.end(), by_key))
      std::sort(order.begin(), order.end(), by_key);
    DropDuplicates(&order);
  }
  const size_t table = out_->size();
  out_->append(order.size() * width_, '\0');
  for (size_t i = 0; i < order.size(); ++i) Store(table + i * width_, entries_[order[i]].offset);
  Store(start_ + 1, out_->size() - start_);
  Store(start_ + 1 + width_, order.size());
}

// Rare, so it may copy: rewrites the entries without the values that a later equal key replaced.
void JsonContainer::DropDuplicates(std::vector<uint32_t>* by_key) {
  const auto same = [this](uint32_t a, uint32_t b) { return Key(entries_[a]) == Key(entries_[b]); };
  if (std::adjacent_find(by_key->begin(), by_key->end(), same) == by_key->end()) return;
  std::vector<uint32_t> source(entries_.size(),
                               UINT32_MAX);  // at the first one's place: the last one
  for (size_t i = 0; i < by_key->size();) {
    size_t end = i + 1;
    while (end < by_key->size() && same((*by_key)[i], (*by_key)[end])) ++end;
    source[(*by_key)[i]] = (*by_key)[end - 1];
    i = end;
  }
  const std::string old = out_->substr(entries_at_);
  std::vector<Entry> kept;
  out_->resize(entries_at_);
  for (const uint32_t from : source) {
    if (from == UINT32_MAX) continue;
    const Entry& entry = entries_[from];
    const size_t end = from + 1 < entries_.size() ? entries_[from + 1].offset : old.size();
    kept.push_back({Offset(), entry.key_size, Offset() + entry.key_at - entry.offset});
    out_->append(old, entry.offset, end - entry.offset);
  }
  entries_ = std::move(kept);
  by_key->resize(entries_.size());
  std::iota(by_key->begin(), by_key->end(), 0);
  std::sort(by_key->begin(), by_key->end(),
            [this](uint32_t a, uint32_t b) { return Key(entries_[a]) < Key(entries_[b]); });
}

void AppendJsonInt(int64_t value, std::string* out) {
  const auto put = [out](JsonTag tag, auto v) {
    out->push_back(static_cast<char>(tag));
    Writer(out).Raw(&v, sizeof v);
  };
  if (value == static_cast<int8_t>(value)) return put(JsonTag::kInt8, static_cast<int8_t>(value));
  if (value == static_cast<int16_t>(value))
    return put(JsonTag::kInt16, static_cast<int16_t>(value));
  if (value == static_cast<int32_t>(value))
    return put(JsonTag::kInt32, static_cast<int32_t>(value));
  put(JsonTag::kInt64, value);
}

void AppendJsonString(std::string_view value, std::string* out) {
  out->push_back(static_cast<char>(JsonTag::kString));
  Writer(out).Bytes(value);
}

namespace {

// Text this short cannot give 64 KiB of binary: a byte of text makes at most 6 ("1," -> tag, int8
// and a u16 offset; "[]," -> 7 for 3).
constexpr size_t kNarrowTextMax = 10000;

class Parser {
 public:
  Parser(std::string_view text, std::string* out)
      : text_(text), out_(out), narrow_(text.size() <= kNarrowTextMax) {}

  Status Document() {
    TRY(Value(0));
    SkipBlanks();
    return at_ == text_.size() ? Status() : Bad("text after the value");
  }

 private:
  Status Bad(std::string_view what) const {
    return Fail(Code::kParameterInvalid,
                "invalid JSON at byte " + std::to_string(at_) + ": " + std::string(what));
  }
  void SkipBlanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Accept(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  Status Word(std::string_view word, JsonTag tag) {
    if (text_.substr(at_, word.size()) != word) return Bad("unexpected character");
    at_ += word.size();
    out_->push_back(static_cast<char>(tag));
    return {};
  }

  Status Value(int depth) {
    if (depth > kJsonDepthMax) return Bad("nested too deeply");
    SkipBlanks();
    switch (Peek()) {
      case '{':
        return Object(depth);
      case '[':
        return Array(depth);
      case '"': {
        std::string scratch;
        AppendJsonString(TRY(String(&scratch)), out_);
        return {};
      }
      case 't':
        return Word("true", JsonTag::kTrue);
      case 'f':
        return Word("false", JsonTag::kFalse);
      case 'n':
        return Word("null", JsonTag::kNull);
      default:
        return Number();
    }
  }

  Status Array(int depth) {
    ++at_;
    JsonContainer array(JsonContainer::Kind::kArray, narrow_, out_);
    SkipBlanks();
    if (!Accept(']')) {
      do {
        array.BeginElement();
        TRY(Value(depth + 1));
        SkipBlanks();
      } while (Accept(','));
      if (!Accept(']')) return Bad("expected ',' or ']'");
    }
    array.Finish();
    return {};
  }

  Status Object(int depth) {
    ++at_;
    JsonContainer object(JsonContainer::Kind::kObject, narrow_, out_);
    SkipBlanks();
    if (!Accept('}')) {
      std::string scratch;
      do {
        SkipBlanks();
        if (Peek() != '"') return Bad("expected a key");
        object.BeginMember(TRY(String(&scratch)));
        SkipBlanks();
        if (!Accept(':')) return Bad("expected ':'");
        TRY(Value(depth + 1));
        SkipBlanks();
      } while (Accept(','));
      if (!Accept('}')) return Bad("expected ',' or '}'");
    }
    object.Finish();
    return {};
  }

  // A view of the text when nothing is escaped, else of `scratch`.
  Result<std::string_view> String(std::string* scratch) {
    const size_t begin = ++at_;
    bool escaped = false;
    scratch->clear();
    for (size_t plain = begin;;) {
      if (at_ >= text_.size()) return Bad("unterminated string");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        if (escaped) scratch->append(text_, plain, at_ - plain);
        const std::string_view raw = text_.substr(begin, at_ - begin);
        ++at_;
        return escaped ? std::string_view(*scratch) : raw;
      }
      if (c < 0x20) return Bad("control character in a string");
      if (c == '\\') {
        escaped = true;
        scratch->append(text_, plain, at_ - plain);
        TRY(Escape(scratch));
        plain = at_;
      } else if (c < 0x80) {
        ++at_;
      } else {
        TRY(Utf8());
      }
    }
  }

  Status Utf8() {
    const auto byte = [this](size_t i) {
      return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0u;
    };
    const unsigned a = byte(0);
    const auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
    size_t size = 0;
    if (a >= 0xc2 && a <= 0xdf && tail(1)) {
      size = 2;
    } else if ((a & 0xf0) == 0xe0 && tail(1) && tail(2) && !(a == 0xe0 && byte(1) < 0xa0) &&
               !(a == 0xed && byte(1) >= 0xa0)) {
      size = 3;
    } else if (a >= 0xf0 && a <= 0xf4 && tail(1) && tail(2) && tail(3) &&
               !(a == 0xf0 && byte(1) < 0x90) && !(a == 0xf4 && byte(1) >= 0x90)) {
      size = 4;
    }
    if (size == 0) return Bad("malformed UTF-8");
    at_ += size;
    return {};
  }

  Result<uint32_t> Hex4() {
    uint32_t value = 0;
    if (text_.size() - at_ < 4) return Bad("truncated \\u escape");
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + at_ + 4, value, 16);
    if (error != std::errc() || end != text_.data() + at_ + 4) return Bad("malformed \\u escape");
    at_ += 4;
    return value;
  }

  Status Escape(std::string* to) {
    ++at_;
    const char c = Peek();
    ++at_;
    switch (c) {
      case '"':
      case '\\':
      case '/':
        to->push_back(c);
        return {};
      case 'b':
        to->push_back('\b');
        return {};
      case 'f':
        to->push_back('\f');
        return {};
      case 'n':
        to->push_back('\n');
        return {};
      case 'r':
        to->push_back('\r');
        return {};
      case 't':
        to->push_back('\t');
        return {};
      case 'u':
        break;
      default:
        --at_;
        return Bad("unknown escape");
    }
    uint32_t code = TRY(Hex4());
    if (code >= 0xd800 && code < 0xe000) {
      if (code >= 0xdc00 || text_.substr(at_, 2) != "\\u") return Bad("lone surrogate");
      at_ += 2;
      const uint32_t low = TRY(Hex4());
      if (low < 0xdc00 || low > 0xdfff) return Bad("lone surrogate");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code < 0x80) {
      to->push_back(static_cast<char>(code));
    } else if (code < 0x800) {
      to->push_back(static_cast<char>(0xc0 | code >> 6));
      to->push_back(static_cast<char>(0x80 | (code & 63)));
    } else if (code < 0x10000) {
      to->push_back(static_cast<char>(0xe0 | code >> 12));
      to->push_back(static_cast<char>(0x80 | (code >> 6 & 63)));
      to->push_back(static_cast<char>(0x80 | (code & 63)));
    } else {
      to->push_back(static_cast<char>(0xf0 | code >> 18));
      to->push_back(static_cast<char>(0x80 | (code >> 12 & 63)));
      to->push_back(static_cast<char>(0x80 | (code >> 6 & 63)));
      to->push_back(static_cast<char>(0x80 | (code & 63)));
    }
    return {};
  }

  bool Digits() {
    const size_t begin = at_;
    while (Peek() >= '0' && Peek() <= '9') ++at_;
    return at_ > begin;
  }

  Status Number() {
    const size_t begin = at_;
    Accept('-');
    if (!Accept('0') && !Digits()) return Bad("unexpected character");
    bool whole = true;
    if (Accept('.')) {
      whole = false;
      if (!Digits()) return Bad("expected a digit");
    }
    if (Accept('e') || Accept('E')) {
      whole = false;
      if (!Accept('+')) Accept('-');
      if (!Digits()) return Bad("expected a digit");
    }
    const std::string_view text = text_.substr(begin, at_ - begin);
    const char* first = text.data();
    const char* end = first + text.size();
    if (whole && text != "-0") {
      int64_t integer = 0;
      if (std::from_chars(first, end, integer).ec == std::errc()) {
        AppendJsonInt(integer, out_);
        return {};
      }
      uint64_t large = 0;
      if (text[0] != '-' && std::from_chars(first, end, large).ec == std::errc()) {
        out_->push_back(static_cast<char>(JsonTag::kUint64));
        Writer(out_).U64(large);
        return {};
      }
    }
    double value = 0;
    if (std::from_chars(first, end, value).ec == std::errc::result_out_of_range) {
      value = std::strtod(std::string(text).c_str(), nullptr);  // tells too large from too small
      if (std::isinf(value)) return Bad("number out of range");
    }
    char shortest[32];
    const char* shortest_end = std::to_chars(shortest, shortest + sizeof shortest, value).ptr;
    const bool canonical =
        text == std::string_view(shortest, static_cast<size_t>(shortest_end - shortest));
    out_->push_back(static_cast<char>(JsonTag::kDouble));
    Writer writer(out_);
    writer.F64(value);
    writer.Bytes(canonical ? std::string_view() : text);
    return {};
  }

  std::string_view text_;
  std::string* out_;
  bool narrow_;
  size_t at_ = 0;
};

}  // namespace

std::string EncodeJsonString(std::string_view text) {
  std::string binary;
  AppendJsonString(text, &binary);
  return binary;
}

Result<std::string> EncodeJson(std::string_view text) {
  if (text.size() > (64u << 20)) return Fail(Code::kParameterInvalid, "JSON text above 64 MiB");
  std::string out;
  out.reserve(text.size() + 16);
  TRY(Parser(text, &out).Document());
  return out;
}

}  // namespace elanus
