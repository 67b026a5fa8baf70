// The first message of a TLS client (RFC 8446, section 4.1.2), as far as it says which protocol the
// client wants to speak: so that one port can serve several before anything is decrypted.
#pragma once

#include <string_view>

namespace elanus::server {

enum class HelloVerdict {
  kMore,    // not whole yet
  kNotTls,  // something else
  kHttp,    // offers http/1.1, or no protocol at all
  kOnlyH2,  // offers h2, and not http/1.1
};

HelloVerdict ReadClientHello(std::string_view bytes);

}  // namespace elanus::server
