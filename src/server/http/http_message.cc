#include "server/http/http_message.h"

#include "base/base64.h"
#include "base/text.h"

namespace elanus::server {

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (EqualIgnoringCase(key, name)) return value;
  }
  return {};
}

std::string JsonQuoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

std::string AuthorizationOf(const HttpRequest& request) {
  constexpr std::string_view kBearer = "Bearer ";
  constexpr std::string_view kBasic = "Basic ";
  std::string_view header = request.Header("Authorization");
  if (header.starts_with(kBasic)) return std::string(header.substr(kBasic.size()));
  if (header.starts_with(kBearer)) header.remove_prefix(kBearer.size());
  return EncodeBase64(header);
}

HttpResponse HttpError(int status, std::string_view message) {
  HttpResponse response;
  response.status = status;
  response.body =
      "{\"code\":" + std::to_string(status) + ",\"message\":" + JsonQuoted(message) + "}";
  return response;
}

void AnswerNotFound(const HttpRequest& request, const HttpReply& reply) {
  reply(HttpError(404, "no such page: " + request.method + " " + std::string(request.path())));
}

}  // namespace elanus::server
