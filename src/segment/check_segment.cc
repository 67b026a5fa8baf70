#include "segment/sealed_segment.h"
#include "segment/segment_file.h"

namespace elanus::segment {

Result<SegmentCheck> CheckSegmentFile(io::FileSystem* fs, const std::string& path) {
  const auto file = TRY(SegmentFile::Open(fs, path));
  SegmentCheck check{file->footer().id, file->footer().rows, file->bytes(), {}};
  for (const Section& section : file->footer().sections) {
    const SegmentFile::Blocks* blocks = file->Find(section.field, section.kind);
    if (Status status = blocks->CheckAll(); !status.ok()) check.damage.push_back(std::move(status));
  }
  return check;
}

}  // namespace elanus::segment
