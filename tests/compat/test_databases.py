"""Databases are name spaces with properties."""
import pytest
from pymilvus import MilvusClient, MilvusException

ROWS = [{"id": i, "vector": [i, 1.0]} for i in range(10)]


def test_collections_of_one_name_in_two_databases(server, client, name):
    client.create_database("shop", properties={"timezone": "Asia/Tokyo"})
    assert {"default", "shop"} <= set(client.list_databases())
    assert client.describe_database("shop")["timezone"] == "Asia/Tokyo"
    shop = MilvusClient(server.uri, db_name="shop")
    for one in (client, shop):
        one.create_collection(name, dimension=2)
    shop.insert(name, ROWS)
    assert shop.query(name, filter="", output_fields=["count(*)"])[0]["count(*)"] == 10
    assert client.query(name, filter="", output_fields=["count(*)"])[0]["count(*)"] == 0
    with pytest.raises(MilvusException, match="must drop all collections"):
        client.drop_database("shop")

    client.rename_collection(name, name + "_moved", target_db="shop")
    assert set(shop.list_collections()) == {name, name + "_moved"}
    shop.alter_database_properties("shop", {"database.max.collections": 2})
    with pytest.raises(MilvusException, match="exceeded the limit number of collections"):
        shop.create_collection(name + "_third", dimension=2)
    for collection in shop.list_collections():
        shop.drop_collection(collection)
    client.drop_database("shop")
    assert "shop" not in client.list_databases()


def test_a_missing_database_is_told_of(server, client):
    with pytest.raises(MilvusException, match=r"database not found\[database=nowhere\]"):
        client.describe_database("nowhere")
    with pytest.raises(MilvusException, match="invalid database name"):
        client.create_database("1st")
