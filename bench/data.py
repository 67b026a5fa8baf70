"""Vectors, exact neighbours, and files of requests for the native load client."""
import struct

import numpy


def clustered(rows, dim, seed=7, clusters=1000):
    """Rows around random centres, 10,000 at a time: as hard as typical descriptors, unlike noise."""
    random = numpy.random.default_rng(seed)
    centres = random.standard_normal((clusters, dim), dtype=numpy.float32)
    for begin in range(0, rows, 10_000):
        count = min(10_000, rows - begin)
        noise = random.standard_normal((count, dim), dtype=numpy.float32)
        yield centres[random.integers(clusters, size=count)] + 0.5 * noise


def embeddings(path, rows, queries):
    """(rows, queries) of unit length from an .npy file, the queries from its end; without a file, made up:
    a few dozen directions carry most of the variance, as in real embeddings."""
    if path:
        every = numpy.load(path, mmap_mode="r")
        if len(every) < rows + queries:
            raise ValueError(f"{path} has {len(every)} rows, {rows + queries} are needed")
        every = numpy.concatenate([every[:rows], every[-queries:]]).astype(numpy.float32)
    else:
        random = numpy.random.default_rng(11)
        spectrum = (1 / numpy.sqrt(1 + numpy.arange(384, dtype=numpy.float32) / 8))
        every = numpy.concatenate(list(clustered(rows + queries, 384, seed=11, clusters=4000)))
        rotation = numpy.linalg.qr(random.standard_normal((384, 384)))[0].astype(numpy.float32)
        every = (every * spectrum) @ rotation
    every /= numpy.linalg.norm(every, axis=1, keepdims=True)
    return every[:rows], every[rows:]


def nearest(rows, queries, k):
    """Row numbers of the k largest inner products, exactly."""
    found = numpy.empty((len(queries), k), numpy.int64)
    for begin in range(0, len(queries), 100):
        scores = queries[begin:begin + 100] @ rows.T
        found[begin:begin + 100] = numpy.argpartition(-scores, k, axis=1)[:, :k]
    return found


def recall(found, truth):
    hits = sum(len(set(a) & set(b)) for a, b in zip(found, truth.tolist()))
    return hits / truth.size


def write_requests(path, requests):
    with open(path, "wb") as file:
        for request in requests:
            message = request.SerializeToString()
            file.write(struct.pack("<I", len(message)) + message)
