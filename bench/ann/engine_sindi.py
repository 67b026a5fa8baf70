import importlib.metadata
import json

import numpy
import pyvsag

from engine import Engine, product


class Sindi(Engine):
    """vsag's index of sparse vectors, pruning nothing at build. params: window."""
    name = "sindi"
    kinds = ("sparse",)

    @property
    def version(self):
        return importlib.metadata.version("pyvsag")

    def empty(self):
        index = {"term_id_limit": self.dim + 1, "window_size": self.params["window"], "doc_prune_ratio": 0,
                 "use_reorder": False}
        return pyvsag.Index("sindi", json.dumps({"dtype": "sparse", "dim": 128, "metric_type": "ip",
                                                 "index_param": index}))

    def build(self, path):
        base = self.set.base()
        index = self.empty()
        index.build(index_pointers=base.indptr.astype(numpy.uint32), indices=base.indices.astype(numpy.uint32),
                    values=base.data, ids=numpy.arange(base.shape[0]))
        index.save(str(path))

    def open(self, path):
        self.index = self.empty()
        self.index.load(str(path))

    def sweep(self, k):
        return product(query_prune_ratio=[0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0])

    def use(self, setting, k):
        self.k = k
        self.parameters = json.dumps({"sindi": setting | {"term_prune_ratio": 0, "n_candidate": k}})

    def one(self, query):
        return self.index.knn_search(*query, self.k, self.parameters)[0]


def make(params, vector_set, threads):
    return Sindi(params, vector_set, threads)
