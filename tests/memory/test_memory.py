"""Several times more vectors than memory: written, indexed and searched all along, and the process is never killed for its
memory. The limit is the setting memory.limit, or a control group of the kernel of ELANUS_MEMORY_GROUP_MB."""
import os
import pathlib
import shutil
import sys
import threading
import time

import numpy
import pytest
from pymilvus import DataType, MilvusClient, MilvusException

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "compat"))
from conftest import Server  # noqa: E402

GROUP_MB = int(os.environ.get("ELANUS_MEMORY_GROUP_MB", "0"))
LIMIT_MB = int(os.environ.get("ELANUS_MEMORY_LIMIT_MB", "64"))
VECTORS_MB = int(os.environ.get("ELANUS_VECTORS_MB", "150"))
DIM = 1024
BATCH = 500
ROWS = (VECTORS_MB << 20) // (2 * DIM) // BATCH * BATCH
MEMORY_LIMIT = 3  # Milvus's code


class Group:
    """A control group with a memory limit, below that of this process."""

    def __init__(self, megabytes):
        self.folder = None
        for line in open("/proc/self/cgroup"):
            _, controllers, path = line.strip().split(":", 2)
            if controllers == "memory":
                self.version, parent = 1, self.mount("cgroup", "memory") + path
            elif controllers == "" and self.folder is None:
                self.version, parent = 2, self.mount("cgroup2", "") + path
            else:
                continue
            self.folder = pathlib.Path(parent) / f"elanus-test-{os.getpid()}"
            if controllers == "memory":
                break
        if self.folder is None:
            raise OSError("this process is in no control group")
        self.folder.mkdir()
        try:
            self.write("memory.limit_in_bytes" if self.version == 1 else "memory.max", megabytes << 20)
        except OSError:
            self.folder.rmdir()
            raise

    @staticmethod
    def mount(kind, controller):
        for line in open("/proc/self/mountinfo"):
            left, right = line.rstrip("\n").split(" - ")
            if right.split()[0] == kind and (not controller or controller in right.split()[2].split(",")):
                return left.split()[4]
        raise OSError(f"no {kind} is mounted")

    def write(self, name, value):
        (self.folder / name).write_text(str(value))

    def enter(self):
        self.write("cgroup.procs", os.getpid())

    def kills(self):
        text = (self.folder / ("memory.oom_control" if self.version == 1 else "memory.events")).read_text()
        return int(dict(line.split() for line in text.splitlines())["oom_kill"])

    def remove(self):
        for _ in range(100):
            try:
                return self.folder.rmdir()
            except OSError:
                time.sleep(0.1)


@pytest.fixture
def limited(tmp_path):
    """A server, and the group it is in if there is one."""
    group = None
    environment = {"ELANUS_SHARD_QUIETMS": "500"}
    if GROUP_MB:
        try:
            group = Group(GROUP_MB)
        except OSError as error:
            pytest.skip(f"no memory control group can be made here: {error}")
    else:
        environment["ELANUS_MEMORY_LIMIT"] = str(LIMIT_MB)
    server = Server(tmp_path, environment)
    server.start(group.enter if group else None)
    yield server, group
    server.kill()
    shutil.rmtree(server.folder / "data")  # pytest would keep it
    if group:
        group.remove()


class Anonymous(threading.Thread):
    """The most anonymous memory that the process was seen to have."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.stopped = pid, 0, False

    def run(self):
        while not self.stopped:
            try:
                status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
            except OSError:
                return
            for line in status.splitlines():
                if line.startswith("RssAnon:"):
                    self.most = max(self.most, int(line.split()[1]) << 10)
            time.sleep(0.02)


class Searcher(threading.Thread):
    def __init__(self, server, base):
        super().__init__(daemon=True)
        self.client, self.base = server.client(), base
        self.searches, self.slowest, self.error, self.stopped = 0, 0, None, False

    def run(self):
        while not self.stopped:
            begun = time.monotonic()
            try:
                hits = self.client.search("vectors", [self.base[self.searches % len(self.base)]], limit=10, timeout=60)
                assert len(hits) == 1
            except Exception as error:
                self.error = error
                return
            self.searches += 1
            self.slowest = max(self.slowest, time.monotonic() - begun)
            time.sleep(0.1 if GROUP_MB else 0.01)


class Vectors:
    """Vectors of DIM dimensions in which 32 matter, as those of models are; a batch at a time, again and again the same."""

    def __init__(self, seed):
        self.seed = seed
        self.spread = numpy.random.default_rng(seed).standard_normal((32, DIM), dtype=numpy.float32)

    def batch(self, number):
        inner = numpy.random.default_rng([self.seed, number]).standard_normal((BATCH, 32), dtype=numpy.float32)
        return (inner @ self.spread / 6).astype(numpy.float16)

    def row(self, row):
        return self.batch(row // BATCH)[row % BATCH]


def wait_for_index(client, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        state = client.describe_index("vectors", "vector")
        assert not state.get("index_state_fail_reason"), state
        if state["state"] == "Finished" and state["pending_index_rows"] == 0:
            return
        time.sleep(0.1)
    raise AssertionError(f"the index is not there: {state}")


def test_more_vectors_than_memory(limited):
    server, group = limited
    seed = int(time.time())
    print("seed", seed)
    vectors = Vectors(seed)
    client = server.client()
    schema = MilvusClient.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT16_VECTOR, dim=DIM)
    index = client.prepare_index_params()
    if GROUP_MB:
        index.add_index("vector", index_type="HNSW", metric_type="L2", M=8, efConstruction=40)
    else:
        index.add_index("vector", index_type="IVF_SQ8", metric_type="L2", nlist=32)
    client.create_collection("vectors", schema=schema, index_params=index)
    memory, searcher = Anonymous(server.process.pid), Searcher(server, vectors.batch(1 << 40))
    memory.start()

    begun = time.monotonic()
    refused = 0
    for first in range(0, ROWS, BATCH):
        rows = [{"id": first + i, "vector": vector} for i, vector in enumerate(vectors.batch(first // BATCH))]
        while True:
            try:
                client.insert("vectors", rows, timeout=120)
                break
            except MilvusException as error:
                assert error.code == MEMORY_LIMIT and "memory limit exceeded" in error.message, error
                refused += 1
        if first == 0:
            searcher.start()
    loaded = time.monotonic()
    client.flush("vectors")
    wait_for_index(client, 1800 if GROUP_MB else 120)
    indexed = time.monotonic()

    assert client.query("vectors", output_fields=["count(*)"])[0]["count(*)"] == ROWS
    params = {"ef": 200} if GROUP_MB else {"nprobe": 8}
    found = 0
    for row in range(0, ROWS, ROWS // 50):
        hits = client.search("vectors", [vectors.row(row)], limit=1, search_params={"params": params})
        found += hits[0][0]["id"] == row
    assert found >= 45, f"{found} of 50 rows are their own nearest"
    searcher.stopped = memory.stopped = True
    searcher.join()
    memory.join()
    print(f"{VECTORS_MB} MB: loaded in {loaded - begun:.1f} s, indexed {indexed - loaded:.1f} s later, {refused} batches refused; "
          f"{searcher.searches} searches, the slowest {searcher.slowest:.2f} s; "
          f"at most {memory.most >> 20} MB of anonymous memory")
    assert searcher.error is None, searcher.error
    assert searcher.searches > 0
    assert server.process.poll() is None
    assert memory.most < (GROUP_MB or LIMIT_MB) << 20
    # What is in the log alone is rows in memory after the next start.
    client.insert("vectors", [{"id": ROWS + i, "vector": vector} for i, vector in enumerate(vectors.batch(ROWS // BATCH))])
    server.kill()
    server.start(group.enter if group else None)
    client = server.client()
    assert client.query("vectors", output_fields=["count(*)"])[0]["count(*)"] == ROWS + BATCH
    if group:
        assert group.kills() == 0
    server.stop()
