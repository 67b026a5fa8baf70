"""The quick start of pymilvus' own README, and what a first-time user tries next."""
import numpy

from conftest import plain


def test_the_quick_start_of_pymilvus(client, name, random):
    client.create_collection(collection_name=name, dimension=5)
    rows = [{"id": i, "vector": random.random(5).tolist(), "color": color}
            for i, color in enumerate(["pink", "red", "orange", "red", "green", "blue", "black", "yellow", "white", "red"])]
    assert client.insert(collection_name=name, data=rows)["insert_count"] == 10

    found = client.search(collection_name=name, data=[rows[3]["vector"]], limit=3, output_fields=["color"])
    assert found[0][0]["id"] == 3
    assert abs(found[0][0]["distance"] - 1) < 1e-5
    assert found[0][0]["entity"] == {"color": "red"}

    filtered = client.search(collection_name=name, data=[rows[3]["vector"]], filter='color == "red"', limit=5)
    assert sorted(hit["id"] for hit in filtered[0]) == [1, 3, 9]

    assert plain(client.query(collection_name=name, filter="id in [0, 4]", output_fields=["color"])) == [
        {"id": 0, "color": "pink"}, {"id": 4, "color": "green"}]
    assert plain(client.get(collection_name=name, ids=[5], output_fields=["color"])) == [{"id": 5, "color": "blue"}]
    assert plain(client.query(collection_name=name, output_fields=["count(*)"])) == [{"count(*)": 10}]

    client.upsert(collection_name=name, data=[{"id": 5, "vector": [0.0, 0, 0, 0, 1], "color": "navy"}])
    assert plain(client.get(collection_name=name, ids=[5], output_fields=["color"])) == [{"id": 5, "color": "navy"}]
    client.delete(collection_name=name, ids=[0, 1])
    client.delete(collection_name=name, filter='color == "green"')
    assert plain(client.query(collection_name=name, output_fields=["count(*)"])) == [{"count(*)": 7}]

    client.drop_collection(collection_name=name)
    assert not client.has_collection(name)


def test_an_exact_search_equals_numpy(client, name, random):
    vectors = random.random((3000, 16), dtype=numpy.float32)
    client.create_collection(collection_name=name, dimension=16, metric_type="L2")
    for first in range(0, 3000, 1000):
        client.insert(name, [{"id": i, "vector": vectors[i].tolist()} for i in range(first, first + 1000)])
        if first == 1000:
            client.flush(name)
    queries = random.random((20, 16), dtype=numpy.float32)
    found = client.search(name, queries.tolist(), limit=10)
    for query, hits in zip(queries, found):
        distances = ((vectors - query) ** 2).sum(axis=1)
        nearest = numpy.argsort(distances, kind="stable")[:10]
        recall = len({hit["id"] for hit in hits} & set(nearest.tolist()))
        assert recall >= 9
        assert numpy.allclose(hits[0]["distance"], distances[hits[0]["id"]], rtol=1e-4)


def test_a_wrong_request_is_answered_with_milvus_own_words(client, name):
    from pymilvus.exceptions import MilvusException
    client.create_collection(collection_name=name, dimension=4)
    cases = [
        (lambda: client.search(name, [[1.0, 2, 3]], limit=1), "dim"),
        (lambda: client.search(name, [[1.0, 2, 3, 4]], limit=16385), "topk [16385] is invalid"),
        (lambda: client.query(name, filter="nope > 1 and (", limit=1), "cannot parse expression"),
        (lambda: client.query(name + "x", filter="id > 0"), "not found"),
        (lambda: client.query(name), "empty expression should be used with limit"),
    ]
    for call, words in cases:
        try:
            call()
        except MilvusException as error:
            assert words in str(error), f"{words!r} not in {error}"
        else:
            raise AssertionError(f"no error with {words!r}")
