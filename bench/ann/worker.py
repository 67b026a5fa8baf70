"""One engine with one index, in a process of its own: told what to do by lines of JSON on standard input."""
import json
import os
import pathlib
import resource
import shutil
import sys
import time

import numpy

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent / "data"), *filter(None, [os.environ.get("ELANUS_BENCH_MODULE")])]
import engine  # noqa: E402
import machine  # noqa: E402
import sets  # noqa: E402
import truth  # noqa: E402

def memory(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


def size_of(path):
    path = pathlib.Path(path)
    return path.stat().st_size if path.is_file() else sum(f.stat().st_size for f in path.rglob("*") if f.is_file())


class Worker:
    def __init__(self, task):
        self.set = sets.VectorSet(task["set"])
        self.path = pathlib.Path(task["path"])
        self.engine = engine.make(task["engine"], task["params"], self.set, task["threads"])
        if self.set.about["kind"] not in self.engine.kinds:
            raise ValueError(f"{self.engine.name} has no {self.set.about['kind']} vectors")
        self.mask, self.mask_given = None, True

    def build(self, task):
        before = memory("VmRSS")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(self.path.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        cpu, wall = sum(os.times()[:2]), time.perf_counter()
        self.engine.build(part)
        out = {"build_s": time.perf_counter() - wall, "build_cpu_s": sum(os.times()[:2]) - cpu,
               "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before,
               "file_bytes": size_of(part), "version": self.engine.version, "threads": task["threads"]}
        if self.path.exists():
            shutil.rmtree(self.path) if self.path.is_dir() else self.path.unlink()
        part.rename(self.path)
        return out

    def open(self, task):
        queries = self.set.queries()
        if self.set.sparse:
            self.matrix = queries
            self.queries = [(queries[q].indptr.astype(numpy.uint32), queries[q].indices.astype(numpy.uint32), queries[q].data)
                            for q in range(queries.shape[0])]
        else:
            self.matrix, self.queries = queries, list(queries)
        os.sched_setaffinity(0, {task["core"]})
        before = memory("VmRSS")
        begun = time.perf_counter()
        self.engine.open(self.path)
        opened = time.perf_counter() - begun
        return {"open_s": opened, "resident_bytes": memory("VmRSS") - before, "version": self.engine.version,
                "keeps_raw": self.engine.keeps_raw, "file_bytes": size_of(self.path)}

    def sweep(self, task):
        return {"settings": self.engine.sweep(task["k"])}

    def allow(self, task):
        """Only the rows whose mask lies in a file; "" lifts that."""
        self.mask = numpy.load(task["mask"]) if task["mask"] else None
        self.mask_name, self.mask_given = task["mask"], False
        return {}

    def use(self, setting, k):
        """Settings, then the filter: some engines keep the settings with the filter."""
        self.engine.use(setting, k)
        if not self.mask_given or self.engine.filter_holds_settings:
            self.engine.allow(self.mask)
            self.mask_given = True

    def nearest(self, k):
        """The true neighbours under the mask: made once for each mask file, and kept beside it."""
        if self.mask is None:
            return self.set.truth()
        file = pathlib.Path(self.mask_name).with_suffix(".truth.npy")
        if not file.exists():
            found = truth.nearest(self.set.base(), self.matrix, sets.TRUTH_K, self.metric, self.mask)
            numpy.save(file, found)
        return numpy.load(file)

    @property
    def metric(self):
        return self.set.metric

    def recall(self, task):
        """Recall of one setting, and a first idea of its speed."""
        k = task["k"]
        self.use(task["setting"], k)
        asked = self.chosen(task)
        queries = [self.queries[q] for q in asked]
        found = numpy.full((len(queries), k), -1, numpy.int64)
        begun = time.perf_counter()
        for q, query in enumerate(queries):
            rows = numpy.asarray(self.engine.one(query)).reshape(-1)[:k]
            found[q, :len(rows)] = rows
        spent = time.perf_counter() - begun
        found[(found < 0) | (found >= self.set.about["rows"])] = -1
        if self.mask is not None:
            found[~self.mask[numpy.maximum(found, 0)]] = -1
        base = self.base()
        reached = truth.recall(base, self.matrix[asked], found, self.nearest(k)[asked], k, self.metric)
        return {"recall": reached, "qps": len(queries) / spent}

    def chosen(self, task):
        """Numbers of the queries that take part: all, or those in a file, at most `limit`."""
        asked = numpy.load(task["queries"]) if task.get("queries") else numpy.arange(len(self.queries))
        return asked[:task.get("limit")]

    def base(self):
        if not hasattr(self, "scored_against"):
            file = self.set.folder / "base.npy"
            self.scored_against = numpy.load(file, mmap_mode="r") if file.exists() else self.set.base()
        return self.scored_against

    def time(self, task):
        """Queries a second of one setting: one call a query, all queries `repeats` times."""
        self.use(task["setting"], task["k"])
        one, queries = self.engine.one, [self.queries[q] for q in self.chosen(task)]
        for query in queries[:50]:
            one(query)
        begun = time.perf_counter()
        for _ in range(task["repeats"]):
            for query in queries:
                one(query)
        spent = time.perf_counter() - begun
        return {"qps": len(queries) * task["repeats"] / spent}

    def time_many(self, task):
        """Queries a second when all queries come in one call."""
        self.use(task["setting"], task["k"])
        self.engine.many(self.matrix[:50])
        begun = time.perf_counter()
        for _ in range(task["repeats"]):
            self.engine.many(self.matrix)
        spent = time.perf_counter() - begun
        return {"qps": len(self.queries) * task["repeats"] / spent}

    def few(self, task):
        """As time, with 50 queries: for exact searches."""
        self.use({}, task["k"])
        one = self.engine.one
        begun = time.perf_counter()
        for query in self.queries[:50]:
            one(query)
        return {"qps": 50 / (time.perf_counter() - begun)}

    def limits(self, _):
        """What this core does at best, measured in the same run."""
        return {"read_bytes_s": machine.read_bandwidth(), "multiply_flop_s": machine.multiply_rate()}


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    worker = None
    for line in sys.stdin:
        task = json.loads(line)
        try:
            if task["do"] == "start":
                worker = Worker(task)
                answer = {}
            else:
                answer = getattr(worker, task["do"])(task)
        except Exception as error:  # told to whoever asked
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
