"""TLS on both ports: gRPC and HTTP share the port there too."""
import http.client
import json
import shutil
import ssl
import subprocess
import urllib.request

import pytest
from pymilvus import MilvusClient


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def pems(tmp_path_factory):
    """An authority, and what it has signed for a server and a client."""
    folder = tmp_path_factory.mktemp("pems")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    openssl("req", "-x509", *curve, "-subj", "/CN=authority", "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    for name in ("localhost", "client"):
        openssl("req", *curve, "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr",
                "-addext", "subjectAltName=DNS:localhost")
        openssl("x509", "-req", "-in", folder / f"{name}.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
                "-CAcreateserial", "-copy_extensions", "copy", "-days", "2", "-out", folder / f"{name}.pem")
    return folder


def environment(pems, mode):
    return {"ELANUS_COMMON_SECURITY_TLSMODE": str(mode), "ELANUS_TLS_SERVERPEMPATH": str(pems / "localhost.pem"),
            "ELANUS_TLS_SERVERKEYPATH": str(pems / "localhost.key"), "ELANUS_TLS_CAPEMPATH": str(pems / "ca.pem")}


def use(client):
    client.create_collection("books", dimension=4)
    client.insert("books", [{"id": i, "vector": [i, 1, 2, 3], "text": "x" * 20_000} for i in range(200)])
    rows = client.query("books", filter="id >= 0", output_fields=["*"], limit=200)
    assert len(rows) == 200 and all(len(row["text"]) == 20_000 for row in rows)
    client.drop_collection("books")


def test_server_tls(new_server, pems):
    server = new_server(environment=environment(pems, 1))
    use(MilvusClient(uri=f"https://localhost:{server.port}", server_pem_path=str(pems / "ca.pem"), server_name="localhost"))
    trusts = ssl.create_default_context(cafile=str(pems / "ca.pem"))
    with urllib.request.urlopen(f"https://localhost:{server.admin_port}/healthz", context=trusts) as answer:
        assert answer.read() == b"OK"
    request = urllib.request.Request(f"https://localhost:{server.port}/v2/vectordb/collections/list", b"{}",
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, context=trusts) as answer:
        assert json.load(answer)["code"] == 0
    for port in (server.port, server.admin_port):  # nothing is said in the clear
        with pytest.raises((OSError, http.client.HTTPException)):
            urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=5)


def test_mutual_tls(new_server, pems):
    server = new_server(environment=environment(pems, 2))
    uri = f"https://localhost:{server.port}"
    use(MilvusClient(uri=uri, ca_pem_path=str(pems / "ca.pem"), client_pem_path=str(pems / "client.pem"),
                     client_key_path=str(pems / "client.key"), server_name="localhost"))
    trusts = ssl.create_default_context(cafile=str(pems / "ca.pem"))
    with pytest.raises((OSError, http.client.HTTPException)):
        urllib.request.urlopen(f"https://localhost:{server.admin_port}/healthz", context=trusts, timeout=5)
    trusts.load_cert_chain(pems / "client.pem", pems / "client.key")
    with urllib.request.urlopen(f"https://localhost:{server.admin_port}/healthz", context=trusts) as answer:
        assert answer.read() == b"OK"


def test_a_server_without_its_files_does_not_start(new_server, pems, tmp_path):
    broken = tmp_path / "pems"
    shutil.copytree(pems, broken)
    (broken / "localhost.key").write_text("no key")
    with pytest.raises(RuntimeError, match="localhost.key"):
        new_server(environment=environment(broken, 1))
