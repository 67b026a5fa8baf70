import importlib.metadata
import os

import numpy
import svs

from engine import Engine, efforts


class Svs(Engine):
    """params: degree, window, alpha, data (float32, float16, lvq8, lvq4x8)."""
    name = "svs"

    @property
    def version(self):
        return importlib.metadata.version("scalable-vs")

    @property
    def distance(self):
        return svs.DistanceType.L2 if self.metric == "L2" else svs.DistanceType.MIP

    def build(self, path):
        base = self.set.base()
        if self.params["data"] == "float16":
            base = base.astype(numpy.float16)
        parameters = svs.VamanaBuildParameters(graph_max_degree=self.params["degree"],
                                               window_size=self.params["window"],
                                               alpha=1.2 if self.metric == "L2" else 0.95)
        source = base
        if self.params["data"].startswith("lvq"):
            os.makedirs(path, exist_ok=True)
            svs.write_vecs(base, str(path / "base.fvecs"))
            loader = svs.VectorDataLoader(str(path / "base.fvecs"), svs.DataType.float32, dims=self.dim)
            source = svs.LVQLoader(loader, primary=8 if self.params["data"] == "lvq8" else 4,
                                   residual=0 if self.params["data"] == "lvq8" else 8)
        index = svs.Vamana.build(parameters, source, self.distance, num_threads=self.threads)
        for part in ("config", "graph", "data"):
            os.makedirs(path / part, exist_ok=True)
        index.save(*(str(path / part) for part in ("config", "graph", "data")))

    def open(self, path):
        kind = {"float32": svs.DataType.float32, "float16": svs.DataType.float16}.get(self.params["data"])
        data = (svs.VectorDataLoader(str(path / "data"), kind, dims=self.dim) if kind is not None
                else svs.LVQLoader(str(path / "data")))
        self.index = svs.Vamana(str(path / "config"), svs.GraphLoader(str(path / "graph")), data, self.distance,
                                num_threads=1)

    def sweep(self, k):
        return [{"window": ef} for ef in efforts(k)]

    def use(self, setting, k):
        self.k = k
        self.index.search_window_size = setting["window"]

    def one(self, query):
        return self.index.search(query[None], self.k)[0]

    def many(self, queries):
        return self.index.search(queries, self.k)[0]


def make(params, vector_set, threads):
    return Svs(params, vector_set, threads)
