"""REST on the client port, as curl would send it: no SDK, only HTTP and JSON."""
import base64
import http.client
import json
import struct

import pytest


class Rest:
    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.headers = {}

    def send(self, method, path, body=None, headers=None):
        """(status, headers, body) of the answer, whatever it is."""
        self.connection.request(method, path, body=body, headers={**self.headers, **(headers or {})})
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()

    def post(self, path, body, headers=None):
        status, _, text = self.send("POST", path, json.dumps(body), headers)
        assert status == 200, text
        return json.loads(text)

    def __call__(self, path, headers=None, **body):
        """The answer to /v2/vectordb/<path>, which must be a good one."""
        answer = self.post("/v2/vectordb/" + path, body, headers)
        assert answer["code"] == 0, answer
        return answer

    def error(self, path, **body):
        answer = self.post("/v2/vectordb/" + path, body)
        assert answer["code"] != 0, answer
        return answer["code"], answer["message"]


@pytest.fixture
def rest(server):
    rest = Rest(server)
    yield rest
    rest.connection.close()


@pytest.fixture
def made(rest, name):
    """A collection of the quick form with three rows."""
    rest("collections/create", collectionName=name, dimension=4, metricType="L2")
    rest("entities/insert", collectionName=name, data=[
        {"id": i, "vector": [i, 0, 0, 0.5], "color": "red" if i % 2 else "blue"} for i in range(3)])
    yield name
    rest("collections/drop", collectionName=name)


def test_quick_collection(rest, made):
    assert made in rest("collections/list")["data"]
    assert rest("collections/has", collectionName=made)["data"] == {"has": True}
    info = rest("collections/describe", collectionName=made)["data"]
    assert info["load"] == "LoadStateLoaded"
    assert info["autoId"] is False and info["enableDynamicField"] is True
    assert [(f["name"], f["type"], f["primaryKey"]) for f in info["fields"]] == [
        ("id", "Int64", True), ("vector", "FloatVector", False)]
    assert info["fields"][1]["params"] == [{"key": "dim", "value": "4"}]
    assert info["indexes"] == [{"indexName": "vector", "fieldName": "vector", "metricType": "L2"}]
    assert info["consistencyLevel"] == "Bounded" and info["shardsNum"] == 1
    state = rest("collections/get_load_state", collectionName=made)["data"]
    assert state == {"loadState": "LoadStateLoaded", "loadProgress": 100}
    rest("collections/release", collectionName=made)
    assert rest("collections/get_load_state", collectionName=made)["data"] == {"loadState": "LoadStateNotLoad"}
    rest("collections/load", collectionName=made)
    rest("collections/flush", collectionName=made)
    assert rest("collections/get_stats", collectionName=made)["data"] == {"rowCount": 3}
    rest("collections/alter_properties", collectionName=made, properties={"collection.ttl.seconds": 3600})
    properties = rest("collections/describe", collectionName=made)["data"]["properties"]
    assert {"key": "collection.ttl.seconds", "value": "3600"} in properties
    rest("collections/drop_properties", collectionName=made, propertyKeys=["collection.ttl.seconds"])
    rest("collections/rename", collectionName=made, newCollectionName=made + "_2")
    rest("collections/rename", collectionName=made + "_2", newCollectionName=made)


def test_rows(rest, made):
    rows = rest("entities/query", collectionName=made, filter="id >= 0", outputFields=["id", "color"])["data"]
    assert rows == [{"id": 0, "color": "blue"}, {"id": 1, "color": "red"}, {"id": 2, "color": "blue"}]
    assert rest("entities/query", collectionName=made, filter="", outputFields=["count(*)"])["data"] == [{"count(*)": 3}]
    assert rest("entities/get", collectionName=made, id=1)["data"] == [
        {"id": 1, "vector": [1, 0, 0, 0.5], "color": "red"}]
    assert [r["id"] for r in rest("entities/get", collectionName=made, id=["2", 0])["data"]] == [0, 2]
    hits = rest("entities/search", collectionName=made, data=[[1, 0, 0, 0.5]], limit=2, outputFields=["color"])
    assert hits["topks"] == [2] and hits["cost"] == 0
    assert hits["data"][0] == {"id": 1, "color": "red", "distance": 0}
    assert rest("entities/search", collectionName=made, ids=[1], annsField="vector", limit=1)["data"][0]["id"] == 1
    upserted = rest("entities/upsert", collectionName=made, data={"id": 1, "vector": [9, 9, 9, 9]})["data"]
    assert upserted == {"upsertCount": 1, "upsertIds": [1]}
    assert rest("entities/delete", collectionName=made, filter="id in {ids}", exprParams={"ids": [0, 2]})[
        "data"] == {"deleteCount": 2}
    assert rest("entities/query", collectionName=made, filter="id >= 0")["data"] == [
        {"id": 1, "vector": [9, 9, 9, 9]}]


def test_big_integers_travel_as_numbers_or_strings(rest, name):
    rest("collections/create", collectionName=name, dimension=2)
    big = 9007199254740993
    inserted = rest("entities/insert", collectionName=name, data=[{"id": str(big), "vector": [1, 2]}])
    assert inserted["data"] == {"insertCount": 1, "insertIds": [big]}
    strings = {"Accept-Type-Allow-Int64": "false"}
    assert rest("entities/get", headers=strings, collectionName=name, id=str(big))["data"][0]["id"] == str(big)
    inserted = rest("entities/insert", headers=strings, collectionName=name, data=[{"id": 1, "vector": [1, 2]}])
    assert inserted["data"]["insertIds"] == ["1"]
    rest("collections/drop", collectionName=name)


def test_every_type(rest, name):
    dim = {"dim": "8"}
    fields = [
        {"fieldName": "pk", "dataType": "VarChar", "isPrimary": True, "elementTypeParams": {"max_length": 64}},
        {"fieldName": "flag", "dataType": "Bool"}, {"fieldName": "i8", "dataType": "Int8"},
        {"fieldName": "i64", "dataType": "Int64", "defaultValue": 42},
        {"fieldName": "d", "dataType": "Double", "nullable": True}, {"fieldName": "js", "dataType": "JSON"},
        {"fieldName": "arr", "dataType": "Array", "elementDataType": "Int64",
         "elementTypeParams": {"max_capacity": "4"}},
        {"fieldName": "vec", "dataType": "FloatVector", "elementTypeParams": dim},
        {"fieldName": "half", "dataType": "Float16Vector", "elementTypeParams": dim},
        {"fieldName": "bin", "dataType": "BinaryVector", "elementTypeParams": dim},
        {"fieldName": "sparse", "dataType": "SparseFloatVector"}]
    metrics = {"vec": "COSINE", "half": "L2", "bin": "HAMMING", "sparse": "IP"}
    rest("collections/create", collectionName=name, schema={"autoId": False, "fields": fields},
         indexParams=[{"fieldName": f, "indexName": f, "metricType": m} for f, m in metrics.items()])
    info = rest("collections/describe", collectionName=name)["data"]
    assert info["fields"][3]["defaultValue"] == {"Data": {"LongData": 42}}
    assert info["fields"][6]["elementType"] == "Int64"
    half = base64.b64encode(struct.pack("<8e", *range(8))).decode()
    row = {"pk": "a\u00e9\"", "flag": True, "i8": -3, "d": 1.5, "js": {"k": [1, 2.5]}, "arr": [1, 2],
           "vec": [1, 0, 0, 0, 0, 0, 0, 0.1], "half": half, "bin": "/w==", "sparse": {"7": 0.5, "1": 2}}
    second = {**row, "pk": "b", "d": None, "half": list(range(8)), "bin": [255], "i64": 7,
              "sparse": {"indices": [7, 1], "values": [0.5, 2]}}
    assert rest("entities/insert", collectionName=name, data=[row, second])["data"]["insertIds"] == ["a\u00e9\"", "b"]
    got = rest("entities/query", collectionName=name, filter="flag == true", outputFields=["*"])["data"]
    assert got[0] == {**row, "i64": 42, "js": '{"k":[1,2.5]}', "arr": {"Data": {"LongData": {"data": [1, 2]}}}}
    assert {k: got[1][k] for k in ("d", "half", "bin", "i64", "sparse")} == {
        "d": None, "half": half, "bin": "/w==", "i64": 7, "sparse": {"1": 2, "7": 0.5}}
    for field, query in (("vec", row["vec"]), ("half", half), ("bin", "/w=="), ("sparse", {"7": 0.5})):
        hits = rest("entities/search", collectionName=name, annsField=field, data=[query], limit=2)
        assert {h["pk"] for h in hits["data"]} == {row["pk"], "b"}, field
    searches = [{"data": [row["vec"]], "annsField": "vec", "limit": 2},
                {"data": [{"7": 0.5}], "annsField": "sparse", "limit": 2}]
    hybrid = rest("entities/hybrid_search", collectionName=name, search=searches, limit=1,
                  rerank={"strategy": "rrf", "params": {"k": 60}}, outputFields=["i64"])
    assert hybrid["topks"] == [1] and hybrid["data"][0]["i64"] in (7, 42)
    assert rest("entities/advanced_search", collectionName=name, search=searches, limit=1,
                rerank={"strategy": "rrf"})["topks"] == [1]
    rest("entities/upsert", collectionName=name, partialUpdate=True, data=[{"pk": "b", "i8": 9}])
    assert rest("entities/get", collectionName=name, id="b", outputFields=["i8", "i64"])["data"] == [
        {"pk": "b", "i8": 9, "i64": 7}]
    rest("collections/drop", collectionName=name)


def test_the_order_of_members_does_not_matter(rest, made, server):
    rows = '[{"id": 10, "vector": [1, 2, 3, 4]}]'
    for body in (f'{{"data": {rows}, "collectionName": "{made}"}}',
                 f'{{"COLLECTIONNAME": "{made}", "data": {rows}, "dbname": "default"}}',
                 f'{{"collectionName": "nothing", "data": {rows}, "collectionName": "{made}"}}'):
        status, _, text = rest.send("POST", "/v2/vectordb/entities/upsert", body)
        assert status == 200 and json.loads(text)["code"] == 0, text


def test_objects(rest, made):
    rest("partitions/create", collectionName=made, partitionName="p")
    assert rest("partitions/has", collectionName=made, partitionName="p")["data"] == {"has": True}
    assert rest("partitions/list", collectionName=made)["data"] == ["_default", "p"]
    rest("partitions/load", collectionName=made, partitionNames=["p"])
    assert rest("partitions/get_stats", collectionName=made, partitionName="p")["data"] == {"rowCount": 0}
    rest("partitions/release", collectionName=made, partitionNames=["p"])
    rest("partitions/drop", collectionName=made, partitionName="p")

    assert rest("indexes/list", collectionName=made)["data"] == ["vector"]
    index = rest("indexes/describe", collectionName=made, indexName="vector")["data"][0]
    assert (index["fieldName"], index["metricType"], index["indexState"]) == ("vector", "L2", "Finished")
    rest("collections/release", collectionName=made)
    rest("indexes/drop", collectionName=made, indexName="vector")
    assert rest("indexes/list", collectionName=made)["data"] == []
    rest("indexes/create", collectionName=made, indexParams=[
        {"fieldName": "vector", "indexName": "v2", "metricType": "IP", "indexType": "HNSW",
         "params": {"M": 8, "efConstruction": 100}}])
    index = rest("indexes/describe", collectionName=made, indexName="v2")["data"][0]
    assert index["indexType"] == "HNSW"
    rest("indexes/alter_properties", collectionName=made, indexName="v2", properties={"mmap.enabled": True})
    rest("indexes/drop_properties", collectionName=made, indexName="v2", propertyKeys=["mmap.enabled"])

    alias = made + "_alias"
    rest("aliases/create", collectionName=made, aliasName=alias)
    assert rest("aliases/list", collectionName=made)["data"] == [alias]
    assert rest("aliases/describe", aliasName=alias)["data"] == {
        "dbName": "default", "collectionName": made, "aliasName": alias}
    rest("aliases/alter", collectionName=made, aliasName=alias)
    rest("aliases/drop", aliasName=alias)

    group = "__default_resource_group"
    assert rest("resource_groups/list")["data"] == [group]
    answer = rest("resource_groups/describe", name=group)
    assert answer["resource_group"] == answer["data"] and answer["data"]["name"] == group


def test_databases(rest, name):
    rest("databases/create", dbName=name, properties={"database.max.collections": 3})
    assert name in rest("databases/list")["data"]
    rest("databases/alter", dbName=name, properties={"database.replica.number": 1})
    info = rest("databases/describe", dbName=name)["data"]
    assert info["dbName"] == name
    assert {"key": "database.max.collections", "value": "3"} in info["properties"]
    rest("databases/drop_properties", dbName=name, propertyKeys=["database.replica.number"])
    rest("collections/create", headers={"DB-Name": name}, collectionName="c", dimension=4)
    assert rest("collections/list", dbName=name)["data"] == ["c"]
    assert rest("collections/list", headers={"DB-Name": name})["data"] == ["c"]
    assert "c" not in rest("collections/list", headers={"DB-Name": name}, dbName="default")["data"]
    rest("collections/drop", dbName=name, collectionName="c")
    rest("databases/drop", dbName=name)
    assert rest.error("collections/list", dbName=name)[0] == 800


def test_schema_can_grow(rest, made):
    rest("collections/fields/add", collectionName=made,
         schema={"fieldName": "age", "dataType": "Int64", "nullable": True})
    rest("entities/insert", collectionName=made, data=[{"id": 5, "vector": [1, 2, 3, 4], "age": 50}])
    assert rest("entities/query", collectionName=made, filter="age == 50", outputFields=["age"])[
        "data"] == [{"id": 5, "age": 50}]
    rest("collections/truncate", collectionName=made)
    assert rest("entities/query", collectionName=made, outputFields=["count(*)"])["data"] == [{"count(*)": 0}]


def test_errors_have_milvus_codes(rest, made, name):
    assert rest.error("collections/describe", collectionName="nowhere") == (
        100, "can't find collection[database=default][collection=nowhere]")
    assert rest.error("collections/get_load_state", collectionName="nowhere")[0] == 100
    assert rest.error("entities/insert", collectionName="nowhere", data=[{"id": 1}])[0] == 100
    assert rest.error("collections/describe", dbName="nowhere", collectionName="x")[0] == 800
    code, text = rest.error("collections/describe")
    assert code == 1802 and text.startswith("missing required parameters, error: ")
    code, text = rest.error("collections/describe", collectionName=5)
    assert code == 1801 and text.startswith("can only accept json format request, error: ")
    assert rest.error("entities/insert", collectionName=made)[0] == 1802
    code, text = rest.error("entities/insert", collectionName=made, data=[{"id": 1, "vector": [1]}])
    assert code == 1804 and text.startswith("fail to deal the insert data, error: ")
    assert rest.error("entities/insert", collectionName=made, data=[])[0] == 1804
    assert rest.error("entities/search", collectionName=made)[0] == 1802
    assert rest.error("entities/search", collectionName=made, data=[[1]])[0] == 1801
    assert rest.error("entities/search", collectionName=made, data=[[1, 2, 3, 4]], ids=[1])[0] == 1100
    assert rest.error("entities/search", collectionName=made, data=[[1, 2, 3, 4]], limit=0)[0] == 1100
    assert rest.error("entities/query", collectionName=made, filter="color ==")[0] == 1100
    assert rest.error("entities/query", collectionName=made, consistencyLevel="strong")[0] == 1100
    assert rest.error("entities/get", collectionName=made, id="x")[0] == 1806
    assert rest.error("collections/create", collectionName=name)[0] == 1100
    assert "hasn't defined in schema" in rest.error(
        "collections/create", collectionName=name + "_2", schema={"fields": [
            {"fieldName": "id", "dataType": "Int64", "isPrimary": True},
            {"fieldName": "v", "dataType": "FloatVector", "elementTypeParams": {"dim": 4}}]},
        indexParams=[{"fieldName": "w", "metricType": "L2"}])[1]
    assert rest("collections/has", collectionName=name + "_2")["data"] == {"has": False}
    code, text = rest.error("jobs/import/list")
    assert code == 10 and "is not built in this version" in text


def test_bodies_that_are_no_json(rest):
    path = "/v2/vectordb/collections/list"
    for body, text in (("", "the request body should be nil, however {} is valid"), ("{", "unexpected end"),
                       ("[]", "an object is expected"), ("{} {}", "more text"), ('{"dbName": "\xff"}', "UTF-8"),
                       ('{"x": ' + "[" * 1000 + "]" * 1000 + "}", "nested too deep")):
        status, _, answer = rest.send("POST", path, body.encode("latin-1"))
        answer = json.loads(answer)
        assert status == 200 and answer["code"] == 1801 and text in answer["message"], answer
    assert rest("collections/list")["code"] == 0
    assert json.loads(rest.send("POST", path, "null")[2])["code"] == 0


def test_http(rest):
    status, headers, _ = rest.send("OPTIONS", "/v2/vectordb/collections/list")
    assert status == 204 and headers["Access-Control-Allow-Origin"] == "*"
    status, headers, _ = rest.send("POST", "/v2/vectordb/collections/list", "{}")
    assert status == 200 and len(headers["X-Milvus-Trace-Id"]) == 32
    assert headers["Content-Type"].startswith("application/json")
    trace = "0af7651916cd43dd8448eb211c80319c"
    _, headers, _ = rest.send("POST", "/v2/vectordb/collections/list", "{}",
                              {"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert headers["X-Milvus-Trace-Id"] == trace
    for method, path in (("GET", "/v2/vectordb/collections/list"), ("POST", "/v2/vectordb/collections/x"),
                         ("GET", "/"), ("POST", "/v3/vectordb/collections/list")):
        assert rest.send(method, path, "{}")[0] == 404
    assert rest.send("POST", "/v2/vectordb/collections/list?x=1", "{}")[0] == 200


def test_openapi_describes_every_route(rest):
    status, _, text = rest.send("GET", "/openapi.json")
    document = json.loads(text)
    assert status == 200 and document["openapi"] == "3.1.0"
    assert len(document["paths"]) > 100
    create = document["paths"]["/v2/vectordb/collections/create"]["post"]
    assert create["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/CreateCollection"}

    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    for reference in references(document):
        assert reference.split("/")[-1] in document["components"]["schemas"], reference


def test_first_version(rest, name):
    def call(path, **body):
        answer = rest.post("/v1/vector/" + path, body)
        assert answer["code"] == 200, answer
        return answer["data"]

    call("collections/create", collectionName=name, dimension=2, metricType="L2")
    status, _, text = rest.send("GET", f"/v1/vector/collections/describe?collectionName={name}")
    info = json.loads(text)["data"]
    assert status == 200 and info["load"] == "LoadStateLoaded"
    assert [f["type"] for f in info["fields"]] == ["Int64", "FloatVector(2)"]
    assert name in json.loads(rest.send("GET", "/v1/vector/collections")[2])["data"]
    ids = call("insert", collectionName=name, data=[{"vector": [1, 2], "a": 1}, {"vector": [3, 4], "a": 2}])["insertIds"]
    assert len(ids) == 2
    ids += call("insert", collectionName=name, data={"vector": [5, 6], "a": 3})["insertIds"]
    assert [h["a"] for h in call("search", collectionName=name, vector=[5, 6], limit=2, outputFields=["a"])] == [3, 2]
    assert call("query", collectionName=name, filter="a > 2", outputFields=["a"]) == [{"id": ids[2], "a": 3}]
    assert [r["a"] for r in call("get", collectionName=name, id=ids[0], outputFields=["a"])] == [1]
    assert call("delete", collectionName=name, id=ids[:2]) == {}
    assert len(call("query", collectionName=name, filter="a > 0")) == 1
    answer = rest.post("/v1/vector/upsert", {"collectionName": name, "data": [{"id": 1, "vector": [1, 2]}]})
    assert answer["code"] == 1100
    call("collections/drop", collectionName=name)
    assert rest.post("/v1/vector/collections/drop", {"collectionName": name})["code"] == 100


def test_function_chains(rest, made):
    """A chain of functions over the scores, and what is wrong with one."""
    search = {"collectionName": made, "data": [[0, 0, 0, 0.5]], "annsField": "vector", "limit": 3}
    add = {"op": "map", "inputs": ["$score"], "outputs": ["$score"], "expr": {
        "name": "num_combine", "args": [{"column": "$score"}, {"column": "id"}], "params": {"mode": "sum"}}}
    chain = {"stage": "FunctionChainStageL2Rerank", "ops": [add, {
        "op": "sort", "inputs": ["$score"], "params": {"desc": True}}]}
    hits = rest("entities/search", **search, functionChains=[chain])["data"]
    assert sorted(hit["id"] for hit in hits) == [0, 1, 2]
    plain = {hit["id"]: hit["distance"] for hit in rest("entities/search", **search)["data"]}
    assert {hit["id"]: hit["distance"] for hit in hits} == {key: score + key for key, score in plain.items()}
    for wrong, expected in (({"stage": "nope"}, "unsupported function chain stage: nope"),
                            ({"stage": "FunctionChainStageL2Rerank", "ops": [{}]}, "ops[0]: op name is empty"),
                            ({"stage": "FunctionChainStageL2Rerank", "ops": [{"op": "map", "expr": {
                                "name": "x", "args": [{}]}}]}, "exactly one of column or literal is required")):
        code, message = rest.error("entities/search", **search, functionChains=[wrong])
        assert code == 1100 and expected in message, message


def test_search_aggregation(rest, name):
    rest("collections/create", collectionName=name, schema={"fields": [
        {"fieldName": "id", "dataType": "Int64", "isPrimary": True},
        {"fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}},
        {"fieldName": "color", "dataType": "VarChar", "elementTypeParams": {"max_length": 8}}]},
         indexParams=[{"fieldName": "vector", "indexName": "vector", "metricType": "L2"}])
    rest("entities/insert", collectionName=name, data=[
        {"id": i, "vector": [i, 0], "color": "red" if i % 2 else "blue"} for i in range(6)])
    asked = {"fields": ["color"], "size": 2, "metrics": {"far": {"op": "max", "fieldName": "id"}},
             "topHits": {"size": 3}}
    answer = rest("entities/search", collectionName=name, data=[[0, 0]], annsField="vector", limit=6,
                  searchAggregation=asked)
    buckets = answer["data"][0]["buckets"]
    assert answer["aggTopks"] == [2]
    assert {bucket["key"][0]["value"]: (bucket["count"], bucket["metrics"]["far"], bucket["hits"][0]["id"])
            for bucket in buckets} == {"blue": (3, 4, 0), "red": (3, 5, 1)}
    code, message = rest.error("entities/search", collectionName=name, data=[[0, 0]], annsField="vector",
                               searchAggregation={"fields": [], "size": 1})
    assert code == 1100 and "searchAggregation.fields must be non-empty" in message
    rest("collections/drop", collectionName=name)


def test_resource_groups(rest):
    rest("resource_groups/create", name="spare", config={"requests": {"node_num": 0}, "limits": {"node_num": 0}})
    assert "spare" in rest("resource_groups/list")["data"]
    group = rest("resource_groups/describe", name="spare")
    assert group["resource_group"]["num_available_node"] == 0
    rest("resource_groups/drop", name="spare")
    assert rest.error("resource_groups/describe", name="spare")[0] == 300


def test_metrics_of_a_cluster_of_one(server, client):
    """What admin tools read to draw their system page."""
    import grpc
    from pymilvus.grpc_gen import milvus_pb2, milvus_pb2_grpc
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = milvus_pb2_grpc.MilvusServiceStub(channel)
        answer = stub.GetMetrics(milvus_pb2.GetMetricsRequest(request='{"metric_type": "system_info"}'))
        assert answer.status.code == 0
        nodes = {node["infos"]["type"]: node["infos"] for node in json.loads(answer.response)["nodes_info"]}
        assert {"rootcoord", "proxy", "querynode", "datanode"} <= nodes.keys()
        for infos in nodes.values():
            hardware = infos["hardware_infos"]
            assert hardware["cpu_core_count"] >= 1 and 0 < hardware["memory_usage"] < hardware["memory"]
            assert 0 < hardware["disk_usage"] < hardware["disk"] and infos["system_info"]["deploy_mode"] == "STANDALONE"
        assert stub.GetMetrics(milvus_pb2.GetMetricsRequest(request="{}")).status.code == 1100
        assert stub.GetMetrics(milvus_pb2.GetMetricsRequest(request='{"metric_type": "x"}')).status.code == 1200


def test_index_parameters_are_told_as_they_were_given(rest, client, name):
    rest("collections/create", collectionName=name, schema={"fields": [
        {"fieldName": "id", "dataType": "Int64", "isPrimary": True},
        {"fieldName": "vector", "dataType": "FloatVector", "elementTypeParams": {"dim": 2}}]})
    rest("indexes/create", collectionName=name, indexParams=[{
        "fieldName": "vector", "indexName": "vector", "metricType": "L2", "indexType": "HNSW",
        "params": {"M": 16, "efConstruction": 200}}])
    index = client.describe_index(name, "vector")
    assert index["params"] == {"M": 16, "efConstruction": 200}
    assert "M" not in index and index["index_type"] == "HNSW"
    client.drop_index(name, "vector")
    parameters = client.prepare_index_params()
    parameters.add_index("vector", index_type="HNSW", metric_type="L2", params={"M": 16, "efConstruction": 200})
    client.create_index(name, parameters)
    assert client.describe_index(name, "vector")["M"] == "16"
    client.drop_collection(name)
