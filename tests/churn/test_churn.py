"""Inserts, upserts, deletes and searches at a fixed number of live rows: after a warm-up neither the disk, the memory, the
open files, the threads nor the latency of searches grow."""
import json
import os
import pathlib
import threading
import time

import numpy
from pymilvus import DataType, MilvusClient

SECONDS = int(os.environ.get("ELANUS_CHURN_SECONDS", "600"))
LIVE, DIM, BATCH = 100_000, 64, 1_000
LIVE_BYTES = LIVE * (DIM * 4 + 8 + 8 + 32)


class Rows:
    """Which keys live: those of [first, last). Deletes take the oldest, upserts any."""

    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)
        self.first, self.last = 0, 0

    def make(self, keys):
        vectors = self.random.standard_normal((len(keys), DIM)).astype(numpy.float32)
        return [{"id": int(key), "n": int(key) % 1000, "name": f"{self.random.integers(1 << 62):032x}", "v": vector}
                for key, vector in zip(keys, vectors)]

    def add(self):
        self.last += BATCH
        return self.make(range(self.last - BATCH, self.last))

    def change(self):
        return self.make(numpy.unique(self.random.integers(self.first, self.last, BATCH)))

    def take(self):
        self.first += BATCH
        return list(range(self.first - BATCH, self.first))


class Searcher(threading.Thread):
    def __init__(self, server, seed):
        super().__init__()
        self.server, self.random = server, numpy.random.default_rng(seed)
        self.times, self.stopped, self.failed = [], False, None

    def run(self):
        client = self.server.client()
        try:
            while not self.stopped:
                query = self.random.standard_normal((1, DIM)).astype(numpy.float32)
                begun = time.monotonic()
                found = client.search("churn", list(query), limit=10, output_fields=["n"])
                self.times.append((begun, time.monotonic() - begun))
                assert len(found[0]) == 10
                time.sleep(0.01)
        except Exception as error:  # told by the test
            self.failed = error


def disk_bytes(server):
    folder = server.folder / "data"
    logs = sum(f.stat().st_size for f in (folder / "wal").rglob("*") if f.is_file())
    total = 0
    for f in folder.rglob("*"):
        try:
            total += f.stat().st_size if f.is_file() else 0
        except FileNotFoundError:  # removed meanwhile
            pass
    return total - logs, logs


def process(server):
    proc = pathlib.Path("/proc") / str(server.process.pid)
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    anonymous = int(status["RssAnon"].split()[0]) * 1024
    return {"rss": anonymous, "files": len(list((proc / "fd").iterdir())), "threads": int(status["Threads"])}


def slope_per_hour(samples, key):
    """Of a straight line through the samples, as a share of their mean."""
    times = numpy.array([s["at"] for s in samples]) / 3600
    values = numpy.array([s[key] for s in samples], dtype=float)
    return float(numpy.polyfit(times, values, 1)[0] / values.mean())


def test_steady_churn_leaves_nothing_behind(new_server):
    # What was deleted stays for so long; a tenth of the rows are changed meanwhile.
    own_server = new_server({"ELANUS_SHARD_HISTORYMS": "5000"})
    seed = int(time.time())
    print("seed", seed)
    client = own_server.client()
    schema = MilvusClient.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("n", DataType.INT64)
    schema.add_field("name", DataType.VARCHAR, max_length=64)
    schema.add_field("v", DataType.FLOAT_VECTOR, dim=DIM)
    index = client.prepare_index_params()
    index.add_index("v", index_type="HNSW", metric_type="L2")
    client.create_collection("churn", schema=schema, index_params=index)
    rows = Rows(seed)
    while rows.last < LIVE:
        client.insert("churn", rows.add())
    client.flush("churn")
    searcher = Searcher(own_server, seed)
    searcher.start()
    begun, samples, rounds = time.monotonic(), [], 0
    try:
        while time.monotonic() - begun < SECONDS:
            client.insert("churn", rows.add())
            client.delete("churn", ids=rows.take())
            client.upsert("churn", rows.change())
            rounds += 1
            if rounds % 5 == 0:
                data, logs = disk_bytes(own_server)
                samples.append({"at": time.monotonic() - begun, "disk": data, "log": logs, **process(own_server)})
            time.sleep(1)
    finally:
        searcher.stopped = True
        searcher.join()
    assert searcher.failed is None, searcher.failed
    assert client.query("churn", output_fields=["count(*)"])[0]["count(*)"] == LIVE

    half = SECONDS / 2  # the first half is the warm-up
    steady = [s for s in samples if s["at"] > half]
    early, late = ([t for at, t in searcher.times if begun + low < at < begun + high]
                   for low, high in ((half, half * 1.5), (half * 1.5, SECONDS)))
    live = LIVE_BYTES * 1.35  # and the graph of the index
    result = {
        "rounds": rounds,
        "disk_over_live_mean": float(numpy.mean([s["disk"] for s in steady])) / live,
        "disk_over_live_max": max(s["disk"] for s in steady) / live,
        "log_max": max(s["log"] for s in samples),
        "rss_slope_per_hour": slope_per_hour(steady, "rss"),
        "rss_first_third_mb": float(numpy.mean([s["rss"] for s in samples[: len(samples) // 3]])) / 1e6,
        "rss_last_third_mb": float(numpy.mean([s["rss"] for s in samples[-len(samples) // 3:]])) / 1e6,
        "files": [steady[0]["files"], steady[-1]["files"], max(s["files"] for s in samples)],
        "threads": [steady[0]["threads"], steady[-1]["threads"], max(s["threads"] for s in samples)],
        "p99_ms": [float(numpy.percentile(times, 99)) * 1e3 for times in (early, late)],
        "p50_ms": [float(numpy.percentile(times, 50)) * 1e3 for times in (early, late)],
    }
    print(json.dumps(result))
    (own_server.folder / "churn.json").write_text(json.dumps({"result": result, "samples": samples}))
    if out := os.environ.get("ELANUS_CHURN_OUT"):
        pathlib.Path(out).write_text(json.dumps({"result": result, "samples": samples}))
    assert result["disk_over_live_mean"] < 2.0
    assert result["log_max"] < 1 << 30
    assert result["rss_last_third_mb"] < 1.1 * result["rss_first_third_mb"] + 20
    assert result["files"][1] <= result["files"][0] + 20
    assert result["threads"][1] <= result["threads"][0] + 2
