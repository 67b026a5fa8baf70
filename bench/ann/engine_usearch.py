import importlib.metadata

import numpy
from usearch.index import Index

from engine import Engine, efforts


class Usearch(Engine):
    """params: M, efc, dtype (f32, bf16, i8): what its vectors are kept in."""
    name = "usearch"

    @property
    def version(self):
        return importlib.metadata.version("usearch")

    def empty(self):
        return Index(ndim=self.dim, metric="l2sq" if self.metric == "L2" else "ip", dtype=self.params["dtype"],
                     connectivity=self.params["M"], expansion_add=self.params["efc"])

    def build(self, path):
        base = self.set.base()
        index = self.empty()
        index.add(numpy.arange(len(base)), base, threads=self.threads)
        index.save(str(path))

    def open(self, path):
        self.index = self.empty()
        self.index.load(str(path))

    def sweep(self, k):
        return [{"ef": ef} for ef in efforts(k)]

    def use(self, setting, k):
        self.k = k
        self.index.expansion_search = setting["ef"]

    def one(self, query):
        return self.index.search(query, self.k, threads=1).keys

    def many(self, queries):
        return self.index.search(queries, self.k, threads=1).keys


def make(params, vector_set, threads):
    return Usearch(params, vector_set, threads)
