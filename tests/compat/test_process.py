"""The process: starting, settings, logs, one data folder for one process, stopping."""
import json
import os
import signal
import subprocess
import threading
import time

from conftest import BINARY, free_port
from pymilvus import DataType, MilvusException


def run(*arguments, **environment):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **environment})


def make(client, name):
    schema = client.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("v", DataType.FLOAT_VECTOR, dim=4)
    index = client.prepare_index_params()
    index.add_index("v", index_type="FLAT", metric_type="L2")
    client.create_collection(name, schema=schema, index_params=index, consistency_level="Strong")


def test_version():
    told = run("--version")
    assert told.returncode == 0 and "elanus" in told.stdout


def test_config_tells_every_setting():
    told = run("config")
    assert told.returncode == 0
    for setting in ("19530", "9091", "log", "shard"):
        assert setting in told.stdout


def test_environment_sets_a_setting():
    assert "level: warn" in run("config", ELANUS_LOG_LEVEL="warn").stdout
    refused = run("serve", "--data", "/nonexistent/x", ELANUS_LOG_LEVEL="loud")
    assert refused.returncode == 2 and "ELANUS_LOG_LEVEL" in refused.stderr


def test_unknown_argument_is_named():
    told = run("serve", "--nonsense")
    assert told.returncode == 2 and "--nonsense" in told.stderr


def test_second_process_on_the_folder_is_refused(own_server):
    second = run("serve", "--data", str(own_server.folder / "data"), "--listen", f"127.0.0.1:{free_port()}",
                 "--admin", f"127.0.0.1:{free_port()}")
    assert second.returncode == 1
    assert "is used by another process" in second.stderr and str(own_server.folder / "data") in second.stderr
    own_server.client().close()  # the first serves on


def test_taken_port_is_named(own_server, tmp_path):
    second = run("serve", "--data", str(tmp_path / "other"), "--listen", f"127.0.0.1:{own_server.port}",
                 "--admin", f"127.0.0.1:{free_port()}")
    assert second.returncode == 1 and str(own_server.port) in second.stderr


def test_json_logs(tmp_path):
    port, admin = free_port(), free_port()
    process = subprocess.Popen(
        [BINARY, "serve", "--data", str(tmp_path / "data"), "--listen", f"127.0.0.1:{port}", "--admin",
         f"127.0.0.1:{admin}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "ELANUS_LOG_FORMAT": "json"})
    first = process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=30)[1].splitlines()
    assert process.returncode == 0
    for line in [first, *rest]:
        event = json.loads(line)
        assert {"time", "level", "msg"} <= event.keys()


def test_sigterm_answers_what_is_in_flight(own_server, name):
    """Writers at full speed while the server stops: each answered row is there after the next start."""
    client = own_server.client()
    make(client, name)
    acknowledged = []
    stopping = threading.Event()

    def write():
        key = 0
        while True:
            try:
                client.insert(name, [{"id": key, "v": [key, 0, 0, 0]}], timeout=5)
                acknowledged.append(key)
                key += 1
            except MilvusException:
                if stopping.is_set():
                    return

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    while len(acknowledged) < 50:
        time.sleep(0.01)
    stopping.set()
    begin = time.monotonic()
    own_server.stop()  # asserts that it ended with 0
    assert time.monotonic() - begin < 15
    writer.join(20)
    count = len(acknowledged)
    own_server.start()
    client = own_server.client()
    rows = client.query(name, filter="", output_fields=["count(*)"])
    assert rows[0]["count(*)"] >= count


def test_a_damaged_segment_can_be_given_up(own_server):
    client = own_server.client()
    make(client, "books")
    for first in (0, 100):
        client.insert("books", [{"id": first + i, "v": [i, 0, 0, 1]} for i in range(100)])
        client.flush("books")
    client.insert("books", [{"id": 200, "v": [1, 2, 3, 4]}])
    client.close()
    own_server.stop()
    data = str(own_server.folder / "data")
    segment = sorted((own_server.folder / "data" / "shards").rglob("*.seg"))[0]
    content = bytearray(segment.read_bytes())
    content[-8] ^= 1  # the footer: the segment cannot be opened
    segment.write_bytes(content)
    told = run("verify", data)
    assert told.returncode == 1 and str(segment) in told.stdout
    told = run("discard", str(segment))
    assert told.returncode == 0, told.stderr
    assert "collection 'default.books': 100 rows" in told.stdout
    assert run("verify", data).returncode == 0
    own_server.start()
    client = own_server.client()
    client.insert("books", [{"id": 300, "v": [1, 2, 3, 4]}])
    assert client.query("books", output_fields=["count(*)"])[0]["count(*)"] == 102
    assert not segment.exists()
    again = run("discard", str(segment))
    assert again.returncode == 1 and "used by another process" in again.stderr
