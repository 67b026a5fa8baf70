import importlib.metadata

import numpy
import scipy.sparse

from engine import Engine


class Scipy(Engine):
    """The product of a query with all rows, as scipy multiplies sparse matrices; exact."""
    name = "scipy"
    kinds = ("sparse",)

    @property
    def version(self):
        return importlib.metadata.version("scipy")

    def build(self, path):
        scipy.sparse.save_npz(str(path) + ".npz", self.set.base().T.tocsr(), compressed=False)
        path.with_name(path.name + ".npz").rename(path)

    def open(self, path):
        with open(path, "rb") as file:
            self.columns = scipy.sparse.load_npz(file)

    def sweep(self, k):
        return [{}]

    def use(self, setting, k):
        self.k = k

    def one(self, query):
        row = scipy.sparse.csr_matrix((query[2], query[1], query[0]), shape=(1, self.dim))
        scores = row @ self.columns
        if scores.nnz <= self.k:
            return scores.indices
        near = numpy.argpartition(scores.data, scores.nnz - self.k)[-self.k:]
        return scores.indices[near[numpy.argsort(-scores.data[near])]]


def make(params, vector_set, threads):
    return Scipy(params, vector_set, threads)
