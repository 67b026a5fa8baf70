// elanus_ann: src/index for Python, one call a search, as the peers' own bindings are.
//
//   build(column, type, metric, params, threads, path)   writes an index file
//   index = Index(column, type, metric, path, mapped)    opens it; FLAT needs no path
//   index.prepare(k, {"ef": 64}); index.allow(mask)      what the next searches use
//   rows, distances = index.search(query)                one query (dim,) or many (n, dim)
//
// A column is a numpy array: float32, float16, int8 or uint8 (bits) of rows x dim, or a tuple
// (indptr, indices, data) in CSR form. It is borrowed: the Index keeps it alive.
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/check.h"
#include "index/array.h"
#include "index/distance.h"
#include "index/vector_index.h"
#include "simd/kernels.h"

namespace py = pybind11;

namespace elanus::bench {
namespace {

DataType TypeOf(const py::dtype& dtype) {
  switch (dtype.kind()) {
    case 'f':
      if (dtype.itemsize() == 4) return DataType::kFloatVector;
      if (dtype.itemsize() == 2) return DataType::kFloat16Vector;
      break;
    case 'i':
      if (dtype.itemsize() == 1) return DataType::kInt8Vector;
      break;
    case 'u':
      if (dtype.itemsize() == 1) return DataType::kBinaryVector;
      break;
    default:
      break;
  }
  throw std::invalid_argument("a column is float32, float16, int8 or uint8");
}

// Rows of pairs (uint32 index, float32 value), as a segment stores them.
struct SparseRows {
  std::string bytes;
  std::vector<uint64_t> ends;

  explicit SparseRows(const py::tuple& csr) {
    const auto starts = csr[0].cast<py::array_t<int64_t, py::array::forcecast>>();
    const auto indices = csr[1].cast<py::array_t<uint32_t, py::array::forcecast>>();
    const auto values = csr[2].cast<py::array_t<float, py::array::forcecast>>();
    const auto rows = static_cast<size_t>(starts.size()) - 1;
    bytes.resize(static_cast<size_t>(values.size()) * 8);
    for (py::ssize_t i = 0; i < values.size(); ++i) {
      std::memcpy(bytes.data() + i * 8, indices.data(i), 4);
      std::memcpy(bytes.data() + i * 8 + 4, values.data(i), 4);
    }
    for (size_t r = 0; r < rows; ++r) {
      ends.push_back(static_cast<uint64_t>(starts.at(static_cast<py::ssize_t>(r) + 1)) * 8);
    }
  }
  std::string Row(size_t r) const {
    const uint64_t begin = r == 0 ? 0 : ends[r - 1];
    return bytes.substr(begin, ends[r] - begin);
  }
};

// The view of a Python column, and what it needs beside it.
class Column {
 public:
  Column(const py::object& column, Metric metric) : kept_(column) {
    if (py::isinstance<py::tuple>(column)) {
      sparse_.emplace(column.cast<py::tuple>());
      view.type = DataType::kSparseFloatVector;
      view.rows = sparse_->ends.size();
      view.data = reinterpret_cast<const std::byte*>(sparse_->bytes.data());
      view.ends = sparse_->ends.data();
      return;
    }
    const auto array = column.cast<py::array>();
    if (array.ndim() != 2 || !(array.flags() & py::array::c_style)) {
      throw std::invalid_argument("a column is a C-ordered array of rows x dim");
    }
    view.type = TypeOf(array.dtype());
    view.dim = array.shape(1) * (view.type == DataType::kBinaryVector ? 8 : 1);
    view.rows = static_cast<size_t>(array.shape(0));
    view.data = static_cast<const std::byte*>(array.data());
    view.stride = WidthOf(view.type, view.dim);
    if (metric == Metric::kCosine) {
      norms_ = index::InverseNorms(view);
      view.inverse_norms = norms_.data();
    }
  }
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  index::VectorView view;

 private:
  py::object kept_;
  std::optional<SparseRows> sparse_;
  std::vector<float> norms_;
};

// The bytes of a file: mapped, or read into memory on huge pages.
class FileBytes {
 public:
  FileBytes(const std::string& path, bool mapped) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || ::fstat(fd, &info) != 0) throw std::runtime_error("cannot read " + path);
    size_ = static_cast<size_t>(info.st_size);
    if (mapped) {
      void* at = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
      if (at != MAP_FAILED) map_ = static_cast<const char*>(at);
    } else {
      copy_ = index::Array<char>(size_);
      for (size_t done = 0; done < size_;) {
        const ssize_t n = ::read(fd, copy_.data() + done, size_ - done);
        if (n <= 0) break;
        done += static_cast<size_t>(n);
      }
    }
    ::close(fd);
    if (mapped && map_ == nullptr) throw std::runtime_error("cannot map " + path);
  }
  ~FileBytes() {
    if (map_ != nullptr) ::munmap(const_cast<char*>(map_), size_);
  }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  std::string_view view() const { return {map_ != nullptr ? map_ : copy_.data(), size_}; }

 private:
  const char* map_ = nullptr;
  index::Array<char> copy_;
  size_t size_ = 0;
};

Properties ToProperties(const py::dict& params) {
  Properties out;
  for (const auto& [key, value] : params) {
    out.emplace_back(py::str(key).cast<std::string>(), py::str(value).cast<std::string>());
  }
  return out;
}

void Build(const py::object& column, const std::string& type, const std::string& metric_name,
           const py::dict& params, int threads, const std::string& path) {
  const Metric metric = Check(MetricFromName(metric_name));
  const Column held(column, metric);
  const index::BuildSpec spec{type, metric, ToProperties(params)};
  Field field;
  field.name = "vector";
  field.type = held.view.type;
  field.dim = held.view.dim;
  Check(index::CheckBuildParams(field, type, metric, spec.params));
  std::ofstream file(path, std::ios::binary);
  const Context context;
  const py::gil_scoped_release released;
  Check(index::Build(
      context, held.view, spec, threads, [](double) {},
      [&](std::string_view piece) -> Status {
        file.write(piece.data(), static_cast<std::streamsize>(piece.size()));
        return {};
      }));
  file.close();
  if (!file.good()) throw std::runtime_error("cannot write " + path);
}

class Index {
 public:
  Index(const py::object& column, const std::string& type, const std::string& metric_name,
        const std::optional<std::string>& path, bool mapped)
      : metric_(Check(MetricFromName(metric_name))), column_(column, metric_), asked_type_(type) {
    if (!path) {
      index_ = index::MakeFlat(column_.view, metric_);
    } else {
      file_.emplace(*path, mapped);
      index_ = Check(index::Open(file_->view(), column_.view));
    }
  }

  void Prepare(int64_t k, const py::dict& params) {
    Field field;
    field.name = "vector";
    field.type = column_.view.type;
    field.dim = column_.view.dim;
    std::vector<std::pair<std::string, Value>> values;
    for (const auto& [key, value] : params) {
      if (py::isinstance<py::float_>(value)) {
        values.emplace_back(py::str(key).cast<std::string>(), Value(value.cast<double>()));
      } else {
        values.emplace_back(py::str(key).cast<std::string>(), Value(value.cast<int64_t>()));
      }
    }
    params_ = Check(index::CheckSearchParams(asked_type_, field, k, values));
    k_ = static_cast<size_t>(k);
  }

  void Allow(const py::object& mask) {
    mask_.reset();
    if (mask.is_none()) return;
    const auto rows = mask.cast<py::array_t<bool, py::array::c_style | py::array::forcecast>>();
    if (static_cast<size_t>(rows.size()) != column_.view.rows) {
      throw std::invalid_argument("a mask has a value for each row");
    }
    bits_ = Bitmap(column_.view.rows);
    for (size_t r = 0; r < column_.view.rows; ++r) {
      bits_.Assign(r, rows.data()[r]);
    }
    mask_.emplace(bits_);
  }

  py::tuple Search(const py::object& queries) {
    index::Queries given;
    given.type = column_.view.type;
    given.dim = column_.view.dim;
    std::vector<std::string> sparse;
    bool one = false;
    py::array held;
    if (given.type == DataType::kSparseFloatVector) {
      const SparseRows rows(queries.cast<py::tuple>());
      for (size_t r = 0; r < rows.ends.size(); ++r) sparse.push_back(rows.Row(r));
      given.count = sparse.size();
      given.sparse = &sparse;
    } else {
      held = queries.cast<py::array>();
      one = held.ndim() == 1;
      const py::ssize_t width = held.ndim() == 0 ? 0 : held.shape(held.ndim() - 1);
      if (held.ndim() > 2 || !(held.flags() & py::array::c_style) ||
          static_cast<size_t>(width * held.itemsize()) != column_.view.stride) {
        throw std::invalid_argument("queries have the column's type and dim, in C order");
      }
      given.count = one ? 1 : static_cast<size_t>(held.shape(0));
      given.data = static_cast<const std::byte*>(held.data());
    }
    const RowMask allowed = mask_ ? mask_->mask() : RowMask();
    {
      const py::gil_scoped_release released;
      Check(index_->Search(context_, given, k_, params_, allowed, &hits_));
    }
    const auto n = static_cast<py::ssize_t>(given.count);
    const auto k = static_cast<py::ssize_t>(k_);
    std::vector<py::ssize_t> shape = {n, k};
    if (one) shape.erase(shape.begin());
    py::array_t<int64_t> rows(shape);
    py::array_t<float> distances(shape);
    int64_t* row = rows.mutable_data();
    float* distance = distances.mutable_data();
    for (size_t q = 0; q < given.count; ++q) {
      for (size_t i = 0; i < k_; ++i, ++row, ++distance) {
        const bool found = i < hits_[q].size();
        *row = found ? static_cast<int64_t>(hits_[q][i].row) : -1;
        *distance = found ? hits_[q][i].distance : 0;
      }
    }
    return py::make_tuple(std::move(rows), std::move(distances));
  }

  size_t memory_bytes() const { return index_->memory_bytes(); }
  std::string type() const { return std::string(index_->type()); }

 private:
  Metric metric_;
  Column column_;
  std::string asked_type_;
  std::optional<FileBytes> file_;
  std::unique_ptr<index::VectorIndex> index_;
  index::SearchParams params_;
  size_t k_ = 10;
  Bitmap bits_;
  std::optional<BitmapMask> mask_;
  const Context context_;
  std::vector<std::vector<Hit>> hits_;
};

}  // namespace

PYBIND11_MODULE(elanus_ann, m) {
  m.def("build", &Build, py::arg("column"), py::arg("type"), py::arg("metric"), py::arg("params"),
        py::arg("threads"), py::arg("path"));
  m.def("simd_level", [] { return std::string(simd::Get().level); });
  py::class_<Index>(m, "Index")
      .def(py::init<const py::object&, const std::string&, const std::string&,
                    const std::optional<std::string>&, bool>(),
           py::arg("column"), py::arg("type"), py::arg("metric"), py::arg("path") = py::none(),
           py::arg("mapped") = false)
      .def("prepare", &Index::Prepare, py::arg("k"), py::arg("params"))
      .def("allow", &Index::Allow, py::arg("mask"))
      .def("search", &Index::Search, py::arg("queries"))
      .def_property_readonly("memory_bytes", &Index::memory_bytes)
      .def_property_readonly("type", &Index::type);
}

}  // namespace elanus::bench
