// Base64 (RFC 4648, section 4): the standard alphabet, with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace elanus {

std::string EncodeBase64(std::string_view bytes);
// Nothing when `text` is none.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace elanus
