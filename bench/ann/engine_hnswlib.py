import hnswlib
import importlib.metadata
import numpy

from engine import Engine, efforts


class Hnswlib(Engine):
    name = "hnswlib"
    allowed = None

    @property
    def version(self):
        return importlib.metadata.version("hnswlib")

    def empty(self):
        return hnswlib.Index(space="l2" if self.metric == "L2" else "ip", dim=self.dim)

    def build(self, path):
        base = self.set.base()
        index = self.empty()
        index.init_index(max_elements=len(base), M=self.params["M"], ef_construction=self.params["efc"], random_seed=100)
        index.add_items(base, num_threads=self.threads)
        index.save_index(str(path))

    def open(self, path):
        self.index = self.empty()
        self.index.load_index(str(path))
        self.index.set_num_threads(1)

    def sweep(self, k):
        return [{"ef": ef} for ef in efforts(k)]

    def use(self, setting, k):
        self.k = k
        self.index.set_ef(setting["ef"])

    def one(self, query):
        try:
            return self.index.knn_query(query, self.k, 1, self.allowed)[0]
        except RuntimeError:  # fewer than k found behind the filter
            return numpy.full(self.k, -1)

    def many(self, queries):
        return self.index.knn_query(queries, self.k, 1, self.allowed)[0]

    def allow(self, mask):
        self.allowed = None if mask is None else mask.__getitem__


def make(params, vector_set, threads):
    return Hnswlib(params, vector_set, threads)
