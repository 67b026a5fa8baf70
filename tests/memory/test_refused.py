"""What does not fit into the memory budget is refused by name, and has no effect."""
import pathlib
import sys

import numpy
import pytest
from pymilvus import DataType, MilvusClient, MilvusException

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "compat"))
from conftest import Server  # noqa: E402

DIM = 1024
MEMORY_LIMIT = 3  # Milvus's code


@pytest.fixture
def small(tmp_path):
    server = Server(tmp_path, {"ELANUS_MEMORY_LIMIT": "32"}).start()
    yield server
    server.kill()


def test_what_does_not_fit_is_refused_with_the_numbers(small):
    client = small.client()
    schema = MilvusClient.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT16_VECTOR, dim=DIM)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="L2")
    client.create_collection("vectors", schema=schema, index_params=index)

    def rows(count):
        return [{"id": i, "vector": numpy.full(DIM, i % 100, dtype=numpy.float16)} for i in range(count)]

    client.insert("vectors", rows(100))
    with pytest.raises(MilvusException) as refused:
        client.insert("vectors", rows(6000))  # 12 MB on the wire, once more as a message, as rows and as a record
    assert refused.value.code == MEMORY_LIMIT
    assert "insert: memory limit exceeded[predict(MB)=" in refused.value.message
    assert "[limit(MB)=32.0]" in refused.value.message
    # What was refused has left nothing behind.
    assert client.query("vectors", output_fields=["count(*)"])[0]["count(*)"] == 100
    client.delete("vectors", ids=list(range(10)))
    client.insert("vectors", rows(1000))
    assert client.query("vectors", output_fields=["count(*)"])[0]["count(*)"] == 1000
    small.stop()
