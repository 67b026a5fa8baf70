"""A program as users write them for production, with the ORM that years of scripts use."""
import numpy
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, utility

ROWS, DIM, BATCH = 10_000, 1536, 1_000


def make(name, random, index):
    schema = CollectionSchema([
        FieldSchema("id", DataType.INT64, is_primary=True, auto_id=True),
        FieldSchema("embedding", DataType.FLOAT_VECTOR, dim=DIM),
        FieldSchema("text", DataType.VARCHAR, max_length=2000),
        FieldSchema("source", DataType.VARCHAR, max_length=200),
        FieldSchema("chunk", DataType.INT64),
    ], description="chunks of documents")
    collection = Collection(name, schema)
    centres = random.standard_normal((100, DIM), dtype=numpy.float32)
    vectors = numpy.repeat(centres, ROWS // 100, axis=0) + 0.3 * random.standard_normal((ROWS, DIM), dtype=numpy.float32)
    for first in range(0, ROWS, BATCH):
        collection.insert([
            vectors[first:first + BATCH].tolist(),
            [f"text of chunk {i}" for i in range(first, first + BATCH)],
            [f"source_{i % 10}.txt" for i in range(first, first + BATCH)],
            list(range(first, first + BATCH)),
        ])
    collection.flush()
    collection.create_index("embedding", index)
    collection.load()
    return collection, vectors


def recall_of(results, vectors, queries, k):
    unit = vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
    found = 0
    for hits, query in zip(results, queries):
        scores = unit @ (query / numpy.linalg.norm(query))
        best = set(numpy.argsort(-scores)[:k].tolist())
        found += len(best & {hit.entity.get("chunk") for hit in hits})
    return found / (len(queries) * k)


def test_hnsw_over_ten_thousand_openai_sized_rows(orm, name, random):
    collection, vectors = make(name, random, {
        "index_type": "HNSW", "metric_type": "COSINE", "params": {"M": 16, "efConstruction": 200}})
    assert collection.num_entities == ROWS
    queries = vectors[random.choice(ROWS, 100)] + 0.1 * random.standard_normal((100, DIM), dtype=numpy.float32)
    recalls = []
    for ef in (16, 32, 64, 128):
        results = collection.search(queries.tolist(), "embedding", {"metric_type": "COSINE", "params": {"ef": ef}},
                                    limit=10, output_fields=["chunk", "source"])
        assert len(results) == 100 and all(len(hits) == 10 for hits in results)
        recalls.append(recall_of(results, vectors, queries, 10))
    assert recalls[-1] >= 0.95, recalls
    assert recalls[-1] >= recalls[0] - 0.01, recalls

    filtered = collection.search(queries[:5].tolist(), "embedding", {"metric_type": "COSINE", "params": {"ef": 64}},
                                 limit=10, expr="source == 'source_0.txt'", output_fields=["source", "text"])
    assert all(hit.entity.get("source") == "source_0.txt" for hits in filtered for hit in hits)
    assert all(len(hits) == 10 for hits in filtered)
    rows = collection.query("chunk >= 100 and chunk < 110", output_fields=["text", "chunk"])
    assert sorted(row["chunk"] for row in rows) == list(range(100, 110))

    collection.release()
    assert utility.load_state(name).name == "NotLoad"
    collection.drop()


def test_ivf_flat_beside_it(orm, name, random):
    collection, vectors = make(name, random, {
        "index_type": "IVF_FLAT", "metric_type": "COSINE", "params": {"nlist": 128}})
    queries = vectors[:50]
    results = collection.search(queries.tolist(), "embedding", {"metric_type": "COSINE", "params": {"nprobe": 32}},
                                limit=10, output_fields=["chunk"])
    assert recall_of(results, vectors, queries, 10) >= 0.9
    collection.release()
    utility.drop_collection(name)
    assert not utility.has_collection(name)
