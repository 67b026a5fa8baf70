import importlib.metadata
import json

import numpy
import pyvsag

from engine import Engine, efforts


class Vsag(Engine):
    """params: base (quantisation of the graph's codes), degree, efc. Hits are put in order by float32."""
    name = "vsag"

    @property
    def version(self):
        return importlib.metadata.version("pyvsag")

    def empty(self):
        index = {"base_quantization_type": self.params["base"], "max_degree": self.params["degree"],
                 "ef_construction": self.params["efc"], "build_thread_count": self.threads}
        if self.params["base"] != "fp32":
            index |= {"use_reorder": True, "precise_quantization_type": "fp32"}
        return pyvsag.Index("hgraph", json.dumps({"dtype": "float32", "dim": self.dim, "index_param": index,
                                                  "metric_type": "l2" if self.metric == "L2" else "ip"}))

    def build(self, path):
        base = self.set.base()
        index = self.empty()
        index.build(vectors=base, ids=numpy.arange(len(base)), num_elements=len(base), dim=self.dim)
        index.save(str(path))

    def open(self, path):
        self.index = self.empty()
        self.index.load(str(path))

    def sweep(self, k):
        return [{"ef": ef} for ef in efforts(k)]

    def use(self, setting, k):
        self.k = k
        self.parameters = json.dumps({"hgraph": {"ef_search": setting["ef"]}})

    def one(self, query):
        return self.index.knn_search(query, self.k, self.parameters)[0]


def make(params, vector_set, threads):
    return Vsag(params, vector_set, threads)
