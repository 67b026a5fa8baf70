// Words by ICU. Its data is thirty times what we use of it, so the library is loaded when first
// asked for, as GEOS is (ADR 13).
#include <string>
#include <utility>

#include <dlfcn.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "text/tokenizers.h"
#include "text/unicode.h"

namespace elanus::text {
namespace {

struct Icu {
  decltype(&ubrk_open) open = nullptr;
  decltype(&ubrk_close) close = nullptr;
  decltype(&ubrk_setUText) set_text = nullptr;
  decltype(&ubrk_first) first = nullptr;
  decltype(&ubrk_next) next = nullptr;
  decltype(&utext_openUTF8) open_text = nullptr;
  decltype(&utext_close) close_text = nullptr;
  std::string problem;

  Icu() {
#define ELANUS_TEXT(x) #x
#define ELANUS_TEXT_OF(x) ELANUS_TEXT(x)
    constexpr const char* kLibrary = "libicuuc.so." ELANUS_TEXT_OF(U_ICU_VERSION_MAJOR_NUM);
    library_ = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    if (library_ == nullptr) {
      problem = dlerror();
      return;
    }
    // The macros of unicode/urename.h add the version to the names.
    Find(ELANUS_TEXT_OF(ubrk_open), &open);
    Find(ELANUS_TEXT_OF(ubrk_close), &close);
    Find(ELANUS_TEXT_OF(ubrk_setUText), &set_text);
    Find(ELANUS_TEXT_OF(ubrk_first), &first);
    Find(ELANUS_TEXT_OF(ubrk_next), &next);
    Find(ELANUS_TEXT_OF(utext_openUTF8), &open_text);
    Find(ELANUS_TEXT_OF(utext_close), &close_text);
#undef ELANUS_TEXT_OF
#undef ELANUS_TEXT
  }

 private:
  template <typename Function>
  void Find(const char* name, Function* function) {
    *function = reinterpret_cast<Function>(dlsym(library_, name));
    if (*function == nullptr) problem = std::string("libicuuc lacks ") + name;
  }
  void* library_ = nullptr;
};

const Icu& Loaded() {
  static const Icu kIcu;
  return kIcu;
}

// A thread's break iterator, which knows the words of all languages.
class Breaker {
 public:
  Breaker() {
    UErrorCode error = U_ZERO_ERROR;
    breaker_ = Loaded().open(UBRK_WORD, "", nullptr, 0, &error);
    if (U_FAILURE(error)) breaker_ = nullptr;
  }
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;
  ~Breaker() {
    if (breaker_ != nullptr) Loaded().close(breaker_);
  }
  bool ok() const { return breaker_ != nullptr; }

  // Calls fn(begin, end) for each piece of the text.
  template <typename Fn>
  void ForEach(std::string_view text, Fn fn) {
    UErrorCode error = U_ZERO_ERROR;
    UText* utext =
        Loaded().open_text(nullptr, text.data(), static_cast<int64_t>(text.size()), &error);
    Loaded().set_text(breaker_, utext, &error);
    if (U_SUCCESS(error)) {
      int32_t begin = Loaded().first(breaker_);
      for (int32_t end = Loaded().next(breaker_); end != UBRK_DONE; end = Loaded().next(breaker_)) {
        fn(static_cast<size_t>(begin), static_cast<size_t>(end));
        begin = end;
      }
    }
    if (utext != nullptr) Loaded().close_text(utext);
  }

 private:
  UBreakIterator* breaker_ = nullptr;
};

class IcuTokenizer final : public Tokenizer {
 public:
  explicit IcuTokenizer(bool only_words) : only_words_(only_words) {}

  void Cut(std::string_view text, TokenList* list) const override {
    thread_local Breaker breaker;
    uint32_t position = 0;
    breaker.ForEach(text, [&](size_t begin, size_t end) {
      const std::string_view piece = text.substr(begin, end - begin);
      const auto chars = static_cast<uint32_t>(CountChars(piece));
      if (!only_words_ || IsWord(piece)) {
        list->tokens().push_back(
            {piece, static_cast<uint32_t>(begin), static_cast<uint32_t>(end), position, chars});
      }
      position += chars;
    });
  }

 private:
  static bool IsWord(std::string_view piece) {
    for (size_t at = 0; at < piece.size();) {
      if (IsAlphanumeric(NextChar(piece, &at))) return true;
    }
    return false;
  }
  const bool only_words_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> MakeIcuTokenizer(bool only_words) {
  std::string problem = Loaded().problem;
  if (problem.empty() && !Breaker().ok()) problem = "it has no rules for words";
  if (!problem.empty()) {
    return Fail(Code::kUnimplemented, "this tokenizer needs ICU (Debian's libicu" +
                                          std::to_string(U_ICU_VERSION_MAJOR_NUM) +
                                          "): " + problem);
  }
  return std::unique_ptr<Tokenizer>(std::make_unique<IcuTokenizer>(only_words));
}

}  // namespace elanus::text
