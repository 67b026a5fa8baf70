"""Nothing acknowledged is lost when the process is killed at any moment."""
import os
import random as pyrandom
import threading
import time

from pymilvus import DataType, MilvusClient

from conftest import plain

ROUNDS = int(os.environ.get("ELANUS_KILLS", "25"))


class Writer(threading.Thread):
    """Writes keys of its own. `sure` holds what was acknowledged; the one request in flight at the kill may or may not show."""

    def __init__(self, server, number, seed):
        super().__init__()
        self.server, self.number = server, number
        self.random = pyrandom.Random(seed)
        self.sure, self.unsure = {}, {}
        self.stopped = False

    def run(self):
        client = self.server.client()
        while not self.stopped:
            keys = [self.number * 100_000 + self.random.randrange(500) for _ in range(self.random.randrange(1, 20))]
            keys = list(dict.fromkeys(keys))
            value = self.random.randrange(1 << 30)
            kind = self.random.random()
            change = {key: None if kind < 0.25 else value for key in keys}
            self.unsure = change
            try:
                if kind < 0.25:
                    client.delete("crash", ids=keys, timeout=5)
                else:
                    rows = [{"id": key, "value": value, "vector": [value % 97, 0.5]} for key in keys]
                    (client.insert if kind < 0.6 else client.upsert)("crash", rows, timeout=5)
                if kind > 0.97:
                    client.flush("crash", timeout=5)
            except Exception:
                return  # the server was killed under this request
            self.sure.update(change)
            self.unsure = {}


def test_kill_nine_loses_nothing_acknowledged(own_server):
    seed = int(time.time())
    print("seed", seed)
    random = pyrandom.Random(seed)
    client = own_server.client()
    schema = MilvusClient.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("value", DataType.INT64)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="HNSW", metric_type="L2")
    client.create_collection("crash", schema=schema, index_params=index)
    expected = {}
    for round_ in range(ROUNDS):
        writers = [Writer(own_server, n, seed + 10 * round_ + n) for n in range(4)]
        for writer in writers:
            writer.start()
        time.sleep(random.uniform(0.05, 0.6))
        own_server.kill()
        for writer in writers:
            writer.stopped = True
            writer.join()
        own_server.start()
        client = own_server.client()
        rows = {row["id"]: row["value"] for row in client.query("crash", filter="id >= 0", output_fields=["value"], limit=16384)}
        unsure = {}
        for writer in writers:
            expected.update(writer.sure)
            unsure.update(writer.unsure)
        for key in set(expected) | set(rows) | set(unsure):
            want, have = expected.get(key), rows.get(key)
            assert have == want or (key in unsure and have == unsure[key]), (round_, key, want, have, unsure.get(key))
        # A request shows whole or not at all.
        for writer in writers:
            shown = [rows.get(key) == value for key, value in writer.unsure.items() if expected.get(key) != value]
            assert all(shown) or not any(shown), (round_, writer.unsure)
        expected = dict(rows)
        assert client.query("crash", output_fields=["count(*)"])[0]["count(*)"] == len(rows)


def test_a_clean_stop_and_start_keeps_data_and_indexes(own_server):
    client = own_server.client()
    client.create_collection("kept", dimension=8)
    client.insert("kept", [{"id": i, "vector": [float(i), 1, 1, 1, 1, 1, 1, 1], "tag": f"t{i % 3}"} for i in range(5000)])
    client.flush("kept")
    client.insert("kept", [{"id": 9000, "vector": [1.0] * 8, "tag": "late"}])
    own_server.stop()
    own_server.start()
    client = own_server.client()
    assert client.query("kept", output_fields=["count(*)"])[0]["count(*)"] == 5001
    assert plain(client.query("kept", filter='tag == "late"', output_fields=["id"])) == [{"id": 9000}]
    assert len(client.search("kept", [[3.0] + [1.0] * 7], limit=4)[0]) == 4
