"""Search and query iterators give every row once, also where many rows have one score."""
import numpy
import pytest
from pymilvus import DataType, MilvusClient

if not hasattr(MilvusClient, "search_iterator"):
    pytest.skip("this client has no iterators", allow_module_level=True)

ROWS = 1500


@pytest.fixture(params=["growing", "HNSW", "IVF_FLAT", "FLAT"])
def filled(client, name, request):
    """Rows on 100 places, so that each score is that of 15 rows; keys do not follow the places."""
    schema = MilvusClient.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("place", DataType.INT64)
    schema.add_field("v", DataType.FLOAT_VECTOR, dim=4)
    client.create_collection(name, schema=schema)
    index = client.prepare_index_params()
    kind = "FLAT" if request.param == "growing" else request.param
    index.add_index("v", index_type=kind, metric_type="L2", params={"nlist": 8} if kind == "IVF_FLAT" else {})
    client.create_index(name, index)
    client.load_collection(name)
    for first in range(0, ROWS, 500):
        client.insert(name, [{"id": i, "place": i * 7 % 100, "v": [i * 7 % 100, 0, 0, 0]} for i in range(first, first + 500)])
        if request.param != "growing":
            client.flush(name)
    yield name
    client.drop_collection(name)


def pages_of(iterator):
    pages = []
    while page := iterator.next():
        pages.append([(hit["id"], hit["distance"]) if "distance" in hit else hit["id"] for hit in page])
    iterator.close()
    return pages


@pytest.mark.parametrize("filter_, want", [("", set(range(ROWS))), ("place < 50", {i for i in range(ROWS) if i * 7 % 100 < 50})])
def test_search_iterator_gives_every_row_once_nearest_first(client, filled, filter_, want):
    iterator = client.search_iterator(filled, data=[[0, 0, 0, 0]], batch_size=64, anns_field="v", filter=filter_,
                                      search_params={"params": {"nprobe": 8}})
    client.insert(filled, [{"id": ROWS + 1, "place": 0, "v": [0, 0, 0, 0]}])  # after it was begun: not seen
    pages = pages_of(iterator)
    hits = [hit for page in pages for hit in page]
    assert [len(page) for page in pages[:-1]] == [64] * (len(pages) - 1)
    assert sorted(key for key, _ in hits) == sorted(want)
    assert [distance for _, distance in hits] == sorted(distance for _, distance in hits)


def test_search_iterator_keeps_to_a_range_and_a_limit(client, filled):
    iterator = client.search_iterator(filled, data=[[0, 0, 0, 0]], batch_size=10, limit=35, anns_field="v",
                                      search_params={"params": {"nprobe": 8, "radius": 26.0, "range_filter": 4.0}})
    hits = [hit for page in pages_of(iterator) for hit in page]
    assert len(hits) == 35
    assert {distance for _, distance in hits} == {4, 9, 16}


def test_query_iterator_gives_every_row_once_in_key_order(client, filled):
    iterator = client.query_iterator(filled, batch_size=99, filter="place != 3", output_fields=["id"])
    keys = [key for page in pages_of(iterator) for key in page]
    assert keys == [i for i in range(ROWS) if i * 7 % 100 != 3]
