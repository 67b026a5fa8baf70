import faiss
import numpy

from engine import Engine, efforts, product


class Faiss(Engine):
    """params: factory (faiss's own description of an index), efc for graphs."""
    name = "faiss"
    kinds = ("float32", "binary")
    filter_holds_settings = True
    search_params = None

    @property
    def version(self):
        return faiss.__version__

    @property
    def factory(self):
        return self.params["factory"]

    @property
    def refined(self):
        return "RFlat" in self.factory or "Refine" in self.factory

    def build(self, path):
        faiss.omp_set_num_threads(self.threads)
        base = self.set.base()
        if base.dtype == numpy.uint8:
            index = faiss.index_binary_factory(self.dim, self.factory)
            index.train(base)
            index.add(base)
            faiss.write_index_binary(index, str(path))
            return
        metric = faiss.METRIC_L2 if self.metric == "L2" else faiss.METRIC_INNER_PRODUCT
        index = faiss.index_factory(self.dim, self.factory, metric)
        if "efc" in self.params:
            inner = faiss.downcast_index(index.base_index) if self.refined else index
            inner.hnsw.efConstruction = self.params["efc"]
        index.train(base)
        index.add(base)
        faiss.write_index(index, str(path))

    def open(self, path):
        binary = self.set.about["kind"] == "binary"
        self.index = (faiss.read_index_binary if binary else faiss.read_index)(str(path))
        faiss.omp_set_num_threads(1)
        self.owner = self.inner = self.index  # what it is cast to owns nothing
        if self.refined:
            self.index = faiss.downcast_index(self.owner)
            self.inner = faiss.downcast_index(self.index.base_index)

    def sweep(self, k):
        factors = {"k_factor": [1, 2, 4, 8, 12, 16, 24, 40]} if self.refined else {}
        if "HNSW" in self.factory:
            return product(ef=efforts(k), **({"k_factor": [1, 2, 4]} if self.refined else {}))
        if "IVF" in self.factory:
            return product(nprobe=(1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192), **factors)
        return [{}]

    def use(self, setting, k):
        self.k = k
        if "nprobe" in setting:
            self.inner.nprobe = setting["nprobe"]
        if "ef" in setting:
            self.inner.hnsw.efSearch = setting["ef"]
        if "k_factor" in setting:
            self.index.k_factor = setting["k_factor"]
        # faiss.Index.search checks and allocates at each call; the call beneath it does not.
        self.distances = numpy.empty((1, k), numpy.int32 if self.set.about["kind"] == "binary" else numpy.float32)
        self.ids = numpy.empty((1, k), numpy.int64)
        self.pointers = faiss.swig_ptr(self.distances), faiss.swig_ptr(self.ids)

    def one(self, query):
        self.index.search_c(1, faiss.swig_ptr(query), self.k, *self.pointers, self.search_params)
        return self.ids

    def many(self, queries):
        return self.index.search(queries, self.k)[1]

    def allow(self, mask):
        self.search_params = None
        if mask is None:
            return
        self.bits = numpy.packbits(mask, bitorder="little")
        self.selector = faiss.IDSelectorBitmap(len(mask), faiss.swig_ptr(self.bits))
        if "HNSW" in self.factory:
            inner = faiss.SearchParametersHNSW(sel=self.selector, efSearch=self.inner.hnsw.efSearch)
        elif "IVF" in self.factory:
            inner = faiss.SearchParametersIVF(sel=self.selector, nprobe=self.inner.nprobe)
        else:
            inner = faiss.SearchParameters(sel=self.selector)
        self.kept_inner = inner
        self.search_params = (faiss.IndexRefineSearchParameters(k_factor=self.index.k_factor, base_index_params=inner)
                              if self.refined else inner)


def make(params, vector_set, threads):
    return Faiss(params, vector_set, threads)
