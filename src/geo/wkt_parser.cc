// From WKT to WKB.
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "geo/wkb.h"
#include "geo/wkt.h"

namespace elanus::geo {
namespace {

enum class Layout : uint8_t { kUnknown, kXY, kXYZ, kXYM, kXYZM };

size_t StrideOf(Layout layout) {
  return layout == Layout::kXY ? 2 : layout == Layout::kXYZM ? 4 : 3;
}

std::string_view NameOf(Layout layout) {
  switch (layout) {
    case Layout::kUnknown:
      return "not XYM";
    case Layout::kXY:
      return "XY";
    case Layout::kXYZ:
      return "XYZ";
    case Layout::kXYM:
      return "XYM";
    case Layout::kXYZM:
      return "XYZM";
  }
  return "";
}

uint32_t CodeOf(Shape shape, Layout layout) {
  const bool z = layout == Layout::kXYZ || layout == Layout::kXYZM;
  const bool m = layout == Layout::kXYM || layout == Layout::kXYZM;
  return static_cast<uint32_t>(shape) + (z ? 1000 : 0) + (m ? 2000 : 0);
}

struct Token {
  enum class Kind : uint8_t { kEnd, kOpen, kClose, kComma, kNumber, kEmpty, kShape, kBad };
  Kind kind = Kind::kEnd;
  size_t begin = 0;
  double number = 0;
  Shape shape = Shape::kPoint;
  Layout layout = Layout::kUnknown;  // that the keyword names
  std::string_view bad;              // "invalid keyword"
};

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }
bool IsNumberPart(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) { Advance(); }

  const Token& Peek() const { return token_; }
  Token Take() {
    const Token token = token_;
    Advance();
    return token;
  }

 private:
  void Advance() {
    SkipSpace();
    token_ = Token();
    token_.begin = at_;
    if (at_ == text_.size()) return;
    const char c = text_[at_];
    if (c == '(' || c == ')' || c == ',') {
      ++at_;
      token_.kind = c == '('   ? Token::Kind::kOpen
                    : c == ')' ? Token::Kind::kClose
                               : Token::Kind::kComma;
    } else if (IsLetter(c)) {
      Keyword();
    } else if (c != '+' && IsNumberPart(c)) {
      Number();
    } else {
      Bad("invalid character");
    }
  }

  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  bool Accept(char upper, std::string* word) {
    if (at_ == text_.size() || Upper(text_[at_]) != upper) return false;
    word->push_back(upper);
    ++at_;
    return true;
  }

  // A word, and after blanks perhaps Z, M or ZM, which belong to it.
  void Keyword() {
    std::string word;
    while (at_ < text_.size() && IsLetter(text_[at_])) word.push_back(Upper(text_[at_++]));
    if (word == "EMPTY") {
      token_.kind = Token::Kind::kEmpty;
      return;
    }
    SkipSpace();
    Accept('Z', &word);
    Accept('M', &word);
    static constexpr struct {
      std::string_view name;
      Shape shape;
    } kShapes[] = {{"POINT", Shape::kPoint},
                   {"LINESTRING", Shape::kLineString},
                   {"POLYGON", Shape::kPolygon},
                   {"MULTIPOINT", Shape::kMultiPoint},
                   {"MULTILINESTRING", Shape::kMultiLineString},
                   {"MULTIPOLYGON", Shape::kMultiPolygon},
                   {"GEOMETRYCOLLECTION", Shape::kCollection}};
    for (const auto& [name, shape] : kShapes) {
      if (!word.starts_with(name)) continue;
      const std::string_view suffix = std::string_view(word).substr(name.size());
      if (!suffix.empty() && suffix != "Z" && suffix != "M" && suffix != "ZM") continue;
      token_.kind = Token::Kind::kShape;
      token_.shape = shape;
      token_.layout = suffix.empty()  ? Layout::kUnknown
                      : suffix == "Z" ? Layout::kXYZ
                      : suffix == "M" ? Layout::kXYM
                                      : Layout::kXYZM;
      return;
    }
    Bad("invalid keyword");
  }

  void Number() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsNumberPart(text_[at_])) ++at_;
    const std::string_view digits = text_.substr(begin, at_ - begin);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), token_.number);
    token_.kind = Token::Kind::kNumber;
    if (end != digits.data() + digits.size()) return Bad("invalid number");
    if (error == std::errc::result_out_of_range) {  // too large, or too close to zero
      token_.number = std::strtod(std::string(digits).c_str(), nullptr);
      if (std::isinf(token_.number)) Bad("invalid number");
    } else if (error != std::errc()) {
      Bad("invalid number");
    }
  }

  void Bad(std::string_view problem) {
    token_.kind = Token::Kind::kBad;
    token_.bad = problem;
  }

  std::string_view text_;
  size_t at_ = 0;
  Token token_;
};

class Parser {
 public:
  Parser(std::string_view text, std::string* wkb) : text_(text), lexer_(text), wkb_(wkb) {}

  Status Parse() {
    Layout layout = Layout::kUnknown;
    TRY(Geometry(/*base_parent=*/true, 0, &layout));
    if (lexer_.Peek().kind != Token::Kind::kEnd) return Unexpected("end of text");
    return {};
  }

 private:
  Status Problem(const std::string& problem, size_t position) const {
    const std::string_view before = text_.substr(0, position);
    size_t line = 1, line_begin = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      if (before[i] != '\n') continue;
      ++line;
      line_begin = i + 1;
    }
    return Fail(Code::kParameterInvalid, "syntax error: " + problem + " at line " +
                                             std::to_string(line) + ", pos " +
                                             std::to_string(position - line_begin));
  }
  Status Unexpected(std::string_view expected) const {
    const Token& token = lexer_.Peek();
    if (token.kind == Token::Kind::kBad) return Problem(std::string(token.bad), token.begin);
    std::string_view what;
    switch (token.kind) {
      case Token::Kind::kEnd:
        what = "end of text";
        break;
      case Token::Kind::kOpen:
        what = "'('";
        break;
      case Token::Kind::kClose:
        what = "')'";
        break;
      case Token::Kind::kComma:
        what = "','";
        break;
      case Token::Kind::kNumber:
        what = "a number";
        break;
      case Token::Kind::kEmpty:
        what = "EMPTY";
        break;
      case Token::Kind::kShape:
      case Token::Kind::kBad:
        what = "a keyword";
        break;
    }
    return Problem("unexpected " + std::string(what) + ", expecting " + std::string(expected),
                   token.begin);
  }
  Status Mixed(Layout expected, Layout got) const {
    return Problem("mixed dimensionality, parsed layout is " + std::string(NameOf(expected)) +
                       " but encountered layout of " + std::string(NameOf(got)),
                   last_);
  }

  bool Accept(Token::Kind kind) {
    if (lexer_.Peek().kind != kind) return false;
    last_ = lexer_.Take().begin;
    return true;
  }
  Status Expect(Token::Kind kind, std::string_view name) {
    return Accept(kind) ? Status() : Unexpected(name);
  }

  void Put(const void* bytes, size_t size) { wkb_->append(static_cast<const char*>(bytes), size); }
  void PutCount(uint32_t count) { Put(&count, sizeof count); }
  void SetCount(size_t at, uint32_t count) { std::memcpy(wkb_->data() + at, &count, sizeof count); }
  // The header; its number is set once the layout is known.
  size_t Begin() {
    wkb_->push_back(1);
    const size_t at = wkb_->size();
    PutCount(0);
    return at;
  }
  void PutEmptyPoint(Layout layout) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (size_t i = 0; i < StrideOf(layout); ++i) Put(&nan, sizeof nan);
  }

  // `layout` is what the parent's parts share; unknown before the first. In a parent that names no
  // dimensions ("base") a part without coordinates is XY, and one with M must say so.
  Status Geometry(bool base_parent, int depth, Layout* layout) {
    if (depth > kNestingMax) return Problem("nested too deeply", last_);
    if (lexer_.Peek().kind != Token::Kind::kShape) return Unexpected("a geometry type");
    const Token token = lexer_.Take();
    last_ = token.begin;
    const size_t at = Begin();
    Layout own = token.layout;
    if (own == Layout::kUnknown) {
      const bool is_empty = lexer_.Peek().kind == Token::Kind::kEmpty;
      own = *layout;
      if (is_empty && base_parent) {
        if (own != Layout::kUnknown && own != Layout::kXY) return Mixed(own, Layout::kXY);
        own = Layout::kXY;
      } else if (!is_empty && own == Layout::kXYM && token.shape != Shape::kCollection) {
        return Mixed(own, Layout::kUnknown);
      }
    } else if (*layout != Layout::kUnknown && *layout != own) {
      return Mixed(*layout, own);
    }
    TRY(Body(token, depth, &own));
    *layout = own;
    SetCount(at, CodeOf(token.shape, own));
    return {};
  }

  Status Body(const Token& token, int depth, Layout* layout) {
    switch (token.shape) {
      case Shape::kPoint:
        if (Accept(Token::Kind::kEmpty)) {
          PutEmptyPoint(*layout);
          return {};
        }
        return PointInParens(layout);
      case Shape::kLineString:
        return Line(layout);
      case Shape::kPolygon:
        return Polygon(layout);
      case Shape::kMultiPoint:
        return List([&] { return PartPoint(layout); });
      case Shape::kMultiLineString:
        return List([&] { return Part(Shape::kLineString, layout); });
      case Shape::kMultiPolygon:
        return List([&] { return Part(Shape::kPolygon, layout); });
      case Shape::kCollection:
        return List([&] { return Geometry(token.layout == Layout::kUnknown, depth + 1, layout); });
    }
    return {};
  }

  // EMPTY, or items in parentheses; their count goes before them.
  template <typename Item>
  Status List(Item item) {
    const size_t at = wkb_->size();
    PutCount(0);
    if (Accept(Token::Kind::kEmpty)) return {};
    TRY(Expect(Token::Kind::kOpen, "'(' or EMPTY"));
    uint32_t count = 0;
    do {
      TRY(item());
      ++count;
    } while (Accept(Token::Kind::kComma));
    TRY(Expect(Token::Kind::kClose, "',' or ')'"));
    SetCount(at, count);
    return {};
  }

  Status Coordinates(Layout* layout) {
    double values[4];
    size_t count = 0;
    while (lexer_.Peek().kind == Token::Kind::kNumber) {
      const Token token = lexer_.Take();
      last_ = token.begin;
      if (count == 4) return Problem("too many coordinates", last_);
      values[count++] = token.number;
    }
    if (count == 0 || lexer_.Peek().kind == Token::Kind::kBad) return Unexpected("a number");
    if (count == 1) return Problem("not enough coordinates", last_);
    if (*layout == Layout::kUnknown) {
      *layout = count == 2 ? Layout::kXY : count == 3 ? Layout::kXYZ : Layout::kXYZM;
    } else if (StrideOf(*layout) != count) {
      return Problem("mixed dimensionality, parsed layout is " + std::string(NameOf(*layout)) +
                         " so expecting " + std::to_string(StrideOf(*layout)) + " coords but got " +
                         std::to_string(count) + " coords",
                     last_);
    }
    Put(values, count * sizeof(double));
    return {};
  }

  Status PointInParens(Layout* layout) {
    TRY(Expect(Token::Kind::kOpen, "'(' or EMPTY"));
    TRY(Coordinates(layout));
    return Expect(Token::Kind::kClose, "')'");
  }

  // (1 2), 1 2 or EMPTY.
  Status PartPoint(Layout* layout) {
    const size_t at = Begin();
    if (Accept(Token::Kind::kEmpty)) {
      if (*layout == Layout::kUnknown) *layout = Layout::kXY;
      PutEmptyPoint(*layout);
    } else if (lexer_.Peek().kind == Token::Kind::kOpen) {
      TRY(PointInParens(layout));
    } else {
      TRY(Coordinates(layout));
    }
    SetCount(at, CodeOf(Shape::kPoint, *layout));
    return {};
  }

  Status Part(Shape shape, Layout* layout) {
    const size_t at = Begin();
    const bool is_empty = lexer_.Peek().kind == Token::Kind::kEmpty;
    if (is_empty && *layout == Layout::kUnknown) *layout = Layout::kXY;
    TRY(shape == Shape::kPolygon ? Polygon(layout) : Line(layout));
    SetCount(at, CodeOf(shape, *layout));
    return {};
  }

  Status Polygon(Layout* layout) {
    return List([&] { return Ring(layout); });
  }

  Status Line(Layout* layout) {
    const size_t at = wkb_->size();
    TRY(List([&] { return Coordinates(layout); }));
    if (PointsAt(at) == 1) return Problem("non-empty linestring with only one point", last_);
    return {};
  }

  Status Ring(Layout* layout) {
    if (lexer_.Peek().kind == Token::Kind::kEmpty) return Unexpected("'('");
    const size_t at = wkb_->size();
    TRY(List([&] { return Coordinates(layout); }));
    const uint32_t points = PointsAt(at);
    if (points < 4) return Problem("polygon ring doesn't have enough points", last_);
    const bool has_z = *layout == Layout::kXYZ || *layout == Layout::kXYZM;
    const char* first = wkb_->data() + at + sizeof(uint32_t);
    const char* last = first + (points - 1) * StrideOf(*layout) * sizeof(double);
    for (size_t i = 0; i < (has_z ? 3U : 2U); ++i) {
      double a, b;
      std::memcpy(&a, first + i * sizeof a, sizeof a);
      std::memcpy(&b, last + i * sizeof b, sizeof b);
      if (a != b) return Problem("polygon ring not closed", last_);
    }
    return {};
  }

  uint32_t PointsAt(size_t at) const {
    uint32_t count;
    std::memcpy(&count, wkb_->data() + at, sizeof count);
    return count;
  }

  std::string_view text_;
  Lexer lexer_;
  std::string* wkb_;
  size_t last_ = 0;  // where the token that was taken last begins
};

}  // namespace

Result<std::string> WktToWkb(std::string_view wkt) {
  std::string wkb;
  TRY(Parser(wkt, &wkb).Parse());
  return wkb;
}

}  // namespace elanus::geo
