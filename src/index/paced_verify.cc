#include "index/paced_verify.h"

#include <algorithm>

#include "base/crc32c.h"

namespace elanus::index {

Result<bool> PacedVerify::Step(size_t max) {
  if (!blob_) {
    blob_ = TRY(Blob::Open(bytes_));
    TRY(blob_->VerifyChecksums());
  }
  for (; section_ < blob_->sections(); ++section_, offset_ = 0, crc_ = 0) {
    const std::string_view bytes = blob_->Section(section_);
    const size_t length = std::min(max, bytes.size() - offset_);
    crc_ = Crc32c(bytes.substr(offset_, length), crc_);
    offset_ += length;
    max -= length;
    if (offset_ < bytes.size()) return false;
    if (crc_ != TRY(blob_->ChecksumOf(section_))) return Blob::SectionDamaged(section_);
  }
  return true;
}

}  // namespace elanus::index
