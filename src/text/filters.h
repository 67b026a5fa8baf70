// Token filters by name. Private to the module.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/json.h"
#include "text/analyzer.h"

namespace elanus::text {

// Null: there is none of that name that takes no parameters.
std::unique_ptr<TokenFilter> MakeFilter(std::string_view name);
Result<std::unique_ptr<TokenFilter>> MakeFilter(const JsonView& params);

// Drops the words; the names of lists ("_english_") stand for theirs.
Result<std::unique_ptr<TokenFilter>> MakeStopFilter(const std::vector<std::string>& words);
Result<std::unique_ptr<TokenFilter>> MakeStemmer(std::string_view language);

// The strings of an array; kParameterInvalid names `what` it should be.
Result<std::vector<std::string>> StringList(const JsonView& value, std::string_view what);

}  // namespace elanus::text
