// SegmentWriter: writes a segment file front to back: sections, then the footer. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/file_system.h"
#include "segment/segment_format.h"

namespace elanus::segment {

class SegmentWriter {
 public:
  // `path` must not be read before Finish returned OK.
  static Result<std::unique_ptr<SegmentWriter>> Create(io::FileSystem* fs, const std::string& path);

  void Begin(FieldId field, SectionKind kind);
  Status Append(std::string_view bytes);
  Status End();  // a section without bytes is left out
  Status Write(FieldId field, SectionKind kind, std::string_view bytes);  // all at once

  // Adds the sections to `footer`, writes it; the file is durable (not its name). Gives its size.
  Result<uint64_t> Finish(SegmentFooter footer);

 private:
  explicit SegmentWriter(std::unique_ptr<io::WritableFile> file);
  size_t BlockSize() const { return pending_.size() - block_begin_; }
  void FinishBlock();
  Status Flush();

  std::unique_ptr<io::WritableFile> file_;
  std::string pending_;     // not yet in the file; its last bytes may be a block in the making
  size_t block_begin_ = 0;  // of that block, in pending_
  std::vector<Section> sections_;
};

}  // namespace elanus::segment
