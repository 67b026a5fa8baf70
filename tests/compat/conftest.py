"""Starts the real server on a free port with a data folder of its own."""
import os
import pathlib
import signal
import socket
import subprocess
import time

import numpy
import pytest
from pymilvus import MilvusClient, MilvusException, connections

BINARY = os.environ["ELANUS_BINARY"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def plain(rows):
    """What a query answers, as plain lists and dicts."""
    return [dict(row) for row in rows]


class Server:
    def __init__(self, folder, environment=None):
        self.folder = pathlib.Path(folder)
        self.environment = os.environ | (environment or {})
        self.port, self.admin_port = free_port(), free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self, before=None):
        """`before` is run in the process that becomes the server."""
        log = open(self.folder / "server.log", "a")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", str(self.folder / "data"), "--listen", f"127.0.0.1:{self.port}",
             "--admin", f"127.0.0.1:{self.admin_port}"], stdout=log, stderr=subprocess.STDOUT, env=self.environment,
            preexec_fn=before)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.admin_port), timeout=1).close()
                return self
            except OSError:
                pass
        raise RuntimeError("server does not start:\n" + (self.folder / "server.log").read_text())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, (self.folder / "server.log").read_text()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def client(self):
        """A client that is connected: after a restart gRPC first has to notice that the old socket is gone."""
        deadline = time.monotonic() + 20
        while True:
            try:
                client = MilvusClient(uri=self.uri)
                client.list_collections(timeout=5)
                return client
            except MilvusException:
                if time.monotonic() > deadline:
                    raise


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    started = Server(tmp_path_factory.mktemp("elanus")).start()
    yield started
    started.stop()


@pytest.fixture
def new_server(tmp_path):
    """Starts servers that the test may stop, kill and start again."""
    servers = []

    def start(environment=None):
        folder = tmp_path / str(len(servers))
        folder.mkdir()
        servers.append(Server(folder, environment).start())
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def own_server(new_server):
    return new_server()


@pytest.fixture
def client(server):
    client = server.client()
    yield client
    client.close()


@pytest.fixture
def orm(server):
    connections.connect("default", host="127.0.0.1", port=str(server.port))
    yield
    connections.disconnect("default")


@pytest.fixture
def name(request):
    return "c_" + "".join(ch if ch.isalnum() else "_" for ch in request.node.name)


@pytest.fixture
def random():
    return numpy.random.default_rng(7)
