#include "segment/made_values.h"

#include <string>
#include <utility>

#include "text/field_maker.h"

namespace elanus::segment {
namespace {

class MadeValues : public ValueReader {
 public:
  MadeValues(text::FieldMaker maker, std::unique_ptr<ValueReader> texts,
             std::unique_ptr<ValueReader> names)
      : maker_(std::move(maker)), texts_(std::move(texts)), names_(std::move(names)) {}
  std::optional<std::string_view> At(uint32_t row) const override {
    value_ = maker_.Make(texts_->At(row), names_ != nullptr ? names_->At(row) : std::nullopt);
    return value_;
  }

 private:
  mutable text::FieldMaker maker_;
  const std::unique_ptr<ValueReader> texts_, names_;
  mutable std::string value_;
};

}  // namespace

Result<std::unique_ptr<ValueReader>> MakeMadeValues(const Segment& segment, const Schema& schema,
                                                    const Field& field) {
  auto maker = TRY(text::FieldMaker::Of(schema, field));
  auto texts = TRY(segment.ReadValues(*schema.Find(maker.input())));
  std::unique_ptr<ValueReader> names;
  if (maker.naming()) names = TRY(segment.ReadValues(*schema.Find(*maker.naming())));
  return std::unique_ptr<ValueReader>(
      std::make_unique<MadeValues>(std::move(maker), std::move(texts), std::move(names)));
}

}  // namespace elanus::segment
