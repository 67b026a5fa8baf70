// elanus_filter: filters over one sealed segment, for Python.
//
//   table = Table(numbers, folder)      makes the columns of row i from numbers[i] (see kColumns),
//   as
//                                       bench/filter/__main__.py tells DuckDB to, and seals them
//   table.index("a", {"type": "NGRAM", ...})  an index of that column, declared as clients do,
//                                       used from now on; CPU seconds and bytes
//   table.serve(["a"])                  a shard over the segment, with indexes on these columns
//   seconds, rows = table.query("a < 5", group=["i"], aggregates=[("sum", "a")], order=[("a",
//   True)],
//                               limit=100, count=False, output=["s"])
//   seconds, passed = table.run("a < 5", {"list": [1, 2]})   CPU time of one evaluation, rows
#include <ctime>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bench/check.h"
#include "expr/field_path.h"
#include "expr/filter.h"
#include "index/scalar_index.h"
#include "io/posix/posix_file_system.h"
#include "model/json.h"
#include "segment/growing_segment.h"
#include "segment/sealed_segment.h"
#include "served.h"

namespace py = pybind11;

namespace elanus::bench {
namespace {

constexpr size_t kBatchRows = 1 << 16;
const PartitionId kPartition(1);
constexpr std::pair<const char*, DataType> kColumns[] = {
    {"id", DataType::kInt64},  {"a", DataType::kInt64},  {"i", DataType::kInt32},
    {"f", DataType::kFloat},   {"d", DataType::kDouble}, {"b", DataType::kBool},
    {"s", DataType::kVarChar}, {"js", DataType::kJson},  {"k", DataType::kInt32},
};

Value ToValue(const py::handle& value) {
  if (py::isinstance<py::str>(value)) return Value(value.cast<std::string>());
  if (py::isinstance<py::float_>(value)) return Value(value.cast<double>());
  if (py::isinstance<py::int_>(value)) return Value(value.cast<int64_t>());
  Value::Array values;
  for (const py::handle& one : value) values.push_back(ToValue(one));
  return Value(std::move(values));
}

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

class Table {
 public:
  Table(const py::array_t<int64_t>& numbers, const std::string& folder) {
    for (const auto& [name, type] : kColumns) {
      Field& field = schema_.fields.emplace_back();
      field.id = FieldId(100 + static_cast<int64_t>(schema_.fields.size()));
      field.name = name;
      field.type = type;
      field.primary = schema_.fields.size() == 1;
    }
    auto growing = segment::GrowingSegment::Make(schema_, nullptr);
    const auto rows = static_cast<size_t>(numbers.size());
    for (size_t first = 0; first < rows; first += kBatchRows) {
      growing->Append(MakeBatch(numbers, first, std::min(rows, first + kBatchRows)),
                      {&kPartition, 1}, 1);
    }
    std::filesystem::create_directories(folder);
    folder_ = folder;
    std::filesystem::create_directories(folder + "/1");
    const std::string path = folder + "/1/1.seg";
    const segment::MergeInput input{growing, rows, nullptr};
    written_ = Check(segment::WriteSegment(Context(), fs_.get(), path, SegmentId(1), schema_,
                                           {&input, 1}, {&kPartition, 1}, 2));
    sealed_ = Check(segment::SealedSegment::Open(fs_.get(), path, written_.meta, schema_));
  }

  void Serve(const std::vector<std::string>& indexed) {
    std::vector<FieldId> fields;
    for (const std::string& name : indexed) fields.push_back(schema_.Find(name)->id);
    served_.reset();  // its log is locked
    served_ = Check(Served::Open(fs_.get(), folder_, schema_, written_.meta, fields));
  }

  std::pair<double, size_t> Query(
      const std::string& filter, const std::vector<std::string>& group,
      const std::vector<std::pair<std::string, std::string>>& aggregates,
      const std::vector<std::pair<std::string, bool>>& order, int64_t limit, bool count,
      const std::vector<std::string>& output) const {
    const double begun = CpuSeconds();
    roles::QueryRequest request;
    request.collection = served_->collection();
    request.filter = Check(expr::Compile(filter, schema_, {}));
    request.count_only = count;
    request.limit = limit;
    for (const std::string& name : output) request.output.push_back(schema_.Find(name)->id);
    for (const auto& [name, ascending] : order)
      request.order.push_back({schema_.Find(name)->id, ascending});
    if (!group.empty()) {
      request.groups.emplace();
      request.groups->max = 1 << 20;
      for (const std::string& name : group) {
        const Field& field = *schema_.Find(name);
        request.groups->keys.push_back({field.id, field.type});
      }
      for (const auto& [op, name] : aggregates) {
        const Field& field = *schema_.Find(name);
        const auto kind = op == "sum"   ? query::AggregateOp::kSum
                          : op == "min" ? query::AggregateOp::kMin
                          : op == "max" ? query::AggregateOp::kMax
                                        : query::AggregateOp::kCount;
        request.groups->aggregates.push_back({kind, field.id, field.type});
      }
    }
    const roles::QueryResult result = Check(served_->Query(request));
    const double seconds = CpuSeconds() - begun;
    return {seconds, count ? static_cast<size_t>(result.count) : result.rows.rows};
  }

  std::pair<double, size_t> MakeIndex(const std::string& name,
                                      const std::map<std::string, std::string>& params) {
    const Field& field = *schema_.Find(name);
    IndexInfo info;
    info.type = params.contains("type") ? params.at("type") : "AUTOINDEX";
    info.params.assign(params.begin(), params.end());
    std::vector<std::string> path;
    if (const std::string* text = info.Param("json_path"))
      path = Check(expr::ParseFieldPath(*text, schema_)).keys;
    const auto spec = index::ResolveScalarSpec(field, info, path);
    if (!spec) throw std::runtime_error("no such index on " + name);
    const index::ScalarView column = Check(sealed_->Scalars(field));
    const double begun = CpuSeconds();
    std::string& bytes = files_.emplace_back();
    Check(index::BuildScalar(column, *spec, [&](std::string_view piece) {
      bytes.append(piece);
      return Status();
    }));
    const double seconds = CpuSeconds() - begun;
    const auto id = IndexId(static_cast<int64_t>(files_.size()));
    indexes_.scalars[id] = {field.id, Check(index::OpenScalar(bytes, column))};
    return {seconds, bytes.size()};
  }
  void DropIndexes() {
    indexes_.scalars.clear();
    files_.clear();
  }

  std::pair<double, size_t> Run(const std::string& text, const py::dict& templates) const {
    expr::TemplateValues values;
    for (const auto& [name, value] : templates) values[name.cast<std::string>()] = ToValue(value);
    const auto filter = Check(expr::Compile(text, schema_, values));
    const py::gil_scoped_release released;
    const double begun = CpuSeconds();
    const auto source = sealed_->MakeSource(schema_, sealed_->rows(), &indexes_);
    Bitmap passed;
    Check(filter->Evaluate(Context(), *source, &passed));
    const size_t count = passed.Count();
    const double seconds = CpuSeconds() - begun;
    Check(sealed_->damage());
    return {seconds, count};
  }

 private:
  Batch MakeBatch(const py::array_t<int64_t>& numbers, size_t begin, size_t end) const {
    Batch batch;
    batch.rows = end - begin;
    for (const Field& field : schema_.fields) batch.columns.emplace_back(field.id, field.type);
    std::vector<Column>& columns = batch.columns;
    for (size_t row = begin; row < end; ++row) {
      const int64_t r = numbers.at(static_cast<py::ssize_t>(row));
      columns[0].Append(static_cast<int64_t>(row));
      columns[1].Append(r % 100'000'000);
      columns[2].Append(static_cast<int32_t>(r % 1000));
      columns[3].Append(static_cast<float>(r % 1000) / 1000);
      columns[4].Append(static_cast<double>(r % 100'000) / 1000);
      columns[5].Append(static_cast<uint8_t>(r % 3 == 0));
      columns[6].AppendString("the title of document " + std::to_string(r % 1'000'000) +
                              " in a library");
      columns[7].AppendString(Check(
          EncodeJson(R"({"color": "red", "price": )" + std::to_string(r % 100) +
                     R"(, "tags": ["a)" + std::to_string(r % 7) + R"(", "b"], "stock": 17})")));
      columns[8].Append(static_cast<int32_t>(r % 10'000));
    }
    return batch;
  }

  Schema schema_;
  std::unique_ptr<io::FileSystem> fs_ = io::NewPosixFileSystem();
  std::string folder_;
  segment::WrittenSegment written_;
  std::shared_ptr<segment::SealedSegment> sealed_;
  std::unique_ptr<Served> served_;
  std::list<std::string> files_;
  segment::IndexSet indexes_;
};

}  // namespace
}  // namespace elanus::bench

PYBIND11_MODULE(elanus_filter, module) {
  using elanus::bench::Table;
  py::class_<Table>(module, "Table")
      .def(py::init<py::array_t<int64_t>, std::string>())
      .def("index", &Table::MakeIndex, py::arg("field"),
           py::arg("params") = std::map<std::string, std::string>())
      .def("drop_indexes", &Table::DropIndexes)
      .def("serve", &Table::Serve)
      .def("query", &Table::Query, py::arg("filter"), py::arg("group") = std::vector<std::string>(),
           py::arg("aggregates") = std::vector<std::pair<std::string, std::string>>(),
           py::arg("order") = std::vector<std::pair<std::string, bool>>(), py::arg("limit") = -1,
           py::arg("count") = false, py::arg("output") = std::vector<std::string>())
      .def("run", &Table::Run, py::arg("text"), py::arg("templates") = py::dict());
}
