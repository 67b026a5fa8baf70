// WriteSegment: a MergePlan, carried out column by column.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/crash_point.h"
#include "segment/blooms.h"
#include "segment/column_stats.h"
#include "segment/made_values.h"
#include "segment/merge_plan.h"
#include "segment/norms.h"
#include "segment/path_columns.h"
#include "segment/sealed_segment.h"
#include "segment/segment_writer.h"
#include "segment/zones.h"

namespace elanus::segment {
namespace {

constexpr size_t kCheckRows = 4096;  // how often a cancelled context is noticed
// Fewer documents than this are read quickly enough as they are.
constexpr size_t kPathRowsMin = 1024;
constexpr size_t kCensusRows = 4096;

template <typename T>
std::string_view BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

class ColumnWriter {
 public:
  ColumnWriter(const Context& context, std::span<const MergeInput> inputs, const MergePlan& plan,
               const Schema& schema, SegmentWriter* writer)
      : context_(context), inputs_(inputs), plan_(plan), schema_(schema), writer_(*writer) {}

  Result<ColumnFooter> Write(const Field& field) {
    readers_ = TRY(OpenReaders(field));
    return WriteValues(field);
  }

  // The paths of a JSON field that are worth it, each as a column with the next id after `last`.
  Status WritePaths(const Field& json, FieldId* last, std::vector<PathColumn>* paths,
                    std::vector<ColumnFooter>* footers) {
    if (plan_.rows.size() < kPathRowsMin) return {};
    for (const PathCensus::Path& path : TRY(TakeCensus(json)).Take()) {
      bool exact = true;
      readers_ = TRY(OpenReaders(json));
      for (auto& reader : readers_)
        reader = std::make_unique<PathValues>(std::move(reader), path, &exact);
      Field field;
      field.id = *last = FieldId(last->value + 1);
      field.type = path.type;
      ColumnFooter footer = TRY(WriteValues(field));
      if (!exact) continue;  // its sections belong to nothing
      paths->push_back({json.id, path.keys, path.type, field.id});
      footers->push_back(std::move(footer));
    }
    return {};
  }

 private:
  using Readers = std::vector<std::unique_ptr<ValueReader>>;  // one an input

  Result<Readers> OpenReaders(const Field& field) {
    Readers readers;
    for (const MergeInput& input : inputs_) {
      readers.push_back(field.made && !input.segment->Has(field.id)
                            ? TRY(MakeMadeValues(*input.segment, schema_, field))
                            : TRY(input.segment->ReadValues(field)));
    }
    return readers;
  }

  Result<PathCensus> TakeCensus(const Field& json) {
    const Readers documents = TRY(OpenReaders(json));
    PathCensus census;
    for (size_t i = 0; i < plan_.rows.size(); i += 1 + plan_.rows.size() / kCensusRows) {
      const RowRef& ref = plan_.rows[i];
      if (const auto document = documents[ref.input]->At(ref.row)) census.Add(*document);
    }
    return census;
  }

  Result<ColumnFooter> WriteValues(const Field& field) {
    valid_.assign(plan_.rows.size(), 1);
    any_null_ = false;
    StatsBuilder stats(field.type);
    zones_.emplace(field.type);
    blooms_.emplace(field.type);
    if (WidthOf(field.type, field.dim) != 0) {
      TRY(WriteFixed(field, &stats));
    } else {
      TRY(WriteVariable(field, &stats));
    }
    if (any_null_) TRY(writer_.Write(field.id, SectionKind::kValid, BytesOf(valid_)));
    TRY(writer_.Write(field.id, SectionKind::kZones,
                      BytesOf(std::move(*zones_).Take(plan_.rows.size()))));
    TRY(writer_.Write(field.id, SectionKind::kBlooms, std::move(*blooms_).Take(plan_.rows.size())));
    return ColumnFooter{field.id, field.type, field.dim, stats.Finish()};
  }

  // The value of the i-th row, noted in the statistics; nullopt: null.
  std::optional<std::string_view> Next(size_t i, StatsBuilder* stats) {
    const RowRef& ref = plan_.rows[i];
    const auto value = readers_[ref.input]->At(ref.row);
    if (value) {
      stats->Add(*value);
      zones_->Add(i, *value);
      blooms_->Add(i, *value);
    } else {
      stats->AddNull();
      valid_[i] = 0;
      any_null_ = true;
    }
    return value;
  }

  Status WriteFixed(const Field& field, StatsBuilder* stats) {
    const std::string zeros(WidthOf(field.type, field.dim), '\0');
    std::optional<InverseNorms> norms;
    if (HasNorms(field.type)) norms.emplace(field.type, field.dim);
    std::vector<float> inverse_norms(norms ? plan_.rows.size() : 0);
    writer_.Begin(field.id, SectionKind::kValues);
    for (size_t i = 0; i < plan_.rows.size(); ++i) {
      if (i % kCheckRows == 0) TRY(context_.Check());
      const std::string_view value = Next(i, stats).value_or(zeros);
      if (norms) inverse_norms[i] = norms->Of(value.data());
      TRY(writer_.Append(value));
    }
    TRY(writer_.End());
    return writer_.Write(field.id, SectionKind::kNorms, BytesOf(inverse_norms));
  }

  Status WriteVariable(const Field& field, StatsBuilder* stats) {
    std::vector<uint64_t> ends;
    ends.reserve(plan_.rows.size());
    uint64_t end = 0;
    writer_.Begin(field.id, SectionKind::kValues);
    for (size_t i = 0; i < plan_.rows.size(); ++i) {
      if (i % kCheckRows == 0) TRY(context_.Check());
      if (const auto value = Next(i, stats)) {
        TRY(writer_.Append(*value));
        end += value->size();
      }
      ends.push_back(end);
    }
    TRY(writer_.End());
    return writer_.Write(field.id, SectionKind::kEnds, BytesOf(ends));
  }

  const Context& context_;
  const std::span<const MergeInput> inputs_;
  const MergePlan& plan_;
  const Schema& schema_;
  SegmentWriter& writer_;
  Readers readers_;
  std::vector<uint8_t> valid_;
  std::optional<ZoneBuilder> zones_;
  std::optional<BloomBuilder> blooms_;
  bool any_null_ = false;
};

Status WriteTimes(std::span<const MergeInput> inputs, const MergePlan& plan, SegmentWriter* writer,
                  SegmentFooter* footer) {
  std::vector<uint64_t> times;
  times.reserve(plan.rows.size());
  for (const RowRef& ref : plan.rows)
    times.push_back(inputs[ref.input].segment->InsertedAt(ref.row));
  std::vector<uint64_t> distinct = times;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  footer->min_ts = distinct.front();
  footer->max_ts = distinct.back();
  footer->distinct_times = static_cast<uint32_t>(distinct.size());
  for (uint64_t& ts : times) {
    ts = static_cast<uint64_t>(std::lower_bound(distinct.begin(), distinct.end(), ts) -
                               distinct.begin());
  }
  for (uint64_t& ts : distinct) ts -= footer->min_ts;
  TRY(writer->Write(kTimestampField, SectionKind::kTimes,
                    BytesOf(PackBits(distinct, BitsFor(footer->max_ts - footer->min_ts)))));
  return writer->Write(kTimestampField, SectionKind::kTimeIndex,
                       BytesOf(PackBits(times, BitsFor(distinct.size() - 1))));
}

Result<meta::SegmentMeta> WriteFile(const Context& context, io::FileSystem* fs,
                                    const std::string& path, SegmentId id, const Schema& schema,
                                    std::span<const MergeInput> inputs, const MergePlan& plan) {
  auto writer = TRY(SegmentWriter::Create(fs, path));
  SegmentFooter footer;
  footer.id = id;
  footer.rows = static_cast<uint32_t>(plan.rows.size());
  footer.partitions = plan.partitions;
  TRY(WriteTimes(inputs, plan, writer.get(), &footer));
  ColumnWriter columns(context, inputs, plan, schema, writer.get());
  for (const Field& field : schema.fields) footer.columns.push_back(TRY(columns.Write(field)));
  std::vector<PathColumn> paths;
  FieldId last = kPathTable;
  for (const Field& field : schema.fields) {
    if (field.type == DataType::kJson)
      TRY(columns.WritePaths(field, &last, &paths, &footer.columns));
  }
  if (!paths.empty()) {
    std::string table;
    EncodePaths(paths, &table);
    TRY(writer->Write(kPathTable, SectionKind::kPaths, table));
  }
  for (const MergeInput& input : inputs) TRY(input.segment->damage());

  meta::SegmentMeta meta;
  meta.id = id;
  meta.rows = footer.rows;
  meta.min_ts = footer.min_ts;
  meta.max_ts = footer.max_ts;
  meta.partitions = plan.partitions;
  meta.bytes = TRY(writer->Finish(std::move(footer)));
  return meta;
}

}  // namespace

Result<WrittenSegment> WriteSegment(const Context& context, io::FileSystem* fs,
                                    const std::string& path, SegmentId id, const Schema& schema,
                                    std::span<const MergeInput> inputs,
                                    std::span<const PartitionId> partitions, Timestamp floor) {
  MergePlan plan = TRY(PlanMerge(context, schema.primary(), inputs, partitions, floor));
  WrittenSegment written;
  written.meta.id = id;
  written.live = LiveTable::AllLive()->End(std::move(plan.ended), floor);
  if (!plan.rows.empty()) {
    const std::string temporary = path + ".tmp";
    auto meta = WriteFile(context, fs, temporary, id, schema, inputs, plan);
    Status status = meta.status();
    if (status.ok()) status = fs->Rename(temporary, path);
    if (!status.ok()) {
      (void)fs->Remove(temporary);  // the error that matters is the first
      return status;
    }
    CrashHere(CrashPoint::kSegmentRenamed);
    written.meta = std::move(meta).take();
  }
  written.row_maps = std::move(plan.row_maps);
  return written;
}

}  // namespace elanus::segment
