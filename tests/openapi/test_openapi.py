"""Requests that schemathesis makes of /openapi.json: right ones, and wrong in every way that the document forbids.

Whatever they hold, the server answers as the document says, with no 5xx, and goes on serving."""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def document(port):
    deadline = time.monotonic() + 30
    while True:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json", timeout=5).read()
        except OSError:
            assert time.monotonic() < deadline, "server does not start"
            time.sleep(0.05)


def test_document(tmp_path):
    port, admin = free_port(), free_port()
    log = tmp_path / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen([os.environ["ELANUS_BINARY"], "serve", "--data", str(tmp_path / "data"), "--listen",
                                   f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}"], stdout=out, stderr=out)
    try:
        before = document(port)
        program = pathlib.Path(sys.executable).with_name("st")
        done = subprocess.run([program, "run", f"http://127.0.0.1:{port}/openapi.json", "--phases", "coverage,fuzzing",
                               "--max-examples", "100", "--checks", CHECKS, "--no-color", "--generation-database", "none"],
                              cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(done.stdout)  # with the seed
        assert done.returncode == 0
        assert server.poll() is None, log.read_text()[-4000:]
        assert document(port) == before
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    finally:
        server.kill()
        server.wait()
