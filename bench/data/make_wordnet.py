"""wordnet: sentence embeddings (all-MiniLM-L6-v2, 384-d, unit length) of the 117,659 entries of WordNet.

Taken from wordnet_minilm.f16.npy in the data folder where that file lies; otherwise computed (minilm.py) and
written there."""
import numpy

import glosses
import sets

FILE = "wordnet_minilm.f16.npy"


def make(_):
    entries = glosses.read()
    file = sets.home() / FILE
    if not file.exists():
        import minilm
        numpy.save(file, minilm.embed([text for text, _ in entries]).astype(numpy.float16))
    vectors = numpy.load(file).astype(numpy.float32)
    if len(vectors) != len(entries):
        raise ValueError(f"{file} has {len(vectors)} rows, WordNet {len(entries)} entries")
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    topics = numpy.array([topic for _, topic in entries], numpy.int32)
    cut = len(vectors) - sets.QUERIES
    return {"metric": "COSINE", "base": vectors[:cut], "queries": vectors[cut:], "topics": (topics[:cut], topics[cut:]),
            "source": "WordNet 3.0 entries through all-MiniLM-L6-v2"}
