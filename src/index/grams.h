// Postings of grams (NGRAM): for each run of a few bytes the rows that hold it, ascending. A text
// with a given word has each of the word's grams, so the rows that have these are few and hold all
// that match; the column then tells. Grams are of 1 to 4 bytes whatever is declared: longer ones
// make the file larger and the rows hardly fewer.
#pragma once

#include <memory>

#include "index/blob.h"
#include "index/scalar_index.h"

namespace elanus::index {

inline constexpr int64_t kGramBytesMax = 4;

Status BuildGrams(const ScalarView& column, const ScalarSpec& spec, const Sink& sink);
Result<std::unique_ptr<ScalarIndex>> OpenGrams(const Blob& blob);

}  // namespace elanus::index
