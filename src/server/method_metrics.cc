#include "server/method_metrics.h"

#include <atomic>
#include <mutex>
#include <utility>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace elanus::server {
namespace {

const std::string kNode = "1";
constexpr std::string_view kDefaultDatabase = "default";

// Rises when a collection is dropped: cells kept elsewhere may no longer be that collection's.
std::atomic<uint64_t> drops{0};

using Labels = std::vector<std::string>;
const Labels kReadLabels = {"node_id", "query_type", "db_name", "collection_name"};
const Labels kWriteLabels = {"node_id", "msg_type", "db_name", "collection_name"};
const Labels kCollectionLabels = {"node_id", "db_name", "collection_name"};

MetricFamily<Counter>& Requests() {
  static MetricFamily<Counter> family(
      "milvus_proxy_req_count", "Requests by outcome; total counts them all.",
      {"node_id", "function_name", "status", "db_name", "collection_name"});
  return family;
}
MetricFamily<Histogram>& Latency() {
  static MetricFamily<Histogram> family("milvus_proxy_req_latency", "Time to answer, in ms.",
                                        {"node_id", "function_name"});
  return family;
}
MetricFamily<Histogram>& ReadLatency() {
  static MetricFamily<Histogram> family("milvus_proxy_sq_latency",
                                        "Time to answer a search or query, in ms.", kReadLabels);
  return family;
}
MetricFamily<Histogram>& OldReadLatency() {
  static MetricFamily<Histogram> family("milvus_proxy_search_latency",
                                        "As milvus_proxy_sq_latency, under its older name.",
                                        {"node_id", "query_type"});
  return family;
}
MetricFamily<Histogram>& WriteLatency() {
  static MetricFamily<Histogram> family("milvus_proxy_mutation_latency",
                                        "Time to answer a write, in ms.", kWriteLabels);
  return family;
}
MetricFamily<Counter>& SearchVectors() {
  static MetricFamily<Counter> family("milvus_proxy_search_vectors_count", "Vectors searched with.",
                                      kCollectionLabels);
  return family;
}
MetricFamily<Counter>& InsertVectors() {
  static MetricFamily<Counter> family("milvus_proxy_insert_vectors_count", "Rows inserted.",
                                      kCollectionLabels);
  return family;
}
MetricFamily<Counter>& UpsertVectors() {
  static MetricFamily<Counter> family("milvus_proxy_upsert_vectors_count", "Rows upserted.",
                                      kCollectionLabels);
  return family;
}
MetricFamily<Counter>& DeleteVectors() {
  static MetricFamily<Counter> family("milvus_proxy_delete_vectors_count", "Rows deleted.",
                                      kCollectionLabels);
  return family;
}

void ForgetCollection(std::string_view collection) {
  Requests().Remove("collection_name", collection);
  ReadLatency().Remove("collection_name", collection);
  WriteLatency().Remove("collection_name", collection);
  for (auto* family : {&SearchVectors(), &InsertVectors(), &UpsertVectors(), &DeleteVectors()}) {
    family->Remove("collection_name", collection);
  }
  drops.fetch_add(1);
}

const google::protobuf::FieldDescriptor* StringField(const google::protobuf::Descriptor& message,
                                                     const char* name) {
  const auto* field = message.FindFieldByName(name);
  const bool fits = field != nullptr && !field->is_repeated() &&
                    field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING;
  return fits ? field : nullptr;
}

std::string_view Read(const Message& message, const google::protobuf::FieldDescriptor* field) {
  static const std::string kNone;
  if (field == nullptr) return {};
  std::string scratch;  // untouched: plain strings are referred to
  const std::string& text = message.GetReflection()->GetStringReference(message, field, &scratch);
  return &text == &scratch ? std::string_view(kNone) : std::string_view(text);
}

const char* FailureOf(Code code) {
  if (code == Code::kCancelled) return "cancel";
  if (code == Code::kRateLimitExceeded || code == Code::kTooManyRequests) return "rejected_system";
  return TraitsOf(code).input_error ? "fail_input" : "fail_system";
}

}  // namespace

struct MethodMetrics::Kind {
  std::string_view method;
  std::string type;
  MetricFamily<Histogram>& (*latency)();
  MetricFamily<Counter>& (*vectors)();  // null: none
};

struct MethodMetrics::Cells {
  std::string database, collection;
  Counter* total = nullptr;
  Counter* success = nullptr;
  Histogram* latency = nullptr;  // reads and writes only
  Counter* vectors = nullptr;
};

MethodMetrics::MethodMetrics(std::string_view method, const google::protobuf::Descriptor& request)
    : method_(method),
      kind_([method]() -> const Kind* {
        static const Kind kKinds[] = {{"Search", "search", ReadLatency, SearchVectors},
                                      {"HybridSearch", "hybrid_search", ReadLatency, SearchVectors},
                                      {"Query", "query", ReadLatency, nullptr},
                                      {"Insert", "insert", WriteLatency, InsertVectors},
                                      {"Upsert", "upsert", WriteLatency, UpsertVectors},
                                      {"Delete", "delete", WriteLatency, DeleteVectors}};
        for (const Kind& kind : kKinds) {
          if (kind.method == method) return &kind;
        }
        return nullptr;
      }()),
      database_field_(StringField(request, "db_name")),
      collection_field_(StringField(request, "collection_name")),
      latency_(Latency().With({kNode, method_})),
      old_latency_(kind_ != nullptr && kind_->latency == ReadLatency
                       ? &OldReadLatency().With({kNode, kind_->type})
                       : nullptr),
      unnamed_(Make("", "")) {}

std::shared_ptr<const MethodMetrics::Cells> MethodMetrics::Make(
    const std::string& database, const std::string& collection) const {
  auto cells = std::make_shared<Cells>();
  cells->database = database;
  cells->collection = collection;
  cells->total = &Requests().With({kNode, method_, "total", database, collection});
  cells->success = &Requests().With({kNode, method_, "success", database, collection});
  if (kind_ == nullptr) return cells;
  cells->latency = &kind_->latency().With({kNode, kind_->type, database, collection});
  if (kind_->vectors != nullptr)
    cells->vectors = &kind_->vectors().With({kNode, database, collection});
  return cells;
}

const MethodMetrics::Cells& MethodMetrics::CellsOf(const std::string& key, size_t database_length,
                                                   bool may_make,
                                                   std::shared_lock<std::shared_mutex>* lock) {
  if (forgotten_ == drops.load(std::memory_order_relaxed)) {
    if (const auto found = cells_.find(key); found != cells_.end()) return *found->second;
    if (!may_make) return *unnamed_;
  }
  lock->unlock();
  {
    const std::lock_guard change(mutex_);
    if (const uint64_t now = drops.load(); forgotten_ != now) {
      cells_.clear();
      forgotten_ = now;
    }
    if (may_make && cells_.size() < kCollectionsMax) {
      auto& cells = cells_[key];
      if (cells == nullptr)
        cells = Make(key.substr(0, database_length), key.substr(database_length + 1));
    }
  }
  lock->lock();
  const auto found = cells_.find(key);
  return found == cells_.end() ? *unnamed_ : *found->second;
}

void MethodMetrics::CountFailure(const Cells& cells, Code code) const {
  Requests().With({kNode, method_, FailureOf(code), cells.database, cells.collection}).Add();
}

void MethodMetrics::Record(const Call& call, const Message& request, Code code,
                           std::chrono::steady_clock::duration took) {
  const double ms = std::chrono::duration<double, std::milli>(took).count();
  const bool ok = code == Code::kOk;
  latency_.Observe(ms);
  if (old_latency_ != nullptr) old_latency_->Observe(ms);

  const std::string_view collection = Read(request, collection_field_);
  const bool dropped = ok && method_ == "DropCollection";
  std::shared_lock lock(mutex_);
  const Cells* cells = unnamed_.get();
  if (!collection.empty() && !dropped) {
    std::string_view database = Read(request, database_field_);
    if (database.empty()) database = call.database.empty() ? kDefaultDatabase : call.database;
    thread_local std::string key;
    key.assign(database).append(1, '/').append(collection);
    cells = &CellsOf(key, database.size(), ok, &lock);
  }
  cells->total->Add();
  if (ok) {
    cells->success->Add();
    if (cells->vectors != nullptr && call.vectors > 0)
      cells->vectors->Add(static_cast<uint64_t>(call.vectors));
  } else {
    CountFailure(*cells, code);
  }
  if (cells->latency != nullptr) cells->latency->Observe(ms);
  lock.unlock();
  if (dropped) ForgetCollection(collection);
}

}  // namespace elanus::server
