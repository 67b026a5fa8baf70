import importlib.metadata
import os

import numpy
import scann

from engine import Engine, product


class Scann(Engine):
    """params: leaves, block (dimensions a code). Tree, asymmetric hashing, then reordering by float32."""
    name = "scann"

    @property
    def version(self):
        return importlib.metadata.version("scann")

    def build(self, path):
        base = self.set.base()
        metric = "squared_l2" if self.metric == "L2" else "dot_product"
        builder = scann.scann_ops_pybind.builder(base, 10, metric)
        builder = builder.tree(num_leaves=self.params["leaves"], num_leaves_to_search=50,
                               training_sample_size=min(len(base), 250_000))
        threshold = self.params.get("threshold", float("nan") if self.metric == "L2" else 0.2)
        builder = builder.score_ah(self.params["block"], anisotropic_quantization_threshold=threshold)
        builder = builder.reorder(100)
        builder.set_n_training_threads(self.threads)
        os.makedirs(path, exist_ok=True)
        builder.build().serialize(str(path))

    def open(self, path):
        # It remembers where it was written.
        assets = path / "scann_assets.pbtxt"
        assets.write_text(assets.read_text().replace(".part/", "/"))
        self.index = scann.scann_ops_pybind.load_searcher(str(path))

    def sweep(self, k):
        return product(leaves=(1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192),
                       reorder=[k * f for f in (2, 4, 8, 12, 20, 40)])

    def use(self, setting, k):
        self.k, self.leaves, self.reorder = k, setting["leaves"], setting["reorder"]

    def one(self, query):
        return self.index.search(query, self.k, self.reorder, self.leaves)[0]

    def many(self, queries):
        found = self.index.search_batched(queries, final_num_neighbors=self.k, pre_reorder_num_neighbors=self.reorder,
                                          leaves_to_search=self.leaves)[0]
        return found.astype(numpy.int64)


def make(params, vector_set, threads):
    return Scann(params, vector_set, threads)
