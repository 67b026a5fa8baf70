// Any bytes must read without leaving them; any text must encode to what gives it back, or be
// refused.
#include <cstddef>
#include <cstdint>

#include "model/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace elanus;  // NOLINT(google-build-using-namespace)
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const JsonView view(bytes);
  (void)JsonText(bytes);
  (void)(view == view);
  (void)view.Find("a").At(1).number();

  const Result<std::string> binary = EncodeJson(bytes);
  if (!binary.ok()) return 0;
  const std::string text = JsonText(*binary);
  const Result<std::string> again = EncodeJson(text);
  CHECK(again.ok());
  CHECK(JsonView(*again) == JsonView(*binary));
  CHECK(JsonText(*again) == text);
  return 0;
}
