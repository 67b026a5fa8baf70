// The routes as an OpenAPI 3.1 document.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/rest/route.h"

namespace elanus::server {

std::string OpenApiDocument(std::span<const Route> routes, std::string_view version);

}  // namespace elanus::server
