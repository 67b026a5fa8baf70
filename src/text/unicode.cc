#include "text/unicode.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

namespace elanus::text {
namespace {

struct CharRange {
  char32_t first, last;
};
// Each stride-th character from `first` is `delta` away from its small form.
struct LowerRun {
  char32_t first, last;
  uint32_t stride;
  int32_t delta;
};
struct Folding {
  char32_t c;
  const char* ascii;
};

#include "text/unicode_tables.inc"

constexpr size_t kPlane = 0x10000;

enum Kind : uint8_t {
  kIsAlphanumeric = 1,
  kIsLetter = 2,
  kIsPunctuation = 4,
  kIsSymbol = 8,
  kIsHan = 16,
  kIsSpace = 32,
};

template <size_t N>
bool InRanges(const CharRange (&ranges)[N], char32_t c) {
  const auto* range = std::upper_bound(std::begin(ranges), std::end(ranges), c,
                                       [](char32_t x, const CharRange& r) { return x < r.first; });
  return range != std::begin(ranges) && c <= std::prev(range)->last;
}

// The kinds of the characters of the first plane, a byte each.
class KindTable {
 public:
  KindTable() : kinds_(kPlane) {
    Mark(kAlphanumeric, kIsAlphanumeric);
    Mark(kLetter, kIsLetter);
    Mark(kPunctuation, kIsPunctuation);
    Mark(kSymbol, kIsSymbol);
    Mark(kHan, kIsHan);
    for (const char32_t c : {0x9, 0xA, 0xB, 0xC, 0xD, 0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029,
                             0x202F, 0x205F, 0x3000})
      kinds_[c] |= kIsSpace;
    for (char32_t c = 0x2000; c <= 0x200A; ++c) kinds_[c] |= kIsSpace;
  }
  uint8_t Of(char32_t c) const { return kinds_[c]; }

 private:
  template <size_t N>
  void Mark(const CharRange (&ranges)[N], Kind kind) {
    for (const CharRange& range : ranges) {
      for (char32_t c = range.first; c <= range.last && c < kPlane; ++c) kinds_[c] |= kind;
    }
  }
  std::vector<uint8_t> kinds_;
};

const KindTable& Kinds() {
  static const KindTable kTable;
  return kTable;
}

template <size_t N>
bool Is(char32_t c, Kind kind, const CharRange (&beyond)[N]) {
  if (c < kPlane) return (Kinds().Of(c) & kind) != 0;
  return InRanges(beyond, c);
}

char32_t LowerOf(char32_t c) {
  const auto* run = std::upper_bound(std::begin(kLower), std::end(kLower), c,
                                     [](char32_t x, const LowerRun& r) { return x < r.first; });
  if (run == std::begin(kLower)) return c;
  --run;
  if (c > run->last || (c - run->first) % run->stride != 0) return c;
  return static_cast<char32_t>(static_cast<int64_t>(c) + run->delta);
}

const char* FoldingOf(char32_t c) {
  const auto* folding = std::lower_bound(std::begin(kFoldings), std::end(kFoldings), c,
                                         [](const Folding& f, char32_t x) { return f.c < x; });
  return folding != std::end(kFoldings) && folding->c == c ? folding->ascii : nullptr;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

}  // namespace

char32_t NextChar(std::string_view text, size_t* at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const size_t begin = (*at)++;
  const uint8_t lead = byte(begin);
  if (lead < 0x80) return lead;
  const size_t length = lead >= 0xF0 && lead <= 0xF4   ? 4
                        : lead >= 0xE0 && lead <= 0xEF ? 3
                        : lead >= 0xC2 && lead <= 0xDF ? 2
                                                       : 0;
  if (length == 0 || text.size() - begin < length) return kReplacement;
  char32_t c = lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(begin + i) & 0xC0) != 0x80) return kReplacement;
    c = (c << 6) | (byte(begin + i) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (c < kLeast[length] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return kReplacement;
  *at = begin + length;
  return c;
}

size_t CountChars(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    if (NextChar(text, &at) == kReplacement && text.substr(begin, 3) != "\xEF\xBF\xBD")
      return false;
  }
  return true;
}

bool IsAlphanumeric(char32_t c) { return Is(c, kIsAlphanumeric, kAlphanumeric); }
bool IsLetter(char32_t c) { return Is(c, kIsLetter, kLetter); }
bool IsPunctuation(char32_t c) { return Is(c, kIsPunctuation, kPunctuation); }
bool IsSymbol(char32_t c) { return Is(c, kIsSymbol, kSymbol); }
bool IsHan(char32_t c) { return Is(c, kIsHan, kHan); }
bool IsSpace(char32_t c) { return c < kPlane && (Kinds().Of(c) & kIsSpace) != 0; }

void AppendUtf8(char32_t c, std::string* out) {
  const auto put = [out](char32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

void AppendLower(std::string_view text, std::string* out) {
  for (size_t at = 0; at < text.size();) {
    const char byte = text[at];
    if ((byte & 0x80) == 0) {
      out->push_back(byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte);
      ++at;
      continue;
    }
    const size_t begin = at;
    const char32_t c = NextChar(text, &at);
    if (c == kReplacement) {
      out->append(text.substr(begin, at - begin));
    } else {
      AppendUtf8(LowerOf(c), out);
    }
  }
}

bool AppendAsciiFolded(std::string_view text, std::string* out) {
  if (IsAscii(text)) return false;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = NextChar(text, &at);
    const char* ascii = c < 0x80 ? nullptr : FoldingOf(c);
    out->append(ascii != nullptr ? std::string_view(ascii) : text.substr(begin, at - begin));
  }
  return true;
}

bool AppendDecimalFolded(std::string_view text, std::string* out) {
  if (IsAscii(text)) return false;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = NextChar(text, &at);
    const auto* range =
        std::upper_bound(std::begin(kDecimal), std::end(kDecimal), c,
                         [](char32_t x, const CharRange& r) { return x < r.first; });
    if (c >= 0x80 && range != std::begin(kDecimal) && c <= std::prev(range)->last) {
      // Runs of digits are whole tens; those of mathematical digits follow one another.
      out->push_back(static_cast<char>('0' + (c - std::prev(range)->first) % 10));
    } else {
      out->append(text.substr(begin, at - begin));
    }
  }
  return true;
}

}  // namespace elanus::text
