"""Rates and closed databases, as clients meet them."""
import http.client
import json

import pytest
from pymilvus import MilvusClient, MilvusException

ROW = {"id": 1, "vector": [1.0, 0.0]}


def refused(call, *args, **more):
    """The error of a call that a limit refuses; the client would repeat it for minutes."""
    with pytest.raises(MilvusException) as error:
        call(*args, **more, retry_times=1, timeout=0.5)
    return error.value


def test_a_collections_own_rate(client, name):
    client.create_collection(name, dimension=2)
    client.insert(name, [ROW])
    client.alter_collection_properties(name, {"collection.searchRate.max.vps": "0.01"})
    search = {"data": [[1.0, 0.0]] * 5, "limit": 1}
    assert len(client.search(name, **search)) == 5
    assert "request is rejected by grpc RateLimiter middleware" in str(refused(client.search, name, **search))
    assert client.query(name, filter="id == 1", output_fields=["id"]) == [{"id": 1}]
    client.drop_collection_properties(name, ["collection.searchRate.max.vps"])
    assert len(client.search(name, **search)) == 5
    client.drop_collection(name)


def test_a_closed_database(server, client, name):
    client.create_database("closed")
    inside = MilvusClient(server.uri, db_name="closed")
    inside.create_collection(name, dimension=2)
    client.alter_database_properties("closed", {"database.force.deny.writing": True, "database.force.deny.ddl": True})
    error = refused(inside.insert, name, [ROW])
    assert error.code == 9 and "force deny writing in database properties" in error.message
    assert refused(inside.drop_collection, name).code == 9
    assert inside.query(name, filter="id >= 0") == []
    client.drop_database_properties("closed", ["database.force.deny.writing", "database.force.deny.ddl"])
    inside.insert(name, [ROW])
    inside.drop_collection(name)
    client.drop_database("closed")


def test_settings(new_server):
    server = new_server({"ELANUS_QUOTAANDLIMITS_DML_ENABLED": "true",
                         "ELANUS_QUOTAANDLIMITS_DML_INSERTRATE_COLLECTION_MAX": "0.0001",
                         "ELANUS_QUOTAANDLIMITS_LIMITREADING_FORCEDENY": "true"})
    client = server.client()
    client.create_collection("books", dimension=2)
    client.insert("books", [ROW] * 100)
    assert refused(client.insert, "books", [ROW]).code == 8
    assert refused(client.query, "books", filter="id >= 0").code == 9
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", "/v2/vectordb/entities/query", json.dumps({"collectionName": "books", "filter": "id >= 0"}))
    answer = json.loads(connection.getresponse().read())
    assert answer["code"] == 1807 and "request is rejected by limiter" in answer["message"]
    connection.close()


def test_management(new_server):
    """The admin port stops the server for whom may do that."""
    server = new_server({"ELANUS_COMMON_SECURITY_AUTHORIZATIONENABLED": "true"})

    def ask(page, token=None):
        connection = http.client.HTTPConnection("127.0.0.1", server.admin_port, timeout=30)
        connection.request("GET", "/management/" + page, headers={"Authorization": f"Bearer {token}"} if token else {})
        response = connection.getresponse()
        return response.status, response.read()

    root = MilvusClient(server.uri, token="root:Milvus")
    root.create_user("reader", "secret12")
    assert ask("config/get?keys=log.level")[0] == 401
    assert ask("stop", "reader:secret12")[0] == 401
    status, body = ask("config/get?keys=log.level,common.security.defaultRootPassword", "root:Milvus")
    assert status == 200 and b'"value":"info"' in body and b'"value":"Milvus"' not in body
    root.grant_role("reader", "admin")
    assert ask("check/ready", "reader:secret12") == (200, b'{"msg": "OK"}')
    assert ask("stop", "reader:secret12")[0] == 200
    assert server.process.wait(30) == 0
