"""Users, roles and grants, through real clients; and that nobody gets in without them."""
import grpc
import pytest
from pymilvus import MilvusClient, MilvusException

DENIED = (MilvusException, grpc.RpcError)
ON = {"ELANUS_COMMON_SECURITY_AUTHORIZATIONENABLED": "true",
      "ELANUS_COMMON_SECURITY_APIKEYS": "a-key-of-the-tests=root"}


@pytest.fixture
def guarded(new_server):
    return new_server(environment=ON)


def connect(server, token):
    return MilvusClient(uri=server.uri, token=token, timeout=5)


def refused(call, text):
    with pytest.raises(DENIED) as error:
        call()
    assert text in str(error.value)


def test_who_is_not_known_does_not_get_in(guarded):
    for token in ("", "root:wrong", "nobody:Milvus", "no-such-key-at-all"):
        refused(lambda: connect(guarded, token), "auth check failure" if token else "missing authorization")
    assert connect(guarded, "root:Milvus").list_users() == ["root"]
    assert connect(guarded, "a-key-of-the-tests").list_users() == ["root"]


def test_a_user_may_do_what_the_roles_allow_and_no_more(guarded):
    root = connect(guarded, "root:Milvus")
    for name in ("books", "secrets"):
        root.create_collection(name, dimension=4)
        root.insert(name, [{"id": 1, "vector": [1, 2, 3, 4]}])
    root.create_user("alice", "secret1")
    root.create_role("reader")
    root.grant_role("alice", "reader")
    alice = connect(guarded, "alice:secret1")
    assert alice.list_collections() == []
    refused(lambda: alice.query("books", ids=[1]), "PrivilegeQuery: permission deny to alice in the `default` database")

    root.grant_privilege("reader", "Collection", "Query", "books")
    assert len(alice.query("books", ids=[1])) == 1
    assert alice.list_collections() == ["books"]
    refused(lambda: alice.query("secrets", ids=[1]), "PrivilegeQuery: permission deny")
    refused(lambda: alice.insert("books", [{"id": 2, "vector": [1, 2, 3, 4]}]), "PrivilegeInsert: permission deny")
    refused(lambda: alice.drop_collection("books"), "PrivilegeDropCollection: permission deny")
    refused(lambda: alice.create_user("bob", "secret1"), "PrivilegeCreateOwnership: permission deny")

    root.create_alias("books", "novels")
    assert len(alice.query("novels", ids=[1])) == 1

    root.revoke_privilege("reader", "Collection", "Query", "books")
    refused(lambda: alice.query("books", ids=[1]), "PrivilegeQuery: permission deny")


def test_a_new_collection_does_not_inherit_the_grants_of_an_older_one(guarded):
    root = connect(guarded, "root:Milvus")
    root.create_user("alice", "secret1")
    root.create_role("reader")
    root.grant_role("alice", "reader")
    root.create_collection("books", dimension=4)
    root.grant_privilege("reader", "Collection", "Query", "books")
    root.drop_collection("books")
    root.create_collection("books", dimension=4)
    alice = connect(guarded, "alice:secret1")
    refused(lambda: alice.query("books", ids=[1]), "PrivilegeQuery: permission deny")


def test_users_and_grants_are_there_after_a_kill(guarded):
    root = connect(guarded, "root:Milvus")
    root.create_user("alice", "secret1")
    root.update_password("alice", "secret1", "secret2")
    root.create_role("admins")
    root.grant_role("alice", "admin")
    guarded.kill()
    guarded.start()
    alice = connect(guarded, "alice:secret2")
    assert sorted(alice.list_users()) == ["alice", "root"]
    assert sorted(alice.list_roles()) == ["admin", "admins", "public"]
    with pytest.raises(MilvusException):
        connect(guarded, "alice:secret1")


def test_no_password_is_in_the_log(guarded):
    root = connect(guarded, "root:Milvus")
    root.create_user("alice", "a-password-to-look-for")
    with pytest.raises(MilvusException):
        connect(guarded, "alice:another-password-to-look-for")
    guarded.stop()
    log = (guarded.folder / "server.log").read_text()
    assert "to-look-for" not in log and "a-key-of-the-tests" not in log
    assert "root still has the default password" in log
