// Catalog bytes of a collection. A record is a run of (varint tag, varint size, payload); a decoder
// skips tags it does not know, an encoder leaves out what has its default. Tags are never reused.
#include <iterator>

#include "base/coding.h"
#include "model/schema.h"

namespace elanus {
namespace {

class RecordWriter {
 public:
  explicit RecordWriter(std::string* out) : writer_(out) {}

  void Int(uint64_t tag, int64_t value, int64_t omitted = 0) {
    if (value != omitted) IntAlways(tag, value);
  }
  void IntAlways(uint64_t tag, int64_t value) {
    std::string payload;
    Writer(&payload).Varint(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
    Bytes(tag, payload);
  }
  void Text(uint64_t tag, std::string_view value) {
    if (!value.empty()) Bytes(tag, value);
  }
  // Written even when empty: repeated records.
  void Bytes(uint64_t tag, std::string_view payload) {
    writer_.Varint(tag);
    writer_.Bytes(payload);
  }

 private:
  Writer writer_;
};

class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) : reader_(bytes) {}

  // False at the end.
  Result<bool> Next() {
    if (reader_.done()) return false;
    tag_ = TRY(reader_.Varint());
    payload_ = TRY(reader_.Bytes());
    return true;
  }
  uint64_t tag() const { return tag_; }
  std::string_view bytes() const { return payload_; }
  std::string text() const { return std::string(payload_); }
  Result<int64_t> Int() const {
    Reader reader(payload_);
    const uint64_t coded = TRY(reader.Varint());
    return static_cast<int64_t>(coded >> 1) ^ -static_cast<int64_t>(coded & 1);
  }

 private:
  Reader reader_;
  uint64_t tag_ = 0;
  std::string_view payload_;
};

std::string EncodeProperty(const std::pair<std::string, std::string>& property) {
  std::string out;
  RecordWriter w(&out);
  w.Text(1, property.first);
  w.Text(2, property.second);
  return out;
}

Status DecodeProperty(std::string_view bytes, Properties* properties) {
  std::pair<std::string, std::string> property;
  RecordReader r(bytes);
  while (TRY(r.Next())) {
    if (r.tag() == 1) property.first = r.text();
    if (r.tag() == 2) property.second = r.text();
  }
  properties->push_back(std::move(property));
  return {};
}

constexpr int kValueDepthMax = 16;

std::string EncodeValue(const Value& value) {
  std::string out;
  RecordWriter w(&out);
  if (value.is_bool()) {
    w.IntAlways(1, value.as_bool());
  } else if (value.is_int()) {
    w.IntAlways(2, value.as_int());
  } else if (value.is_double()) {
    std::string payload;
    Writer(&payload).F64(value.as_double());
    w.Bytes(3, payload);
  } else if (value.is_string()) {
    w.Bytes(4, value.as_string());
  } else if (value.is_array()) {
    std::string elements;
    for (const Value& element : value.as_array()) Writer(&elements).Bytes(EncodeValue(element));
    w.Bytes(5, elements);
  }
  return out;
}

Result<Value> DecodeValue(std::string_view bytes, int depth) {
  if (depth > kValueDepthMax) return Status(Code::kCorruption, "value nested too deeply");
  Value value;
  RecordReader r(bytes);
  while (TRY(r.Next())) {
    switch (r.tag()) {
      case 1:
        value = TRY(r.Int()) != 0;
        break;
      case 2:
        value = TRY(r.Int());
        break;
      case 3: {
        Reader payload(r.bytes());
        value = TRY(payload.F64());
        break;
      }
      case 4:
        value = r.text();
        break;
      case 5: {
        Value::Array elements;
        Reader payload(r.bytes());
        while (!payload.done())
          elements.push_back(TRY(DecodeValue(TRY(payload.Bytes()), depth + 1)));
        value = std::move(elements);
        break;
      }
      default:
        break;
    }
  }
  return value;
}

// Bit i of a field's flags is kFieldFlags[i].
constexpr bool Field::* kFieldFlags[] = {
    &Field::primary,  &Field::auto_id, &Field::partition_key, &Field::clustering_key,
    &Field::nullable, &Field::dynamic, &Field::made};

std::string EncodeField(const Field& field) {
  std::string out;
  RecordWriter w(&out);
  w.Int(1, field.id.value);
  w.Text(2, field.name);
  w.Text(3, field.description);
  w.Int(4, static_cast<int64_t>(field.type));
  w.Int(5, static_cast<int64_t>(field.element_type));
  w.Int(6, field.dim);
  w.Int(7, field.max_length);
  w.Int(8, field.max_capacity);
  int64_t flags = 0;
  for (size_t i = 0; i < std::size(kFieldFlags); ++i) flags |= int64_t{field.*kFieldFlags[i]} << i;
  w.Int(9, flags);
  if (field.default_value) w.Bytes(10, EncodeValue(*field.default_value));
  for (const auto& property : field.type_params) w.Bytes(11, EncodeProperty(property));
  return out;
}

Result<DataType> ToDataType(int64_t number) {
  if (number < 0 || number > 255 || NameOf(static_cast<DataType>(number)) == "Unknown") {
    return Status(Code::kCorruption, "unknown data type " + std::to_string(number));
  }
  return static_cast<DataType>(number);
}

Result<Field> DecodeField(std::string_view bytes) {
  Field field;
  RecordReader r(bytes);
  while (TRY(r.Next())) {
    switch (r.tag()) {
      case 1:
        field.id = FieldId(TRY(r.Int()));
        break;
      case 2:
        field.name = r.text();
        break;
      case 3:
        field.description = r.text();
        break;
      case 4:
        field.type = TRY(ToDataType(TRY(r.Int())));
        break;
      case 5:
        field.element_type = TRY(ToDataType(TRY(r.Int())));
        break;
      case 6:
        field.dim = TRY(r.Int());
        break;
      case 7:
        field.max_length = TRY(r.Int());
        break;
      case 8:
        field.max_capacity = TRY(r.Int());
        break;
      case 9: {
        const int64_t flags = TRY(r.Int());
        for (size_t i = 0; i < std::size(kFieldFlags); ++i)
          field.*kFieldFlags[i] = (flags >> i & 1) != 0;
        break;
      }
      case 10:
        field.default_value = TRY(DecodeValue(r.bytes(), 0));
        break;
      case 11:
        TRY(DecodeProperty(r.bytes(), &field.type_params));
        break;
      default:
        break;
    }
  }
  return field;
}

std::string EncodeFunction(const Function& function) {
  std::string out;
  RecordWriter w(&out);
  w.Int(1, function.id);
  w.Text(2, function.name);
  w.Text(3, function.description);
  w.Int(4, static_cast<int64_t>(function.type));
  for (const std::string& input : function.inputs) w.Bytes(5, input);
  for (const std::string& output : function.outputs) w.Bytes(6, output);
  for (const auto& property : function.params) w.Bytes(7, EncodeProperty(property));
  return out;
}

Result<Function> DecodeFunction(std::string_view bytes) {
  Function function;
  RecordReader r(bytes);
  while (TRY(r.Next())) {
    switch (r.tag()) {
      case 1:
        function.id = TRY(r.Int());
        break;
      case 2:
        function.name = r.text();
        break;
      case 3:
        function.description = r.text();
        break;
      case 4: {
        const int64_t type = TRY(r.Int());
        if (type < 0 || type > static_cast<int64_t>(FunctionType::kMinHash)) {
          return Status(Code::kCorruption, "unknown type of function " + std::to_string(type));
        }
        function.type = static_cast<FunctionType>(type);
        break;
      }
      case 5:
        function.inputs.emplace_back(r.text());
        break;
      case 6:
        function.outputs.emplace_back(r.text());
        break;
      case 7:
        TRY(DecodeProperty(r.bytes(), &function.params));
        break;
      default:
        break;
    }
  }
  return function;
}

std::string EncodeSchema(const Schema& schema) {
  std::string out;
  RecordWriter w(&out);
  w.Text(1, schema.description);
  w.Int(2, schema.enable_dynamic_field);
  w.Int(3, schema.auto_id);
  for (const Field& field : schema.fields) w.Bytes(4, EncodeField(field));
  for (const Function& function : schema.functions) w.Bytes(5, EncodeFunction(function));
  w.Int(6, schema.version);
  return out;
}

Result<Schema> DecodeSchema(std::string_view bytes) {
  Schema schema;
  RecordReader r(bytes);
  while (TRY(r.Next())) {
    switch (r.tag()) {
      case 1:
        schema.description = r.text();
        break;
      case 2:
        schema.enable_dynamic_field = TRY(r.Int()) != 0;
        break;
      case 3:
        schema.auto_id = TRY(r.Int()) != 0;
        break;
      case 4:
        schema.fields.push_back(TRY(DecodeField(r.bytes())));
        break;
      case 5:
        schema.functions.push_back(TRY(DecodeFunction(r.bytes())));
        break;
      case 6:
        schema.version = TRY(r.Int());
        break;
      default:
        break;
    }
  }
  return schema;
}

std::string EncodePartition(const Partition& partition) {
  std::string out;
  RecordWriter w(&out);
  w.Int(1, partition.id.value);
  w.Text(2, partition.name);
  w.Int(3, static_cast<int64_t>(partition.created));
  w.Int(4, partition.loaded);
  return out;
}

Result<Partition> DecodePartition(std::string_view bytes) {
  Partition partition;
  RecordReader r(bytes);
  while (TRY(r.Next())) {
    switch (r.tag()) {
      case 1:
        partition.id = PartitionId(TRY(r.Int()));
        break;
      case 2:
        partition.name = r.text();
        break;
      case 3:
        partition.created = static_cast<Timestamp>(TRY(r.Int()));
        break;
      case 4:
        partition.loaded = TRY(r.Int()) != 0;
        break;
      default:
        break;
    }
  }
  return partition;
}

std::string EncodeIndex(const IndexInfo& index) {
  std::string out;
  RecordWriter w(&out);
  w.Int(1, index.id.value);
  w.Int(2, index.field.value);
  w.Text(3, index.name);
  w.Text(4, index.type);
  w.Int(5, static_cast<int64_t>(index.metric));
  for (const auto& property : index.params) w.Bytes(6, EncodeProperty(property));
  w.Int(7, static_cast<int64_t>(index.created));
  w.Text(8, index.params_text);
  return out;
}

Result<IndexInfo> DecodeIndex(std::string_view bytes) {
  IndexInfo index;
  RecordReader r(bytes);
  while (TRY(r.Next())) {
    switch (r.tag()) {
      case 1:
        index.id = IndexId(TRY(r.Int()));
        break;
      case 2:
        index.field = FieldId(TRY(r.Int()));
        break;
      case 3:
        index.name = r.text();
        break;
      case 4:
        index.type = r.text();
        break;
      case 5: {
        const int64_t metric = TRY(r.Int());
        if (metric < 0 || metric > static_cast<int64_t>(Metric::kBm25)) {
          return Status(Code::kCorruption, "unknown metric " + std::to_string(metric));
        }
        index.metric = static_cast<Metric>(metric);
        break;
      }
      case 6:
        TRY(DecodeProperty(r.bytes(), &index.params));
        break;
      case 7:
        index.created = static_cast<Timestamp>(TRY(r.Int()));
        break;
      case 8:
        index.params_text = r.text();
        break;
      default:
        break;
    }
  }
  return index;
}

}  // namespace

std::string EncodeCollection(const CollectionInfo& info) {
  std::string out;
  RecordWriter w(&out);
  w.Int(1, info.id.value);
  w.Text(2, info.database);
  w.Text(3, info.name);
  w.Bytes(4, EncodeSchema(info.schema));
  w.Int(5, info.shards_num, 1);
  w.Int(6, info.shard.value);
  w.Int(7, static_cast<int64_t>(info.consistency),
        static_cast<int64_t>(ConsistencyLevel::kBounded));
  for (const auto& property : info.properties) w.Bytes(8, EncodeProperty(property));
  for (const Partition& partition : info.partitions) w.Bytes(9, EncodePartition(partition));
  for (const IndexInfo& index : info.indexes) w.Bytes(10, EncodeIndex(index));
  for (const std::string& alias : info.aliases) w.Bytes(11, alias);
  w.Int(12, static_cast<int64_t>(info.created));
  w.Int(13, static_cast<int64_t>(info.updated));
  w.Int(14, static_cast<int64_t>(info.version), 1);
  w.Int(15, info.loaded);
  w.Int(16, info.replica_number);
  std::string load_fields;
  for (const FieldId field : info.load_fields) Writer(&load_fields).I64(field.value);
  w.Text(17, load_fields);
  w.Int(18, info.next_field_id, kFirstUserFieldId);
  w.Text(19, info.resource_group);
  return out;
}

Result<CollectionInfo> DecodeCollection(std::string_view bytes) {
  CollectionInfo info;
  RecordReader r(bytes);
  while (TRY(r.Next())) {
    switch (r.tag()) {
      case 1:
        info.id = CollectionId(TRY(r.Int()));
        break;
      case 2:
        info.database = r.text();
        break;
      case 3:
        info.name = r.text();
        break;
      case 4:
        info.schema = TRY(DecodeSchema(r.bytes()));
        break;
      case 5:
        info.shards_num = static_cast<int32_t>(TRY(r.Int()));
        break;
      case 6:
        info.shard = ShardId(TRY(r.Int()));
        break;
      case 7: {
        const int64_t level = TRY(r.Int());
        if (level < 0 || level > static_cast<int64_t>(ConsistencyLevel::kCustomized)) {
          return Status(Code::kCorruption, "unknown consistency level " + std::to_string(level));
        }
        info.consistency = static_cast<ConsistencyLevel>(level);
        break;
      }
      case 8:
        TRY(DecodeProperty(r.bytes(), &info.properties));
        break;
      case 9:
        info.partitions.push_back(TRY(DecodePartition(r.bytes())));
        break;
      case 10:
        info.indexes.push_back(TRY(DecodeIndex(r.bytes())));
        break;
      case 11:
        info.aliases.push_back(r.text());
        break;
      case 12:
        info.created = static_cast<Timestamp>(TRY(r.Int()));
        break;
      case 13:
        info.updated = static_cast<Timestamp>(TRY(r.Int()));
        break;
      case 14:
        info.version = static_cast<uint64_t>(TRY(r.Int()));
        break;
      case 15:
        info.loaded = TRY(r.Int()) != 0;
        break;
      case 16:
        info.replica_number = static_cast<int32_t>(TRY(r.Int()));
        break;
      case 17: {
        Reader fields(r.bytes());
        info.load_fields.clear();
        while (!fields.done()) info.load_fields.push_back(FieldId(TRY(fields.I64())));
        break;
      }
      case 18:
        info.next_field_id = TRY(r.Int());
        break;
      case 19:
        info.resource_group = r.text();
        break;
      default:
        break;
    }
  }
  return info;
}

}  // namespace elanus
