// Recursive descent with precedences. From the tightest:
//   exists; like; =~; !~; **; unary + - ~ not; * / %; + -; << >>; in; a < x < b; a > x > b;
//   < <= > >=; == !=; &; ^; |; and; or
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "expr/syntax.h"

namespace elanus::expr {
namespace {

enum Precedence : int {
  kLowest = 0,
  kOr,
  kAnd,
  kBitOr,
  kBitXor,
  kBitAnd,
  kEquality,
  kRelation,
  kReverseRange,
  kRange,
  kIn,
  kShift,
  kSum,
  kProduct,
  kPrefix,
  kPower,
  kNotRegex,
  kRegex,
  kLike,
  kExists,
};

bool IsComparison(TokenKind kind) {
  return kind >= TokenKind::kLess && kind <= TokenKind::kNotEqual;
}
bool IsLess(TokenKind kind) { return kind == TokenKind::kLess || kind == TokenKind::kLessEqual; }
bool IsGreater(TokenKind kind) {
  return kind == TokenKind::kGreater || kind == TokenKind::kGreaterEqual;
}
bool IsSign(TokenKind kind) { return kind == TokenKind::kPlus || kind == TokenKind::kMinus; }

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Result<std::unique_ptr<Node>> Filter() {
    Result<std::unique_ptr<Node>> root = Expression(kLowest);
    if (!lexer_.error().empty()) return Bad(lexer_.error());
    if (!root.ok()) return root;
    if (lexer_.Peek().kind != TokenKind::kEnd) {
      // What follows may hold a token that no rule knows; that is the better message.
      while (lexer_.Peek().kind != TokenKind::kEnd && lexer_.error().empty()) lexer_.Next();
      return Bad(lexer_.error().empty() ? "invalid expression: " + std::string(lexer_.source())
                                        : lexer_.error());
    }
    return root;
  }

 private:
  using NodePtr = std::unique_ptr<Node>;

  static Status Bad(const std::string& reason) { return Fail(Code::kParameterInvalid, reason); }
  Status Unexpected(const Token& token) {
    const std::string text = token.kind == TokenKind::kEnd ? "<EOF>" : std::string(token.text);
    return Bad("line 1:" + std::to_string(token.begin) + " mismatched input '" + text + "'");
  }
  Result<Token> Expect(TokenKind kind) {
    if (lexer_.Peek().kind != kind) return Unexpected(lexer_.Peek());
    return Take();
  }
  Token Take() {
    const Token token = lexer_.Next();
    last_end_ = token.end();
    return token;
  }
  bool Accept(TokenKind kind) {
    if (lexer_.Peek().kind != kind) return false;
    Take();
    return true;
  }

  static NodePtr Make(Node::Kind kind, const Token& token) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->token = token;
    node->begin = token.begin;
    node->end = token.end();
    return node;
  }
  Status Add(Node* parent, NodePtr child) {
    parent->depth = std::max(parent->depth, child->depth + 1);
    if (parent->depth > kFilterDepthMax) return Bad("expression is nested too deeply");
    parent->begin = std::min(parent->begin, child->begin);
    parent->end = std::max(parent->end, child->end);
    parent->children.push_back(std::move(child));
    return {};
  }
  Status CountLiteral() {
    return ++literals_ > kFilterLiteralsMax ? Bad("expression holds more than 1000000 values")
                                            : Status();
  }

  Result<NodePtr> Expression(int lowest) {
    if (++depth_ > kFilterDepthMax) return Bad("expression is nested too deeply");
    NodePtr left = TRY(Primary());
    while (true) {
      const int precedence = OperatorAhead();
      if (precedence == kLowest || precedence < lowest) break;
      left = TRY(Operator(std::move(left), precedence));
    }
    --depth_;
    return left;
  }

  // The precedence of the operator that follows an operand; kLowest: none.
  int OperatorAhead() {
    const TokenKind kind = lexer_.Peek().kind;
    if (IsLess(kind) || IsGreater(kind)) {
      const TokenKind name = lexer_.Peek(1).kind;
      const bool field = name == TokenKind::kIdentifier || name == TokenKind::kPath ||
                         name == TokenKind::kStructSubField || name == TokenKind::kStructIndexField;
      if (field && IsLess(kind) && IsLess(lexer_.Peek(2).kind)) return kRange;
      if (field && IsGreater(kind) && IsGreater(lexer_.Peek(2).kind)) return kReverseRange;
      return kRelation;
    }
    if (kind == TokenKind::kEqual || kind == TokenKind::kNotEqual) return kEquality;
    if (kind == TokenKind::kNot) return lexer_.Peek(1).kind == TokenKind::kIn ? kIn : kLowest;
    if (kind == TokenKind::kIn) return kIn;
    if (kind == TokenKind::kAnd) return kAnd;
    if (kind == TokenKind::kOr) return kOr;
    if (kind == TokenKind::kLike) return kLike;
    if (kind == TokenKind::kRegex) return kRegex;
    if (kind == TokenKind::kNotRegex) return kNotRegex;
    if (kind == TokenKind::kPower) return kPower;
    if (kind == TokenKind::kTimes || kind == TokenKind::kDivide || kind == TokenKind::kModulo)
      return kProduct;
    if (IsSign(kind)) return kSum;
    if (kind == TokenKind::kShiftLeft || kind == TokenKind::kShiftRight) return kShift;
    if (kind == TokenKind::kBitAnd) return kBitAnd;
    if (kind == TokenKind::kBitXor) return kBitXor;
    if (kind == TokenKind::kBitOr) return kBitOr;
    return kLowest;
  }

  static Node::Kind KindOf(int precedence) {
    switch (precedence) {
      case kOr:
        return Node::Kind::kOr;
      case kAnd:
        return Node::Kind::kAnd;
      case kEquality:
      case kRelation:
        return Node::Kind::kCompare;
      case kReverseRange:
      case kRange:
        return Node::Kind::kRange;
      case kIn:
        return Node::Kind::kIn;
      case kShift:
        return Node::Kind::kShift;
      case kPower:
        return Node::Kind::kPower;
      case kRegex:
      case kNotRegex:
        return Node::Kind::kRegex;
      case kLike:
        return Node::Kind::kLike;
      default:
        return Node::Kind::kArithmetic;
    }
  }

  Result<NodePtr> Operator(NodePtr left, int precedence) {
    const Node::Kind kind = KindOf(precedence);
    Token op = Take();
    // A chain of and, or of or, is one node, however long.
    if ((precedence == kAnd || precedence == kOr) && left->kind == kind && !left->in_parens) {
      TRY(Add(left.get(), TRY(Expression(precedence + 1))));
      return left;
    }
    NodePtr node = Make(kind, op);
    node->op = op.kind;
    TRY(Add(node.get(), std::move(left)));
    if (op.kind == TokenKind::kNot) {  // a not in [..]
      node->negated = true;
      Take();
    }
    if (kind == Node::Kind::kRegex) node->negated = op.kind == TokenKind::kNotRegex;
    if (kind == Node::Kind::kRange) {
      node->token = Take();
      node->op2 = Take().kind;
    }
    TRY(Add(node.get(), TRY(Expression(precedence + 1))));
    return node;
  }

  Result<NodePtr> Primary() {
    const Token token = lexer_.Peek();
    switch (token.kind) {
      case TokenKind::kInteger: {
        Take();
        NodePtr node = Make(Node::Kind::kLiteral, token);
        TRY(Integer(token.text, node.get()));
        return node;
      }
      case TokenKind::kFloating: {
        Take();
        NodePtr node = Make(Node::Kind::kLiteral, token);
        node->value = TRY(Floating(token.text));
        return node;
      }
      case TokenKind::kBool: {
        Take();
        NodePtr node = Make(Node::Kind::kLiteral, token);
        node->value = (token.text[0] | 32) == 't';
        return node;
      }
      case TokenKind::kString:
      case TokenKind::kRawString:
        Take();
        return Make(Node::Kind::kString, token);
      case TokenKind::kIdentifier:
        return Identifier();
      case TokenKind::kMeta:
        Take();
        return Make(Node::Kind::kIdentifier, token);
      case TokenKind::kPath: {
        Take();
        return NullTest(token, Node::Kind::kPath);
      }
      case TokenKind::kStructField:
        Take();
        return Make(Node::Kind::kStructField, token);
      case TokenKind::kStructIndexField:
        Take();
        return Make(Node::Kind::kStructIndexField, token);
      case TokenKind::kStructSubField:
        Take();
        return Make(Node::Kind::kStructSubField, token);
      case TokenKind::kLeftBrace: {
        Take();
        const Token name = TRY(Expect(TokenKind::kIdentifier));
        const Token close = TRY(Expect(TokenKind::kRightBrace));
        NodePtr node = Make(Node::Kind::kTemplate, name);
        node->begin = token.begin;
        node->end = close.end();
        return node;
      }
      case TokenKind::kLeftParen: {
        Take();
        NodePtr inner = TRY(Expression(kLowest));
        const Token close = TRY(Expect(TokenKind::kRightParen));
        inner->begin = token.begin;
        inner->end = close.end();
        inner->in_parens = true;
        return inner;
      }
      case TokenKind::kLeftBracket:
        return Array();
      case TokenKind::kExists:
        return Prefix(Node::Kind::kExists, kExists);
      case TokenKind::kPlus:
      case TokenKind::kMinus:
      case TokenKind::kBitNot:
      case TokenKind::kNot:
        return Prefix(Node::Kind::kUnary, kPrefix);
      case TokenKind::kContains:
      case TokenKind::kContainsAll:
      case TokenKind::kContainsAny:
        return Contains();
      case TokenKind::kArrayLength:
        return ArrayLength();
      case TokenKind::kIso:
        return TimestamptzReverse();
      case TokenKind::kRandomSample: {
        Take();
        NodePtr node = Make(Node::Kind::kRandomSample, token);
        TRY(Expect(TokenKind::kLeftParen));
        TRY(Add(node.get(), TRY(Expression(kLowest))));
        node->end = TRY(Expect(TokenKind::kRightParen)).end();
        return node;
      }
      case TokenKind::kTextMatch:
        return TextOrStruct(Node::Kind::kTextMatch, 1);
      case TokenKind::kTextMatchFuzzy:
        return TextOrStruct(Node::Kind::kTextMatch, 1);
      case TokenKind::kPhraseMatch:
        return TextOrStruct(Node::Kind::kTextMatch, 2);
      case TokenKind::kElementFilter:
      case TokenKind::kMatchAll:
      case TokenKind::kMatchAny:
      case TokenKind::kMatchLeast:
      case TokenKind::kMatchMost:
      case TokenKind::kMatchExact:
        return TextOrStruct(Node::Kind::kNotBuilt, SIZE_MAX);
      case TokenKind::kSpatial:
        return Spatial(1);
      case TokenKind::kSpatialDistance:
        return Spatial(2);
      case TokenKind::kSpatialValid:
        return Spatial(0);
      case TokenKind::kEnd:
      case TokenKind::kError:
      case TokenKind::kRightParen:
      case TokenKind::kRightBracket:
      case TokenKind::kRightBrace:
      case TokenKind::kComma:
      case TokenKind::kAssign:
      case TokenKind::kLess:
      case TokenKind::kLessEqual:
      case TokenKind::kGreater:
      case TokenKind::kGreaterEqual:
      case TokenKind::kEqual:
      case TokenKind::kNotEqual:
      case TokenKind::kRegex:
      case TokenKind::kNotRegex:
      case TokenKind::kTimes:
      case TokenKind::kDivide:
      case TokenKind::kModulo:
      case TokenKind::kPower:
      case TokenKind::kShiftLeft:
      case TokenKind::kShiftRight:
      case TokenKind::kBitAnd:
      case TokenKind::kBitOr:
      case TokenKind::kBitXor:
      case TokenKind::kAnd:
      case TokenKind::kOr:
      case TokenKind::kIn:
      case TokenKind::kLike:
      case TokenKind::kIsNull:
      case TokenKind::kIsNotNull:
      case TokenKind::kInterval:
      case TokenKind::kMinimumShouldMatch:
      case TokenKind::kThreshold:
        break;
    }
    return Unexpected(token);
  }

  Result<NodePtr> Prefix(Node::Kind kind, int precedence) {
    const Token op = Take();
    NodePtr node = Make(kind, op);
    node->op = op.kind;
    TRY(Add(node.get(), TRY(Expression(precedence))));
    return node;
  }

  // A name or path, perhaps followed by IS [NOT] NULL.
  Result<NodePtr> NullTest(const Token& token, Node::Kind kind) {
    const TokenKind next = lexer_.Peek().kind;
    if (next != TokenKind::kIsNull && next != TokenKind::kIsNotNull) return Make(kind, token);
    NodePtr node = Make(Node::Kind::kIsNull, token);
    node->negated = next == TokenKind::kIsNotNull;
    node->end = Take().end();
    return node;
  }

  Result<NodePtr> Identifier() {
    const size_t signed_ahead =
        IsSign(lexer_.Peek(1).kind) && lexer_.Peek(2).kind == TokenKind::kInterval ? 3 : 0;
    if (IsComparison(lexer_.Peek(1 + signed_ahead).kind) &&
        lexer_.Peek(2 + signed_ahead).kind == TokenKind::kIso) {
      return TimestamptzForward();
    }
    const Token token = Take();
    if (lexer_.Peek().kind != TokenKind::kLeftParen)
      return NullTest(token, Node::Kind::kIdentifier);
    Take();
    NodePtr call = Make(Node::Kind::kCall, token);
    if (lexer_.Peek().kind != TokenKind::kRightParen) {
      do {
        if (!call->children.empty() && lexer_.Peek().kind == TokenKind::kRightParen) break;
        TRY(Add(call.get(), TRY(Expression(kLowest))));
      } while (Accept(TokenKind::kComma));
    }
    call->end = TRY(Expect(TokenKind::kRightParen)).end();
    return call;
  }

  // [+|- INTERVAL 'P1D'], into op and token2's place in children[0] (the interval's string).
  Status IntervalInto(Node* node) {
    if (!IsSign(lexer_.Peek().kind)) return {};
    node->op = Take().kind;
    TRY(Expect(TokenKind::kInterval));
    TRY(Add(node, Make(Node::Kind::kString, TRY(Expect(TokenKind::kString)))));
    return {};
  }
  Result<NodePtr> TimestamptzForward() {
    NodePtr node = Make(Node::Kind::kTimestamptz, Take());
    TRY(IntervalInto(node.get()));
    node->op2 = Take().kind;
    Take();  // ISO
    node->token2 = TRY(Expect(TokenKind::kString));
    node->end = node->token2.end();
    return node;
  }
  Result<NodePtr> TimestamptzReverse() {
    const size_t begin = Take().begin;
    const Token text = TRY(Expect(TokenKind::kString));
    if (!IsComparison(lexer_.Peek().kind)) return Unexpected(lexer_.Peek());
    const TokenKind op = Take().kind;
    NodePtr node = Make(Node::Kind::kTimestamptz, TRY(Expect(TokenKind::kIdentifier)));
    node->negated = true;
    node->token2 = text;
    node->op2 = op;
    node->begin = begin;
    if (IsSign(lexer_.Peek().kind) && lexer_.Peek(1).kind == TokenKind::kInterval)
      TRY(IntervalInto(node.get()));
    return node;
  }

  Result<NodePtr> Contains() {
    const Token name = Take();
    NodePtr node = Make(Node::Kind::kContains, name);
    node->op = name.kind;
    TRY(Expect(TokenKind::kLeftParen));
    TRY(Add(node.get(), TRY(Expression(kLowest))));
    TRY(Expect(TokenKind::kComma));
    TRY(Add(node.get(), TRY(Expression(kLowest))));
    node->end = TRY(Expect(TokenKind::kRightParen)).end();
    return node;
  }

  Result<NodePtr> ArrayLength() {
    const Token name = Take();
    TRY(Expect(TokenKind::kLeftParen));
    const TokenKind kind = lexer_.Peek().kind;
    if (kind != TokenKind::kIdentifier && kind != TokenKind::kPath &&
        kind != TokenKind::kStructField) {
      return Unexpected(lexer_.Peek());
    }
    NodePtr node = Make(Node::Kind::kArrayLength, Take());
    node->op = kind;
    node->begin = name.begin;
    node->end = TRY(Expect(TokenKind::kRightParen)).end();
    return node;
  }

  // st_within(field, 'WKT') and its like: so many arguments after the field.
  Result<NodePtr> Spatial(int arguments) {
    const Token name = Take();
    NodePtr node = Make(Node::Kind::kSpatial, name);
    node->op = name.kind;
    TRY(Expect(TokenKind::kLeftParen));
    node->token2 = TRY(Expect(TokenKind::kIdentifier));
    for (int i = 0; i < arguments; ++i) {
      TRY(Expect(TokenKind::kComma));
      TRY(Add(node.get(), TRY(Expression(kLowest))));
    }
    node->end = TRY(Expect(TokenKind::kRightParen)).end();
    return node;
  }

  // Those of structs are parsed in full, so that what is wrong with them is said as such, and
  // refused by the binder.
  Result<NodePtr> TextOrStruct(Node::Kind what, size_t most) {
    const Token name = Take();
    NodePtr node = Make(what, name);
    node->op = name.kind;
    TRY(Expect(TokenKind::kLeftParen));
    node->token2 = TRY(Expect(TokenKind::kIdentifier));
    while (Accept(TokenKind::kComma)) {
      const TokenKind kind = lexer_.Peek().kind;
      const bool option =
          kind == TokenKind::kMinimumShouldMatch || kind == TokenKind::kThreshold ||
          (kind == TokenKind::kIdentifier && lexer_.Peek(1).kind == TokenKind::kAssign);
      if (option) {
        TRY(Option(node.get()));
      } else {
        TRY(Add(node.get(), TRY(Expression(kLowest))));
      }
    }
    const Token close = TRY(Expect(TokenKind::kRightParen));
    node->end = close.end();
    const bool fits =
        what == Node::Kind::kNotBuilt || (!node->children.empty() && node->children.size() <= most);
    if (!fits) return Unexpected(close);
    return node;
  }
  Status Option(Node* node) {
    const Token name = Take();
    TRY(Expect(TokenKind::kAssign));
    const Token number = TRY(Expect(TokenKind::kInteger));
    Node literal{};
    TRY(Integer(number.text, &literal));
    if (literal.kind == Node::Kind::kInt64Overflow) {
      return Bad("invalid " + std::string(name.text) + " value: " + std::string(number.text));
    }
    const int64_t value = literal.value.as_int();
    if (name.kind == TokenKind::kMinimumShouldMatch && (value < 1 || value > 1000)) {
      return Bad(std::string("minimum_should_match should be ") + (value < 1 ? ">= 1" : "<= 1000") +
                 ", got " + std::to_string(value));
    }
    if (node->op == TokenKind::kTextMatchFuzzy && (value < 0 || value > 2)) {
      return Bad("max_edit_distance should be in [0, 2], got " + std::to_string(value));
    }
    node->value = Value(value);
    return {};
  }

  // Most arrays hold literals only, and may hold a million: those make no nodes.
  Result<NodePtr> Array() {
    NodePtr node = Make(Node::Kind::kArray, Take());
    while (lexer_.Peek().kind != TokenKind::kRightBracket) {
      const size_t begin = lexer_.Peek().begin;
      Value literal;
      if (TRY(PlainElement(&literal))) {
        if (node->children.empty()) {
          node->values.push_back(std::move(literal));
        } else {
          NodePtr child = Make(Node::Kind::kLiteral, Token{TokenKind::kEnd, begin, {}});
          child->end = last_end_;
          child->value = std::move(literal);
          TRY(Add(node.get(), std::move(child)));
        }
      } else {
        NodePtr child = TRY(Expression(kLowest));
        for (Value& earlier : node->values) {
          NodePtr plain = Make(Node::Kind::kLiteral, Token{TokenKind::kEnd, begin, {}});
          plain->value = std::move(earlier);
          TRY(Add(node.get(), std::move(plain)));
        }
        node->values.clear();
        TRY(Add(node.get(), std::move(child)));
      }
      if (!Accept(TokenKind::kComma)) break;
    }
    node->end = TRY(Expect(TokenKind::kRightBracket)).end();
    return node;
  }

  // A literal, perhaps negative, with nothing after it. Takes it, or leaves all as it was.
  Result<bool> PlainElement(Value* value) {
    const bool minus = lexer_.Peek().kind == TokenKind::kMinus;
    const Token token = lexer_.Peek(minus ? 1 : 0);
    const TokenKind after = lexer_.Peek(minus ? 2 : 1).kind;
    if (after != TokenKind::kComma && after != TokenKind::kRightBracket) return false;
    if (token.kind == TokenKind::kInteger) {
      Node literal{};
      TRY(Integer(token.text, &literal));
      if (literal.kind == Node::Kind::kInt64Overflow) return false;
      *value = minus ? -literal.value.as_int() : literal.value.as_int();
    } else if (token.kind == TokenKind::kFloating) {
      const Value floating = TRY(Floating(token.text));
      *value = minus ? -floating.as_double() : floating.as_double();
    } else if (!minus && token.kind == TokenKind::kBool) {
      TRY(CountLiteral());
      *value = (token.text[0] | 32) == 't';
    } else if (!minus &&
               (token.kind == TokenKind::kString || token.kind == TokenKind::kRawString)) {
      TRY(CountLiteral());
      *value = TRY(Unquote(token.text));
    } else {
      return false;
    }
    if (minus) Take();
    Take();
    return true;
  }

  // 10, 017, 0x1F, 0b11.
  Status Integer(std::string_view text, Node* node) {
    TRY(CountLiteral());
    int base = 10;
    std::string_view digits = text;
    if (text.size() > 1 && text[0] == '0') {
      const bool hex = (text[1] | 32) == 'x';
      const bool binary = (text[1] | 32) == 'b';
      base = hex ? 16 : binary ? 2 : 8;
      digits.remove_prefix(hex || binary ? 2 : 1);
    }
    int64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error == std::errc() && end == digits.data() + digits.size()) {
      node->kind = Node::Kind::kLiteral;
      node->value = value;
      return {};
    }
    if (text != "9223372036854775808") {
      return Bad("strconv.ParseInt: parsing \"" + std::string(text) + "\": value out of range");
    }
    node->kind = Node::Kind::kInt64Overflow;
    return {};
  }

  Result<Value> Floating(std::string_view text) {
    TRY(CountLiteral());
    const double value = std::strtod(std::string(text).c_str(), nullptr);
    if (std::isinf(value))
      return Bad("strconv.ParseFloat: parsing \"" + std::string(text) + "\": value out of range");
    return Value(value);
  }

  Lexer lexer_;
  int depth_ = 0;
  size_t literals_ = 0;
  size_t last_end_ = 0;
};

}  // namespace

Result<std::unique_ptr<Node>> ParseFilter(std::string_view text) {
  if (text.size() > kFilterTextMax)
    return Fail(Code::kParameterInvalid, "expression is longer than 64 MiB");
  return Parser(text).Filter();
}

std::string TextOf(std::string_view source, size_t begin, size_t end) {
  constexpr size_t kShownMax = 4096;
  std::string text;
  Lexer lexer(source.substr(begin, end - begin));
  for (Token token = lexer.Next(); token.kind != TokenKind::kEnd && text.size() < kShownMax;
       token = lexer.Next()) {
    text.append(token.text);
  }
  return text;
}

}  // namespace elanus::expr
