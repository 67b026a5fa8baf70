import numpy

import elanus_ann  # on the path by ELANUS_BENCH_MODULE
from engine import Engine, efforts, product

GRAPHS = ("HNSW", "HNSW_SQ", "HNSW_PQ", "HNSW_PRQ", "DISKANN", "AUTOINDEX")


class Elanus(Engine):
    name = "elanus"
    kinds = ("float32", "sparse", "binary")
    keeps_raw = False

    def __init__(self, params, vector_set, threads):
        super().__init__(params, vector_set, threads)
        params = dict(params)
        self.type = params.pop("index")
        self.mapped = params.pop("mapped", False)
        # Search parameters that stay the same in a whole curve.
        self.fixed = {key[7:]: params.pop(key) for key in list(params) if key.startswith("search.")}
        self.build_params = params

    @property
    def version(self):
        return elanus_ann.simd_level()

    def column(self):
        base = self.set.base()
        return (base.indptr.astype(numpy.int64), base.indices, base.data) if self.set.sparse else base

    def build(self, path):
        elanus_ann.build(self.column(), self.type, self.metric, self.build_params, self.threads, str(path))

    def open(self, path):
        self.index = elanus_ann.Index(self.column(), self.type, self.metric, str(path), self.mapped)

    def sweep(self, k):
        if self.type in ("FLAT", "BIN_FLAT"):
            return [{}]
        if "IVF" in self.type or self.type == "SCANN":
            nprobe = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192)
            if self.type == "SCANN":
                return product(nprobe=nprobe, reorder_k=[k * f for f in (2, 4, 8, 12, 16, 24, 40)])
            if self.build_params.get("refine") == "true":
                return product(nprobe=nprobe, refine_k=[1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 40.0])
            return product(nprobe=nprobe)
        if "SPARSE" in self.type:
            return product(drop_ratio_search=[0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0])
        key = "search_list" if self.type == "DISKANN" else "ef"
        return [{key: ef} for ef in efforts(k)]

    def use(self, setting, k):
        self.k = k
        self.index.prepare(k, self.fixed | setting)

    def one(self, query):
        return self.index.search(query)[0]

    many = one

    def allow(self, mask):
        self.index.allow(mask)


def make(params, vector_set, threads):
    return Elanus(params, vector_set, threads)
