"""What the benchmark asks of a library: build an index file, open it, search it.

An engine lives in a worker process of its own (worker.py). `one` is what is timed: each engine calls its
library in the cheapest way its binding offers."""
import importlib
import itertools

ENGINES = ["elanus", "hnswlib", "faiss", "usearch", "vsag", "scann", "svs", "sindi", "scipy"]


class Engine:
    name = ""
    kinds = ("float32",)  # of sets it can search
    keeps_raw = True  # its index holds the vectors themselves
    filter_holds_settings = False  # allow() must follow each use()

    def __init__(self, params, vector_set, threads):
        self.params, self.set, self.threads = params, vector_set, threads
        self.metric, self.dim = vector_set.metric, vector_set.about["dim"]
        self.k = 10

    @property
    def version(self):
        return ""

    def build(self, path):
        """Builds from self.set.base() and writes to `path` (a file or a folder)."""
        raise NotImplementedError

    def open(self, path):
        raise NotImplementedError

    def sweep(self, k):
        """Search settings, cheapest first; a recall-speed curve is drawn through the best of them."""
        raise NotImplementedError

    def use(self, setting, k):
        """The settings of the searches that follow."""
        raise NotImplementedError

    def one(self, query):
        """Row numbers of the neighbours of one query."""
        raise NotImplementedError

    def many(self, queries):
        """The same for many queries in one call (n x k)."""
        raise NotImplementedError

    def allow(self, mask):
        """Only rows with mask[row] may come back from here on; None: all. NotImplementedError: cannot."""
        raise NotImplementedError(f"{self.name} does not filter")


def make(engine, params, vector_set, threads):
    return importlib.import_module(f"engine_{engine}").make(params, vector_set, threads)


def product(**choices):
    """Every combination, the last name varying fastest."""
    return [dict(zip(choices, values)) for values in itertools.product(*choices.values())]


def efforts(k, *values):
    """Search efforts of graphs: at least k."""
    steps = values or (10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 400, 512, 640, 800, 1024)
    return sorted({max(v, k) for v in steps})
