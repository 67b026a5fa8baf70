"""The vector sets: base rows, held-out queries, exact neighbours and hardness, made once and cached.

A set is a folder of its own: base.npy, queries.npy (sparse: .npz in CSR form), truth.npy (the 100 nearest
rows of each query), set.json (metric, shape, hardness), for wordnet also topics.npy."""
import importlib
import json
import os
import pathlib
import shutil
import sys

import numpy

NAMES = ["wordnet", "sift", "lsa", "sparse_bm25", "sparse_learned", "binary"]
QUERIES = 1000
TRUTH_K = 100


def home():
    """The folder of made data."""
    if named := os.environ.get("ELANUS_BENCH_DATA"):
        return pathlib.Path(named)
    return pathlib.Path(__file__).resolve().parents[2] / "build" / "bench-data"


def progress(done, total, what):
    """One line that fills up, on a terminal only."""
    if sys.stderr.isatty():
        filled = int(30 * done / max(total, 1))
        end = "\n" if done >= total else ""
        print(f"\r{what:<40} [{'#' * filled}{'.' * (30 - filled)}] {done}/{total}", end=end, file=sys.stderr,
              flush=True)


class VectorSet:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.about = json.loads((self.folder / "set.json").read_text())
        self.name, self.metric = self.about["name"], self.about["metric"]

    @property
    def sparse(self):
        return self.about["kind"] == "sparse"

    def _read(self, name):
        if self.sparse:
            import scipy.sparse
            return scipy.sparse.load_npz(self.folder / f"{name}.npz")
        return numpy.load(self.folder / f"{name}.npy")

    def base(self):
        return self._read("base")

    def queries(self):
        return self._read("queries")

    def truth(self):
        return numpy.load(self.folder / "truth.npy")

    def topics(self):
        """(topic of each base row, topic of each query); wordnet only."""
        with numpy.load(self.folder / "topics.npz") as file:
            return file["base"], file["queries"]

    def describe(self):
        a = self.about
        text = f"{self.name}: {a['rows']:,} x {a['dim']} {a['kind']} {a['metric']}, {a['queries']:,} queries"
        if "lid" in a:
            text += f", LID {a['lid']:.1f}, relative contrast {a['contrast']:.2f}"
        if "nonzeros" in a:
            text += f", {a['nonzeros']:.1f} nonzeros a row, {a['query_nonzeros']:.1f} a query"
        return text


def load(name, again=False):
    """The set of that name, made now if it is not there."""
    folder = home() / name
    if again:
        shutil.rmtree(folder, ignore_errors=True)
    if not (folder / "set.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        module = {"sparse_bm25": "sparse", "sparse_learned": "sparse"}.get(name, name)
        made = importlib.import_module(f"make_{module}").make(name)
        _write(folder, name, made)
    return VectorSet(folder)


def _write(folder, name, made):
    """`made`: metric, base, queries, and what else belongs beside them."""
    import truth
    base, queries = made["base"], made["queries"]
    about = {"name": name, "metric": made["metric"], "rows": base.shape[0], "queries": queries.shape[0],
             "source": made["source"]}
    if made.get("kind") == "sparse":
        import scipy.sparse
        about |= {"kind": "sparse", "dim": base.shape[1], "nonzeros": base.nnz / base.shape[0],
                  "query_nonzeros": queries.nnz / queries.shape[0]}
        scipy.sparse.save_npz(folder / "base.npz", base, compressed=False)
        scipy.sparse.save_npz(folder / "queries.npz", queries, compressed=False)
    else:
        binary = base.dtype == numpy.uint8
        about |= {"kind": "binary" if binary else "float32", "dim": base.shape[1] * (8 if binary else 1)}
        numpy.save(folder / "base.npy", base)
        numpy.save(folder / "queries.npy", queries)
    nearest = truth.nearest(base, queries, TRUTH_K, made["metric"])
    numpy.save(folder / "truth.npy", nearest)
    if about["kind"] == "float32":
        about |= truth.hardness(base, queries, nearest)
    if "topics" in made:
        numpy.savez(folder / "topics.npz", base=made["topics"][0], queries=made["topics"][1])
    (folder / "set.json").write_text(json.dumps(about, indent=1) + "\n")
