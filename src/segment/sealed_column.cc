#include "segment/sealed_column.h"

#include <algorithm>
#include <string>

namespace elanus::segment {

Result<SealedColumn> SealedColumn::Open(const SegmentFile& file, const ColumnFooter& footer) {
  SealedColumn column;
  column.file_ = &file;
  column.footer_ = &footer;
  column.rows_ = file.footer().rows;
  column.width_ = WidthOf(footer.type, footer.dim);
  column.values_ = file.Find(footer.field, SectionKind::kValues);
  column.ends_ = file.Find(footer.field, SectionKind::kEnds);
  column.valid_ = file.Find(footer.field, SectionKind::kValid);
  column.norms_ = file.Find(footer.field, SectionKind::kNorms);
  column.zones_ = file.Find(footer.field, SectionKind::kZones);
  column.blooms_ = file.Find(footer.field, SectionKind::kBlooms);

  const auto fits = [&](const SegmentFile::Blocks* blocks, size_t width, bool needed) {
    return blocks == nullptr ? !needed || column.rows_ == 0 : blocks->size == column.rows_ * width;
  };
  const bool whole =
      (column.fixed() ? fits(column.values_, column.width_, true)
                      : fits(column.ends_, sizeof(uint64_t), true)) &&
      fits(column.valid_, 1, false) && fits(column.norms_, sizeof(float), false) &&
      (column.zones_ == nullptr ||
       column.zones_->size == (column.rows_ + kZoneRows - 1) / kZoneRows * sizeof(Zone));
  if (!whole)
    return file.Damaged("the sections of field " + std::to_string(footer.field.value) +
                        " do not fit its rows");
  return column;
}

Status SealedColumn::Check(size_t first, size_t count) const {
  if (count == 0) return {};
  if (valid_ != nullptr) TRY(valid_->Check(first, count));
  if (fixed()) return values_->Check(first * width_, count * width_);
  const size_t before = first == 0 ? 0 : first - 1;
  TRY(ends_->Check(before * sizeof(uint64_t), (first + count - before) * sizeof(uint64_t)));
  const uint64_t begin = first == 0 ? 0 : ends()[first - 1];
  const uint64_t end = ends()[first + count - 1];
  if (begin > end || end > value_bytes()) {
    return file_->Damaged("the values of field " + std::to_string(field().value) +
                          " are out of order");
  }
  return values_ == nullptr ? Status() : values_->Check(begin, end - begin);
}

Status SealedColumn::CheckAll() const {
  for (const SegmentFile::Blocks* blocks : {values_, ends_, valid_, norms_}) {
    if (blocks != nullptr) TRY(blocks->CheckAll());
  }
  return {};
}

const Zone* SealedColumn::zones() const {
  return zones_ != nullptr && zones_->CheckAll().ok() ? zones_->as<Zone>() : nullptr;
}

Blooms SealedColumn::blooms() const {
  if (blooms_ == nullptr || !blooms_->CheckAll().ok()) return {};
  return {{blooms_->data, blooms_->size}, rows_};
}

index::VectorView SealedColumn::Vectors() const {
  index::VectorView view;
  view.type = type();
  view.dim = dim();
  view.rows = rows_;
  view.data = values_ == nullptr ? nullptr : values_->data;
  view.stride = width_;
  view.ends = fixed() || ends_ == nullptr ? nullptr : ends();
  view.valid = valid();
  view.inverse_norms = norms_ == nullptr ? nullptr : norms_->as<float>();
  return view;
}

index::ScalarView SealedColumn::Scalars() const {
  index::ScalarView view;
  view.type = type();
  view.rows = rows_;
  view.data = values_ == nullptr ? nullptr : values_->data;
  view.ends = fixed() || ends_ == nullptr ? nullptr : ends();
  view.valid = valid();
  return view;
}

}  // namespace elanus::segment
