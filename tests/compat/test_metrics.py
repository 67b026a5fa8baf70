"""/metrics of the real server: the families dashboards ask for are there, and they move."""
import re
import urllib.request

from pymilvus import DataType, MilvusException
import pytest

FAMILIES = """
milvus_proxy_req_count milvus_proxy_req_latency milvus_proxy_sq_latency milvus_proxy_mutation_latency
milvus_proxy_search_latency milvus_proxy_search_vectors_count milvus_proxy_insert_vectors_count
milvus_proxy_delete_vectors_count milvus_rootcoord_collection_num milvus_rootcoord_partition_num
milvus_querynode_entity_num milvus_querynode_segment_num milvus_querynode_memory_usage_bytes
milvus_datacoord_stored_rows_num milvus_collection_num_entities
elanus_log_append_ms elanus_flushes_total elanus_growing_bytes elanus_disk_bytes
process_cpu_seconds_total process_resident_memory_bytes process_open_fds process_start_time_seconds
""".split()


def scrape(server):
    """{"name": {"k=v,..": value}} of all samples."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.admin_port}/metrics", timeout=10) as reply:
        assert reply.headers["Content-Type"].startswith("text/plain")
        text = reply.read().decode()
    samples = {}
    for line in text.splitlines():
        if line.startswith("#") or not line:
            continue
        name, labels, value = re.fullmatch(r"([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)", line).groups()
        samples.setdefault(name, {})[labels or ""] = float(value)
    return samples


def value_of(samples, name, **labels):
    """The sum of the samples that have these labels."""
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(v for text, v in samples.get(name, {}).items() if all(w in text.split(",") for w in wanted))


def make(client, name):
    schema = client.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("v", DataType.FLOAT_VECTOR, dim=4)
    index = client.prepare_index_params()
    index.add_index("v", index_type="FLAT", metric_type="L2")
    client.create_collection(name, schema=schema, index_params=index)


def test_families_and_counters(server, client, name):
    make(client, name)
    client.insert(name, [{"id": i, "v": [i, 0, 0, 1]} for i in range(50)])
    client.delete(name, ids=[1, 2])
    client.flush(name)
    client.search(name, data=[[0, 0, 0, 1]] * 3, limit=2)
    client.query(name, filter="id == 7")
    with pytest.raises(MilvusException):
        client.query(name, filter="nothere == 7")
    first = scrape(server)
    names = {re.sub(r"_(bucket|sum|count)$", "", found) for found in first} | set(first)
    assert [family for family in FAMILIES if family not in names] == []

    def requests(function, status):
        return value_of(first, "milvus_proxy_req_count", node_id="1", function_name=function, status=status,
                        db_name="default", collection_name=name)

    assert requests("Insert", "success") == 1 and requests("Search", "success") == 1
    assert requests("Query", "total") == 2 and requests("Query", "fail_input") == 1
    here = {"db_name": "default", "collection_name": name}
    assert value_of(first, "milvus_proxy_insert_vectors_count", **here) == 50
    assert value_of(first, "milvus_proxy_delete_vectors_count", **here) == 2
    assert value_of(first, "milvus_proxy_search_vectors_count", **here) == 3
    assert value_of(first, "milvus_proxy_sq_latency_count", query_type="search", **here) == 1
    assert value_of(first, "milvus_proxy_mutation_latency_count", msg_type="insert", **here) == 1
    assert value_of(first, "milvus_collection_num_entities", **here) == 48
    assert value_of(first, "milvus_querynode_entity_num", **here) >= 48
    assert value_of(first, "milvus_datacoord_stored_rows_num", collection_name=name) >= 48
    assert value_of(first, "elanus_flushes_total") >= 1

    client.insert(name, [{"id": 1000, "v": [0, 0, 0, 0]}])
    second = scrape(server)
    assert value_of(second, "milvus_proxy_insert_vectors_count", **here) == 51
    assert value_of(second, "elanus_log_append_ms_count") > value_of(first, "elanus_log_append_ms_count")
    assert value_of(second, "elanus_growing_bytes") > 0
    assert value_of(second, "process_resident_memory_bytes") > 1 << 20
    assert value_of(second, "process_open_fds") > 5

    client.drop_collection(name)
    assert f'collection_name="{name}"' not in str(scrape(server))
