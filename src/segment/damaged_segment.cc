#include "segment/damaged_segment.h"

#include <map>
#include <utility>

#include "segment/row_origin.h"
#include "segment/sealed_source.h"

namespace elanus::segment {
namespace {

class DamagedSegment final : public SealedSegment {
 public:
  DamagedSegment(meta::SegmentMeta meta, Status damage)
      : meta_(std::move(meta)), damage_(std::move(damage)) {}

  size_t rows() const override { return meta_.rows; }
  uint64_t file_bytes() const override { return meta_.bytes; }
  uint64_t memory_bytes() const override { return sizeof *this; }
  Status damage() const override { return damage_; }
  bool Has(FieldId) const override { return false; }

  Status Search(const Context&, const VectorSearch&, size_t, const RowMask&, const IndexSet*,
                std::vector<std::vector<Hit>>*) const override {
    return damage_;
  }
  Status Fetch(const Field&, std::span<const uint32_t>, Column*) const override { return damage_; }
  Result<std::unique_ptr<ValueReader>> ReadValues(const Field&) const override { return damage_; }
  Result<index::VectorView> Vectors(const Field&, Metric) const override { return damage_; }
  Result<index::ScalarView> Scalars(const Field&) const override { return damage_; }
  Result<index::VectorView> LendVectors(const Field&) const override { return damage_; }
  Result<index::ScalarView> LendScalars(const Field&) const override { return damage_; }

  Status CountTerms(FieldId, size_t, const LiveTable&, const IndexSet*,
                    TermTotals*) const override {
    return damage_;
  }

  // The rest answers as if there were no rows; callers ask damage() afterwards.
  std::unique_ptr<expr::Source> MakeSource(const Schema& schema, size_t rows,
                                           const IndexSet*) const override {
    return std::make_unique<SealedSource>(columns_, paths_, schema, rows, nullptr,
                                          KeyFinder{schema.primary().id, [](const auto&, auto&) {}},
                                          [](const Status&) {});
  }
  void FindKeys(const Column&, std::span<const PartitionId>,
                const std::function<void(size_t, uint32_t)>&) const override {}
  size_t RowsInsertedBefore(Timestamp) const override { return 0; }
  size_t RowsUpTo(const Field&, int64_t) const override { return 0; }
  bool MayHoldUpTo(const Field&, int64_t) const override { return false; }
  Timestamp InsertedAt(uint32_t) const override { return meta_.max_ts; }
  Timestamp max_ts(size_t) const override { return meta_.max_ts; }
  bool MaskInsertedAfter(Timestamp, size_t, Bitmap*) const override { return false; }

  PartitionId PartitionOf(uint32_t row) const override {
    return PartitionAt(meta_.partitions, row);
  }
  void MaskPartitions(std::span<const PartitionId> partitions, size_t rows,
                      Bitmap* allowed) const override {
    KeepPartitions(meta_.partitions, partitions, rows, allowed);
  }

 private:
  const meta::SegmentMeta meta_;
  const Status damage_;
  const std::map<FieldId, SealedColumn> columns_;  // none
  const std::vector<PathColumn> paths_;            // none
};

}  // namespace

std::shared_ptr<SealedSegment> MakeDamagedSegment(const meta::SegmentMeta& meta, Status damage) {
  return std::make_shared<DamagedSegment>(meta, std::move(damage));
}

}  // namespace elanus::segment
