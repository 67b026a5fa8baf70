"""Requests that make no sense: each is answered with a Status, none with INTERNAL, and none changes anything.

Most are made from the descriptors of the protocol, with a seed; the others by hand, of requests that are right but for
one thing."""
import copy
import random
import struct

import grpc
import pytest
from google.protobuf import descriptor, message_factory
from pymilvus import DataType
from pymilvus.grpc_gen import common_pb2, milvus_pb2, milvus_pb2_grpc, schema_pb2

RANDOM_REQUESTS = 2000
KEPT = "kept"  # the collection that must not change
MISSING = ["missing", "missing_too"]
INVALID = ["", "1st", "a b", "x" * 300, "coll\u00e9", "*?", "-", "a\u0000b", "..", "\n", "'; drop"]
TEXTS = INVALID + ["[", "{", "id >", "id == ", "nope > 1", "v == 1", "id in", "((((", "true true", "{}", "[]", "null",
                   "-1", "9" * 40, "NaN", "topk", "HNSW", "L2", "\\", "%", "id == {x}", "a" * 70000]
NUMBERS = [0, 1, -1, 2, 7, 1 << 31, -(1 << 31), (1 << 63) - 1, -(1 << 63), 16385, 65536]

# May be asked about the collection that exists: whatever else is in them, they write nothing, or what they write is
# certainly wrong.
ABOUT_KEPT = {"Search", "HybridSearch", "Query", "Insert", "Upsert", "Delete", "CreateIndex", "AddCollectionField",
              "AlterCollectionField", "DescribeCollection", "GetIndexState", "DescribeIndex", "GetIndexBuildProgress",
              "GetLoadState", "GetLoadingProgress", "GetReplicas", "ShowPartitions", "HasPartition",
              "GetPartitionStatistics", "GetPersistentSegmentInfo", "GetQuerySegmentInfo", "LoadBalance",
              "GetFlushState", "TransferReplica", "BatchDescribeCollection"}
STREAMS = {"CreateReplicateStream", "DumpMessages"}


def methods():
    service = milvus_pb2.DESCRIPTOR.services_by_name["MilvusService"]
    return [method for method in service.methods if method.name not in STREAMS]


class Maker:
    """Messages of any type, with contents that are mostly wrong."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, rpc, field):
        if rpc in ABOUT_KEPT and field in ("collection_name", "collectionName") and self.random.random() < 0.7:
            return KEPT
        makes = rpc.startswith(("Create", "Rename", "Restore", "Operate", "Alter", "Add", "Update", "Backup"))
        if field in ("expr", "dsl"):
            return self.random.choice([text for text in TEXTS if text.strip()])
        if rpc == "AlterDatabase" and field == "db_name":
            return self.random.choice(INVALID[1:])  # without a name it is the default one
        if field == "db_name":
            return self.random.choice(INVALID[1:] + ([] if makes else MISSING)) if self.random.random() < 0.3 else ""
        return self.random.choice(INVALID if makes else TEXTS + MISSING)

    def value(self, rpc, field, depth):
        kind = field.cpp_type
        if kind == field.CPPTYPE_MESSAGE:
            return self.message(rpc, field.message_type, depth + 1)
        if kind == field.CPPTYPE_STRING:
            if field.type == field.TYPE_BYTES:
                return self.random.randbytes(self.random.choice([0, 1, 3, 16, 100]))
            return self.text(rpc, field.name)
        if kind == field.CPPTYPE_BOOL:
            return self.random.random() < 0.5
        if kind in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
            return self.random.choice([0.0, -1.5, 1e300 if kind == field.CPPTYPE_DOUBLE else 1e30, float("nan")])
        if kind == field.CPPTYPE_ENUM:
            return self.random.choice([value.number for value in field.enum_type.values] + [77, -1])
        bits = 32 if kind in (field.CPPTYPE_INT32, field.CPPTYPE_UINT32) else 64
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        if kind in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64):
            low, high = 0, (1 << bits) - 1
        return min(max(self.random.choice(NUMBERS), low), high)

    def message(self, rpc, kind, depth=0):
        made = message_factory.GetMessageClass(kind)()
        for field in kind.fields:
            names = field.name in ("collection_name", "collectionName") or (rpc, field.name) == ("AlterDatabase",
                                                                                                 "db_name")
            if depth > 3 or not names and self.random.random() < 0.35:
                continue
            if field.message_type is not None and field.message_type.GetOptions().map_entry:
                self.fill_map(rpc, made, field, depth)
            elif field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED:
                values = [self.value(rpc, field, depth) for _ in range(self.random.choice([0, 1, 1, 3]))]
                getattr(made, field.name).extend(values)
            elif field.cpp_type == field.CPPTYPE_MESSAGE:
                getattr(made, field.name).CopyFrom(self.value(rpc, field, depth))
            else:
                setattr(made, field.name, self.value(rpc, field, depth))
        return made

    def fill_map(self, rpc, made, field, depth):
        key = self.value(rpc, field.message_type.fields_by_name["key"], depth)
        value = field.message_type.fields_by_name["value"]
        if value.cpp_type == descriptor.FieldDescriptor.CPPTYPE_MESSAGE:
            getattr(made, field.name)[key].CopyFrom(self.value(rpc, value, depth))
        else:
            getattr(made, field.name)[key] = self.value(rpc, value, depth)


class Sender:
    def __init__(self, channel):
        self.channel = channel
        self.calls = {}
        for method in methods():
            answer = message_factory.GetMessageClass(method.output_type)
            self.calls[method.name] = channel.unary_unary(
                f"/{method.containing_service.full_name}/{method.name}",
                request_serializer=lambda message: message.SerializeToString(), response_deserializer=answer.FromString)

    def __call__(self, rpc, request):
        """The Status of the answer; None: the answer has none, or the RPC is not built."""
        try:
            answer = self.calls[rpc](request, timeout=30)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNIMPLEMENTED, f"{rpc}: {error.code()} {error.details()}\n{request}"
            return None
        if isinstance(answer, common_pb2.Status):
            return answer
        return next((getattr(answer, field.name) for field in answer.DESCRIPTOR.fields
                     if field.message_type is common_pb2.Status.DESCRIPTOR), None)


def state(client):
    """Everything that requests can change, one thing a key."""
    taken = {}
    for database in sorted(client.list_databases()):
        client.use_database(database)
        taken[database] = str(dict(client.describe_database(database)))
        for name in sorted(client.list_collections()):
            place = f"{database}.{name} "
            for key, value in client.describe_collection(name).items():
                taken[place + key] = str(value)
            taken[place + "rows"] = client.query(name, output_fields=["count(*)"])[0]["count(*)"]
            taken[place + "partitions"] = client.list_partitions(name)
            taken[place + "load state"] = str(client.get_load_state(name))
            for index in client.list_indexes(name):
                description = client.describe_index(name, index)
                taken[place + "index " + index] = {  # a flush is no error, and is followed by a build
                    key: value for key, value in description.items() if not key.endswith("rows") and key != "state"}
    client.use_database("default")
    for what in ("list_users", "list_roles", "list_resource_groups", "list_privilege_groups"):
        taken[what] = str(getattr(client, what)())
    return taken


def assert_unchanged(before, after):
    assert {key: (before.get(key), after.get(key)) for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)} == {}


@pytest.fixture
def kept(own_server):
    client = own_server.client()
    schema = client.create_schema(enable_dynamic_field=True)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("v", DataType.FLOAT_VECTOR, dim=4)
    schema.add_field("n", DataType.INT32, nullable=True)
    schema.add_field("s", DataType.VARCHAR, max_length=8)
    indexes = client.prepare_index_params()
    indexes.add_index("v", index_type="HNSW", metric_type="L2", params={"M": 8, "efConstruction": 32})
    client.create_collection(KEPT, schema=schema, index_params=indexes)
    client.create_alias(KEPT, "other_name")
    client.create_partition(KEPT, "part")
    client.insert(KEPT, [{"id": i, "v": [i, 0, 0, 0], "n": i, "s": "x", "color": "red"} for i in range(100)])
    client.create_database("second")
    client.create_role("reader")
    channel = grpc.insecure_channel(f"127.0.0.1:{own_server.port}",
                                    options=[("grpc.max_receive_message_length", 1 << 30)])
    yield client, Sender(channel)
    channel.close()


def test_random_requests(kept):
    client, send = kept
    before = state(client)
    seed = random.randrange(1 << 32)
    print("seed", seed)
    maker = Maker(seed)
    known = methods()
    refused = 0
    while refused < RANDOM_REQUESTS:
        method = known[maker.random.randrange(len(known))]
        request = maker.message(method.name, method.input_type)
        status = send(method.name, request)
        if status is None:
            continue
        refused += status.code != 0
        assert status.code != 5, f"{method.name}: {status}\n{request}"
        assert status.code == 0 or status.reason, f"{method.name} says nothing\n{request}"
        assert (status.code == 0) == (status.error_code == 0), f"{method.name}: {status}"
    assert_unchanged(before, state(client))


def pair(**pairs):
    return [common_pb2.KeyValuePair(key=key.replace("__", "."), value=str(value)) for key, value in pairs.items()]


def rows():
    """Two rows for the collection."""
    request = milvus_pb2.InsertRequest(collection_name=KEPT, num_rows=2)
    for name, kind in (("id", DataType.INT64), ("n", DataType.INT32), ("s", DataType.VARCHAR)):
        field = request.fields_data.add(type=kind, field_name=name)
        {"id": field.scalars.long_data.data, "n": field.scalars.int_data.data,
         "s": field.scalars.string_data.data}[name].extend({"id": [500, 501], "n": [1, 2], "s": ["a", "b"]}[name])
    field = request.fields_data.add(type=DataType.FLOAT_VECTOR, field_name="v")
    field.vectors.dim = 4
    field.vectors.float_vector.data.extend([0.5] * 8)
    return request


def changed(request, change):
    """A copy, changed."""
    other = copy.deepcopy(request)
    change(other)
    return other


def wrong_rows():
    good = rows()
    ids, numbers, texts, vectors = range(4)
    wrong = [
        lambda r: setattr(r, "num_rows", 3),
        lambda r: setattr(r, "num_rows", 0),
        lambda r: setattr(r, "collection_name", "missing"),
        lambda r: setattr(r, "db_name", "missing"),
        lambda r: setattr(r, "partition_name", "missing"),
        lambda r: setattr(r, "schema_timestamp", 5),
        lambda r: r.fields_data.pop(ids),
        lambda r: r.fields_data.pop(texts),
        lambda r: r.fields_data.pop(vectors),
        lambda r: r.fields_data.append(r.fields_data[numbers]),
        lambda r: setattr(r.fields_data[vectors].vectors, "dim", 5),
        lambda r: r.fields_data[vectors].vectors.float_vector.data.append(1.0),
        lambda r: r.fields_data[vectors].vectors.float_vector.data.__setitem__(0, float("nan")),
        lambda r: setattr(r.fields_data[vectors].vectors, "binary_vector", b"1234"),
        lambda r: r.fields_data[texts].scalars.string_data.data.__setitem__(0, "far too long"),
        lambda r: r.fields_data[texts].scalars.string_data.data.pop(),
        lambda r: r.fields_data[numbers].scalars.int_data.data.append(4),
        lambda r: r.fields_data[numbers].valid_data.extend([True]),
        lambda r: r.fields_data[numbers].valid_data.extend([True, True, True]),
        lambda r: r.fields_data[ids].scalars.string_data.data.extend(["a", "b"]),
        lambda r: setattr(r.fields_data[texts], "field_name", "nope"),
        lambda r: r.fields_data.add(type=DataType.JSON, field_name="$meta", is_dynamic=True),
        lambda r: r.fields_data.add(type=DataType.JSON, is_dynamic=True).scalars.json_data.data.extend([b"{", b"{}"]),
        lambda r: r.fields_data.add(type=DataType.JSON, is_dynamic=True).scalars.json_data.data.extend([b"1", b"{}"]),
        lambda r: r.fields_data.add(type=DataType.JSON, is_dynamic=True).scalars.json_data.data.extend(
            [b'{"n":1}', b"{}"]),
    ]
    for change in wrong:
        insert = changed(good, change)
        yield "Insert", insert
        upsert = milvus_pb2.UpsertRequest()
        upsert.ParseFromString(insert.SerializeToString())
        yield "Upsert", upsert


def wrong_searches():
    vectors = common_pb2.PlaceholderGroup(placeholders=[common_pb2.PlaceholderValue(
        tag="$0", type=common_pb2.PlaceholderType.FloatVector, values=[struct.pack("4f", 1, 0, 0, 0)])])
    good = milvus_pb2.SearchRequest(
        collection_name=KEPT, nq=1, dsl_type=common_pb2.DslType.BoolExprV1, output_fields=["n"],
        placeholder_group=vectors.SerializeToString(),
        search_params=pair(anns_field="v", topk=5, metric_type="L2", params='{"ef": 32}'))

    def parameter(key, value):
        def change(request):
            del request.search_params[:]
            request.search_params.extend([one for one in good.search_params if one.key != key])
            if value is not None:
                request.search_params.extend(pair(**{key: value}))
        return change

    def placeholder(kind, *values):
        group = common_pb2.PlaceholderGroup(placeholders=[common_pb2.PlaceholderValue(tag="$0", type=kind,
                                                                                       values=values)])
        return lambda request: setattr(request, "placeholder_group", group.SerializeToString())

    kinds = common_pb2.PlaceholderType
    # A hybrid search has its own limit and offset, and asks every search about the same collection.
    of_one_search = [parameter(key, value) for key, values in {
        "topk": [None, "", "0", "-1", "x", "1.5", "16385", "9" * 30],
        "offset": ["-1", "x", "16384", "1e3"],
        "round_decimal": ["7", "-2", "x"],
        "ignore_growing": ["maybe"],
        "group_by_field": ["v"],
        "order_by_fields": ["n:sideways"],
    }.items() for value in values] + [
        lambda r: setattr(r, "collection_name", "missing"),
        lambda r: setattr(r, "db_name", "missing"),
        lambda r: r.partition_names.append("missing"),
        lambda r: r.output_fields.append("no such field!"),
    ]
    of_each = [parameter(key, value) for key, values in {
        "anns_field": ["nope", "n", "id", "$meta"],
        "metric_type": ["COSINE", "IP", "nope", "HAMMING", "BM25"],
        "params": ["{", "[]", '{"ef": "x"}', '{"ef": -1}', '{"ef": 1}', '{"radius": "x"}', '{"range_filter": 1}',
                   '{"radius": 1, "range_filter": 2}'],
    }.items() for value in values] + [
        placeholder(kinds.FloatVector, struct.pack("3f", 1, 0, 0)),
        placeholder(kinds.FloatVector, b"abc"),
        placeholder(kinds.BinaryVector, b"abcd"),
        placeholder(kinds.Float16Vector, b"12345678"),
        placeholder(kinds.SparseFloatVector, b"12345678"),
        placeholder(kinds.Int8Vector, b"1234"),
        placeholder(kinds.VarChar, b"text"),
        placeholder(kinds.FloatVector),
        lambda r: setattr(r, "placeholder_group", b"\xff\xff"),
        lambda r: setattr(r, "placeholder_group", b""),
        lambda r: setattr(r, "nq", 2),
        lambda r: setattr(r, "nq", -1),
        lambda r: setattr(r, "dsl", "nope >"),
        lambda r: setattr(r, "dsl", "v > 1"),
        lambda r: setattr(r, "dsl", "n == 'x'"),
        lambda r: setattr(r, "dsl", "id in {list}"),
    ]
    for change in of_one_search + of_each:
        yield "Search", changed(good, change)
    for change in of_each:
        search = changed(good, change)
        yield "HybridSearch", milvus_pb2.HybridSearchRequest(collection_name=KEPT, requests=[good, search],
                                                             rank_params=pair(limit=5))
    for rank in ({}, {"limit": 0}, {"limit": "x"}, {"limit": 5, "strategy": "nope"},
                 {"limit": 5, "strategy": "weighted", "params": '{"weights": [1]}'},
                 {"limit": 5, "strategy": "weighted", "params": '{"weights": [1, 2]}'},
                 {"limit": 5, "strategy": "rrf", "params": '{"k": -1}'}, {"limit": 5, "offset": -1}):
        yield "HybridSearch", milvus_pb2.HybridSearchRequest(collection_name=KEPT, requests=[good, good],
                                                             rank_params=pair(**rank))
    yield "HybridSearch", milvus_pb2.HybridSearchRequest(collection_name=KEPT, rank_params=pair(limit=5))


def wrong_queries():
    for expression in ("id >", "nope >", "n == 'x'", "v == 1", "id in [1, 'a']", "id == {x}", "1 + 1", "n % 0 == 1",
                       "(" * 5000, "not n", "s like 5", "json_contains(n, 1)", "n ** 2 == 1", "'a"):
        yield "Query", milvus_pb2.QueryRequest(collection_name=KEPT, expr=expression, output_fields=["id"])
        yield "Delete", milvus_pb2.DeleteRequest(collection_name=KEPT, expr=expression)
    for parameters in ({"limit": "x"}, {"limit": 0}, {"limit": -1}, {"limit": 16385}, {"limit": 5, "offset": -1},
                       {"limit": 5, "offset": 16384}, {"limit": 5, "timezone": "Nowhere/Land"},
                       {"limit": 5, "order_by_fields": "nope"}, {"limit": 5, "group_by_fields": "nope"}):
        yield "Query", milvus_pb2.QueryRequest(collection_name=KEPT, output_fields=["id"],
                                               query_params=pair(**parameters))
    yield "Query", milvus_pb2.QueryRequest(collection_name=KEPT, output_fields=["id"])
    yield "Query", milvus_pb2.QueryRequest(collection_name=KEPT, expr="id > 0", output_fields=["sum(s)"])
    yield "Delete", milvus_pb2.DeleteRequest(collection_name=KEPT, expr="")
    yield "Delete", milvus_pb2.DeleteRequest(collection_name=KEPT, expr="id > 0", partition_name="missing")


def field(name, kind, **more):
    parameters = more.pop("type_params", {})
    return schema_pb2.FieldSchema(name=name, data_type=kind, type_params=pair(**parameters), **more)


def wrong_definitions():
    key = field("id", DataType.INT64, is_primary_key=True)
    vector = field("v", DataType.FLOAT_VECTOR, type_params={"dim": 4})
    wrong = [
        [], [key], [vector], [key, key, vector], [key, vector, vector],
        [field("id", DataType.FLOAT, is_primary_key=True), vector],
        [field("id", DataType.VARCHAR, is_primary_key=True), vector],
        [field("id", DataType.INT64, is_primary_key=True, nullable=True), vector],
        [key, field("v", DataType.FLOAT_VECTOR)],
        [key, field("v", DataType.FLOAT_VECTOR, type_params={"dim": 1})],
        [key, field("v", DataType.FLOAT_VECTOR, type_params={"dim": "x"})],
        [key, field("v", DataType.BINARY_VECTOR, type_params={"dim": 7})],
        [key, field("v", DataType.SPARSE_FLOAT_VECTOR, type_params={"dim": 7})],
        [key, vector, field("a", DataType.ARRAY)],
        [key, vector, field("a", DataType.ARRAY, element_type=DataType.JSON, type_params={"max_capacity": 5})],
        [key, vector, field("s", DataType.VARCHAR)],
        [key, vector, field("s", DataType.VARCHAR, type_params={"max_length": 70000})],
        [key, vector, field("1s", DataType.INT64)], [key, vector, field("and", DataType.INT64)],
        [key, vector, field("x", DataType.INT64, autoID=True)], [key, vector, field("x", 20)],
        [key, vector, field("x", 99)], [key, vector, field("p", DataType.FLOAT, is_partition_key=True)],
        [key, vector, *(field(f"f{i}", DataType.INT64) for i in range(80))],
    ]
    for fields in wrong:
        schema = schema_pb2.CollectionSchema(name="made", fields=fields)
        yield "CreateCollection", milvus_pb2.CreateCollectionRequest(collection_name="made",
                                                                     schema=schema.SerializeToString())
    good = schema_pb2.CollectionSchema(name="made", fields=[key, vector]).SerializeToString()
    for more in ({"shards_num": 99}, {"num_partitions": 5}, {"db_name": "missing"},
                 {"properties": pair(collection__ttl__seconds="x")},
                 {"properties": pair(timezone="Nowhere/Land")}):
        yield "CreateCollection", milvus_pb2.CreateCollectionRequest(collection_name="made", schema=good, **more)
    for name in INVALID + ["other_name"]:
        yield "CreateCollection", milvus_pb2.CreateCollectionRequest(
            collection_name=name, schema=schema_pb2.CollectionSchema(name=name, fields=[key, vector]).SerializeToString())
        if name != "other_name":
            yield "CreateAlias", milvus_pb2.CreateAliasRequest(collection_name=KEPT, alias=name)
            yield "CreateDatabase", milvus_pb2.CreateDatabaseRequest(db_name=name)
            yield "CreateResourceGroup", milvus_pb2.CreateResourceGroupRequest(resource_group=name)
            yield "RenameCollection", milvus_pb2.RenameCollectionRequest(oldName=KEPT, newName=name)
    yield "CreateAlias", milvus_pb2.CreateAliasRequest(collection_name=KEPT, alias=KEPT)
    yield "DropCollection", milvus_pb2.DropCollectionRequest(collection_name=KEPT)  # it has an alias
    yield "DropDatabase", milvus_pb2.DropDatabaseRequest(db_name="default")
    yield "DropPartition", milvus_pb2.DropPartitionRequest(collection_name=KEPT, partition_name="_default")
    yield "DropPartition", milvus_pb2.DropPartitionRequest(collection_name=KEPT, partition_name="part")  # loaded
    yield "DropIndex", milvus_pb2.DropIndexRequest(collection_name=KEPT, index_name="v")  # loaded
    for dropped in ("id", "v", "nope", "$meta") if hasattr(milvus_pb2, "AlterCollectionSchemaRequest") else ():
        drop = milvus_pb2.AlterCollectionSchemaRequest(collection_name=KEPT)
        drop.action.drop_request.field_name = dropped
        yield "AlterCollectionSchema", drop
    for added in (field("x", DataType.INT64), field("id", DataType.INT64, nullable=True),
                  field("1x", DataType.INT64, nullable=True), field("x", DataType.VARCHAR, nullable=True),
                  field("x", DataType.INT64, nullable=True, is_primary_key=True)):
        yield "AddCollectionField", milvus_pb2.AddCollectionFieldRequest(collection_name=KEPT,
                                                                         schema=added.SerializeToString())
    for name, parameters in (("v", {"index_type": "nope", "metric_type": "L2"}), ("v", {"index_type": "HNSW"}),
                             ("v", {"index_type": "HNSW", "metric_type": "L2", "M": 1}),
                             ("v", {"index_type": "IVF_FLAT", "metric_type": "L2", "nlist": 0}),
                             ("v", {"index_type": "FLAT", "metric_type": "HAMMING"}),
                             ("v", {"index_type": "FLAT", "metric_type": "L2"}),  # another than it has
                             ("s", {"index_type": "HNSW", "metric_type": "L2"}), ("nope!", {"index_type": "FLAT"}),
                             ("n", {"index_type": "TRIE"}), ("n", {"index_type": "NGRAM"})):
        yield "CreateIndex", milvus_pb2.CreateIndexRequest(collection_name=KEPT, field_name=name,
                                                           extra_params=pair(**parameters))
    for replicas in (2, 100):
        yield "LoadCollection", milvus_pb2.LoadCollectionRequest(collection_name=KEPT, replica_number=replicas)
    yield "LoadCollection", milvus_pb2.LoadCollectionRequest(collection_name=KEPT, resource_groups=["missing"])
    yield "LoadPartitions", milvus_pb2.LoadPartitionsRequest(collection_name=KEPT)
    yield "LoadPartitions", milvus_pb2.LoadPartitionsRequest(collection_name=KEPT, partition_names=["missing"])
    for properties in ({}, {"mmap.enabled": "true"}, {"collection.ttl.seconds": "x"}, {"timezone": "Nowhere/Land"},
                       {"partitionkey.isolation": "true"}, {"dynamicfield.enabled": "maybe"}):
        yield "AlterCollection", milvus_pb2.AlterCollectionRequest(collection_name=KEPT, properties=pair(**properties))


def wrong_users():
    for name in INVALID:
        yield "CreateCredential", milvus_pb2.CreateCredentialRequest(username=name, password="MTIzNDU2")
        if name:
            yield "CreateRole", milvus_pb2.CreateRoleRequest(entity=milvus_pb2.RoleEntity(name=name))
            yield "CreatePrivilegeGroup", milvus_pb2.CreatePrivilegeGroupRequest(group_name=name)
    for password in ("", "MQ==", "!!!", "MTIz" * 200):
        yield "CreateCredential", milvus_pb2.CreateCredentialRequest(username="made", password=password)
    yield "DeleteCredential", milvus_pb2.DeleteCredentialRequest(username="root")
    yield "DropRole", milvus_pb2.DropRoleRequest(role_name="admin")
    yield "OperateUserRole", milvus_pb2.OperateUserRoleRequest(username="missing", role_name="missing")
    yield "UpdateCredential", milvus_pb2.UpdateCredentialRequest(username="root", oldPassword="MQ==",
                                                                 newPassword="MTIzNDU2")


@pytest.mark.parametrize("kind", [wrong_rows, wrong_searches, wrong_queries, wrong_definitions, wrong_users])
def test_one_thing_wrong(kept, kind):
    client, send = kept
    before = state(client)
    taken = []
    for number, (rpc, request) in enumerate(kind()):
        status = send(rpc, request)
        if status is None or status.code in (0, 5) or status.error_code == 0 or not status.reason:
            taken.append(f"{number} {rpc}: {str(status)!r} {str(request)[:300]!r}")
    assert not taken, "\n".join(taken)
    assert_unchanged(before, state(client))
