#!/usr/bin/env python3
"""Prints src/text/unicode_tables.inc: what the analyzers know of characters.

Made from Python's unicodedata and committed, so that a text is cut into the same terms on every
machine and by every version until someone decides otherwise.

usage: tools/make_unicode_tables.py > src/text/unicode_tables.inc"""
import sys
import unicodedata

LAST = 0x10FFFF
HAN_EXTRA = {0x3005, 0x3007, *range(0x3021, 0x302A), *range(0x3038, 0x303C), *range(0x2E80, 0x2E9A),
             *range(0x2E9B, 0x2EF4), *range(0x2F00, 0x2FD6)}
# What decomposition alone does not turn into ASCII.
FOLDED = {
    "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Ð": "D", "ð": "d", "Đ": "D",
    "đ": "d", "Þ": "TH", "þ": "th", "ß": "ss", "ẞ": "SS", "Ł": "L", "ł": "l", "Ħ": "H", "ħ": "h",
    "ı": "i", "ȷ": "j", "Ŋ": "N", "ŋ": "n", "Ŧ": "T", "ŧ": "t", "Ɓ": "B", "ɓ": "b", "Ƃ": "B",
    "ƃ": "b", "Ɔ": "O", "ɔ": "o", "Ƈ": "C", "ƈ": "c", "Ɖ": "D", "ɖ": "d", "Ɗ": "D", "ɗ": "d",
    "Ƌ": "D", "ƌ": "d", "Ǝ": "E", "ǝ": "e", "Ə": "A", "ə": "a", "Ɛ": "E", "ɛ": "e", "Ƒ": "F",
    "ƒ": "f", "Ɠ": "G", "ɠ": "g", "Ɩ": "I", "ɩ": "i", "Ɨ": "I", "ɨ": "i", "Ƙ": "K", "ƙ": "k",
    "ƚ": "l", "Ɯ": "M", "ɯ": "m", "Ɲ": "N", "ɲ": "n", "ƞ": "n", "Ɵ": "O", "ɵ": "o", "Ƥ": "P",
    "ƥ": "p", "ƫ": "t", "Ƭ": "T", "ƭ": "t", "Ʈ": "T", "ʈ": "t", "Ʋ": "V", "ʋ": "v", "Ƴ": "Y",
    "ƴ": "y", "Ƶ": "Z", "ƶ": "z", "ȡ": "d", "ȴ": "l", "ȵ": "n", "ȶ": "t", "Ⱥ": "A", "Ȼ": "C",
    "ȼ": "c", "Ƚ": "L", "Ⱦ": "T", "ȿ": "s", "ɀ": "z", "Ƀ": "B", "ƀ": "b", "Ʉ": "U", "ʉ": "u",
    "Ʌ": "V", "ʌ": "v", "Ɇ": "E", "ɇ": "e", "Ɉ": "J", "ɉ": "j", "Ɋ": "Q", "ɋ": "q", "Ɍ": "R",
    "ɍ": "r", "Ɏ": "Y", "ɏ": "y", "ɐ": "a", "ĸ": "q", "«": '"', "»": '"', "“": '"', "”": '"',
    "„": '"', "‟": '"', "‘": "'", "’": "'", "‚": "'", "‛": "'", "‹": "'", "›": "'", "′": "'",
    "″": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "⁄": "/", "⁎": "*", "⁅": "[",
    "⁆": "]",
}


def ranges(holds):
    found, begin = [], None
    for c in range(LAST + 2):
        if c <= LAST and holds(c):
            begin = c if begin is None else begin
        elif begin is not None:
            found.append((begin, c - 1))
            begin = None
    return found


def category(c):
    return unicodedata.category(chr(c))


def print_ranges(name, found):
    print(f"constexpr CharRange {name}[] = {{")
    line = "   "
    for first, last in found:
        item = f" {{0x{first:x}, 0x{last:x}}},"
        if len(line) + len(item) > 100:
            print(line)
            line = "   "
        line += item
    print(line)
    print("};")


def lower(c):
    """The character alone that it becomes, as Rust's to_lowercase does for all but one."""
    text = chr(c).lower()
    return ord(text[0]) if len(text) == 1 and text != chr(c) else None


def lower_runs():
    """(first, last, stride, delta): each stride-th character is `delta` away from its small form."""
    runs = []
    for c in range(0x80, LAST + 1):
        small = lower(c)
        if small is None:
            continue
        delta = small - c
        if runs:
            first, last, stride, known = runs[-1]
            if known == delta and (c - last == stride or (first == last and c - last <= 2)):
                runs[-1] = (first, c, c - last, delta)
                continue
        runs.append((c, c, 1, delta))
    return runs


def fold(c):
    text = chr(c)
    if text in FOLDED:
        return FOLDED[text]
    if c >= 0x10000 or category(c)[0] == "M":
        return None
    if unicodedata.decomposition(text).startswith(("<fraction>", "<square>")):
        return None
    plain = "".join(FOLDED.get(d, d) for d in unicodedata.normalize("NFKD", text)
                    if unicodedata.category(d)[0] != "M")
    return plain if plain and plain.isascii() and plain.strip() == plain else None


def main():
    print(f"// Made by tools/make_unicode_tables.py from Unicode {unicodedata.unidata_version}; not edited by hand.")
    # Letters, digits and other numbers, and the marks that belong to letters of a script.
    print_ranges("kAlphanumeric", ranges(
        lambda c: category(c)[0] in "LN" or (0x345 <= c and category(c) in ("Mc", "Mn")
                                             and c not in range(0x346, 0x370)
                                             and "VIRAMA" not in unicodedata.name(chr(c), "")
                                             and unicodedata.combining(chr(c)) == 0
                                             and not 0xFE00 <= c <= 0xFE2F
                                             and not 0xE0100 <= c <= 0xE01EF)))
    print_ranges("kPunctuation", ranges(lambda c: category(c)[0] == "P"))
    print_ranges("kSymbol", ranges(lambda c: category(c)[0] == "S"))
    print_ranges("kLetter", ranges(lambda c: category(c)[0] == "L" or category(c) == "Nl"))
    print_ranges("kDecimal", ranges(lambda c: category(c) == "Nd"))
    print_ranges("kHan", ranges(
        lambda c: c in HAN_EXTRA or unicodedata.name(chr(c), "").startswith(
            ("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH"))))
    print("constexpr LowerRun kLower[] = {")
    for first, last, stride, delta in lower_runs():
        print(f"    {{0x{first:x}, 0x{last:x}, {stride}, {delta}}},")
    print("};")
    print("constexpr Folding kFoldings[] = {")
    for c in range(0x80, LAST + 1):
        plain = fold(c)
        if plain is not None:
            text = plain.replace("\\", "\\\\").replace('"', '\\"')
            print(f'    {{0x{c:x}, "{text}"}},')
    print("};")
    return 0


if __name__ == "__main__":
    sys.exit(main())
