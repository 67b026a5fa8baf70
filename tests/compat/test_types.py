"""Every data type there and back, with nulls and defaults, growing and flushed."""
import ml_dtypes
import numpy
import pymilvus
import pytest
from pymilvus import DataType, MilvusClient

ROWS = 200
HAS_NULLS = tuple(int(part) for part in pymilvus.__version__.split(".")[:2]) >= (2, 5)  # the client, that is


def scalar_schema():
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=True)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=64)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=8)
    schema.add_field("flag", DataType.BOOL, nullable=True)
    schema.add_field("tiny", DataType.INT8)
    schema.add_field("small", DataType.INT16)
    schema.add_field("number", DataType.INT32, default_value=numpy.int32(42))
    schema.add_field("big", DataType.INT64, nullable=True)
    schema.add_field("single", DataType.FLOAT)
    schema.add_field("real", DataType.DOUBLE)
    schema.add_field("title", DataType.VARCHAR, max_length=100, nullable=True)
    schema.add_field("extra", DataType.JSON, nullable=True)
    schema.add_field("tags", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=8, max_length=20)
    schema.add_field("counts", DataType.ARRAY, element_type=DataType.INT64, max_capacity=8)
    return schema


def row(i, random):
    made = {"id": f"k{i:04}", "vector": random.random(8).tolist(), "flag": None if i % 3 == 0 else i % 2 == 0,
            "tiny": i % 100 - 50, "small": i - 100, "big": None if i % 5 == 0 else i << 40, "single": i / 4,
            "real": i / 7, "title": None if i % 4 == 0 else f"título {i}", "extra": {"n": i, "deep": {"list": [1, 2.5, "x", None]}},
            "tags": [f"t{j}" for j in range(i % 4)], "counts": list(range(i % 5)), "free": f"dyn {i}"}
    if i % 2:
        made["number"] = i
    return made


@pytest.mark.skipif(not HAS_NULLS, reason="this client refuses nulls itself")
@pytest.mark.parametrize("flushed", [False, True])
def test_scalars_come_back_as_they_were_sent(client, name, random, flushed):
    client.create_collection(name, schema=scalar_schema())
    index = client.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="L2")
    client.create_index(name, index)
    client.load_collection(name)
    sent = [row(i, random) for i in range(ROWS)]
    client.insert(name, sent)
    if flushed:
        client.flush(name)
    got = client.query(name, filter="tiny >= -50", output_fields=["*"], limit=ROWS)
    assert len(got) == ROWS
    for want, have in zip(sent, got):
        want = dict(want, number=want.get("number", 42))
        assert numpy.allclose(have.pop("vector"), want.pop("vector"), atol=1e-6)
        assert have == want
    for filter_, count in [("flag == true", sum(r["flag"] is True for r in sent)),
                           ("flag is null", sum(r["flag"] is None for r in sent)),
                           ("number == 42", sum(r.get("number", 42) == 42 for r in sent)),
                           ("title like 'título 1%'", sum((r["title"] or "").startswith("título 1") for r in sent)),
                           ('extra["n"] >= 150', 50), ("array_contains(tags, 't2')", sum("t2" in r["tags"] for r in sent)),
                           ("array_length(counts) == 3", sum(len(r["counts"]) == 3 for r in sent)),
                           ("free == 'dyn 7'", 1), ("big in [%d, 3]" % (1 << 40), 1)]:
        assert client.query(name, filter=filter_, output_fields=["count(*)"])[0]["count(*)"] == count, filter_
    client.drop_collection(name)


@pytest.mark.parametrize("kind", ["FLOAT16_VECTOR", "BFLOAT16_VECTOR", "INT8_VECTOR", "BINARY_VECTOR", "SPARSE_FLOAT_VECTOR"])
@pytest.mark.parametrize("flushed", [False, True])
def test_each_vector_type_is_found(client, name, random, kind, flushed):
    if not hasattr(DataType, kind):
        pytest.skip("this client does not know the type")
    schema = MilvusClient.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    params = {} if kind == "SPARSE_FLOAT_VECTOR" else {"dim": 32}
    schema.add_field("v", getattr(DataType, kind), **params)
    client.create_collection(name, schema=schema)
    index = client.prepare_index_params()
    index.add_index("v", index_type="AUTOINDEX",
                    metric_type={"BINARY_VECTOR": "HAMMING", "SPARSE_FLOAT_VECTOR": "IP"}.get(kind, "L2"))
    client.create_index(name, index)
    client.load_collection(name)
    if kind == "SPARSE_FLOAT_VECTOR":
        vectors = [{int(d): float(random.random() + 0.1) for d in random.choice(1000, 12, replace=False)} for _ in range(ROWS)]
    elif kind == "BINARY_VECTOR":
        vectors = [bytes(random.integers(0, 256, 4, dtype=numpy.uint8)) for _ in range(ROWS)]
    elif kind == "INT8_VECTOR":
        vectors = [random.integers(-128, 128, 32).astype(numpy.int8) for _ in range(ROWS)]
    else:
        dtype = numpy.float16 if kind == "FLOAT16_VECTOR" else ml_dtypes.bfloat16
        vectors = [random.random(32).astype(dtype) for _ in range(ROWS)]
    client.insert(name, [{"id": i, "v": v} for i, v in enumerate(vectors)])
    if flushed:
        client.flush(name)
    hits = client.search(name, [vectors[17]], limit=5)[0]
    assert len(hits) == 5
    if kind != "SPARSE_FLOAT_VECTOR":
        assert hits[0]["id"] == 17 and hits[0]["distance"] == 0
    else:
        want = max(range(ROWS), key=lambda i: sum(w * vectors[i].get(d, 0) for d, w in vectors[17].items()))
        assert hits[0]["id"] == want
    client.drop_collection(name)


@pytest.mark.skipif(not hasattr(DataType, "GEOMETRY"), reason="this client does not know the type")
@pytest.mark.parametrize("flushed", [False, True])
def test_geometries_are_found_by_where_they_are(client, name, random, flushed):
    schema = MilvusClient.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=4)
    schema.add_field("place", DataType.GEOMETRY, nullable=True)
    schema.add_field("home", DataType.GEOMETRY, default_value="POINT (0 0)")
    client.create_collection(name, schema=schema)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="L2")
    index.add_index("place", index_type="RTREE")
    client.create_index(name, index)
    client.load_collection(name)
    sent = [{"id": i, "vector": random.random(4).tolist(), "place": None if i % 10 == 0 else f"POINT ({i % 60} {i // 60})"}
            for i in range(3000)]  # enough for the index to be built
    client.insert(name, sent)
    if flushed:
        client.flush(name)
    area = "POLYGON ((9.5 9.5, 19.5 9.5, 19.5 19.5, 9.5 19.5, 9.5 9.5))"
    inside = [r["id"] for r in sent if r["place"] and 10 <= r["id"] % 60 <= 19 and 10 <= r["id"] // 60 <= 19]
    got = client.query(name, filter=f"st_within(place, '{area}')", output_fields=["place", "home"])
    assert [r["id"] for r in got] == inside
    assert all(r["place"] == sent[r["id"]]["place"] and r["home"] == "POINT (0 0)" for r in got)
    hits = client.search(name, data=[[0.5] * 4], limit=5, filter="ST_WITHIN(place, {area})", filter_params={"area": area},
                         output_fields=["place"])[0]
    assert len(hits) == 5 and all(h["id"] in inside and h["entity"]["place"] == sent[h["id"]]["place"] for h in hits)
    near = client.query(name, filter="st_dwithin(place, 'POINT (15 15)', 111195)")
    assert sorted(r["id"] for r in near) == [14 * 60 + 15, 15 * 60 + 14, 15 * 60 + 15, 15 * 60 + 16, 16 * 60 + 15]
    assert client.query(name, filter="place is null", output_fields=["count(*)"])[0]["count(*)"] == 300
    with pytest.raises(pymilvus.MilvusException, match="syntax error"):
        client.insert(name, [{"id": 1, "vector": [0] * 4, "place": "POINT (1"}])
    client.drop_collection(name)
