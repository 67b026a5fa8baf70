// Characters of UTF-8 text and what kind they are. The tables are the project's own
// (tools/make_unicode_tables.py), not those of the machine's locale, so that all machines agree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace elanus::text {

inline constexpr char32_t kReplacement = 0xFFFD;

// The character that begins at `*at`, which moves past it. A byte that begins none is one of its
// own and reads as kReplacement.
char32_t NextChar(std::string_view text, size_t* at);

// How many characters there are.
size_t CountChars(std::string_view text);

bool IsUtf8(std::string_view text);

bool IsAlphanumeric(char32_t c);  // letters of all scripts with their marks, and numbers
bool IsLetter(char32_t c);
bool IsPunctuation(char32_t c);
bool IsSymbol(char32_t c);
bool IsHan(char32_t c);
bool IsSpace(char32_t c);

void AppendUtf8(char32_t c, std::string* out);

// Small letters for capitals, of every script.
void AppendLower(std::string_view text, std::string* out);

// ASCII for the letters, digits and quotes that are an ASCII one with a mark, a width or a circle;
// other characters stay. False, with nothing appended: there is nothing to change.
bool AppendAsciiFolded(std::string_view text, std::string* out);

// 0-9 for the decimal digits of every script.
bool AppendDecimalFolded(std::string_view text, std::string* out);

}  // namespace elanus::text
