"""Filters over one sealed segment beside DuckDB's native table: the same rows, one thread each, in one process.

  ./dev bench filter [ROW...] [--rows N] [--rounds N] [--out FILE.json]

ROW: a part of a label; only those are measured. Times are CPU time of the thread, medians of rounds in which both
take turns; both must find as many rows. Writes bench/results/filter.json and prints a table."""
import argparse
import ctypes
import datetime
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

import duckdb
import numpy

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "ann"))
sys.path.append(os.environ["ELANUS_BENCH_MODULE"])
import elanus_filter  # noqa: E402
import machine  # noqa: E402

TABLE = """CREATE TABLE t AS SELECT
  r % 100000000 AS a, (r % 1000)::INTEGER AS i, ((r % 1000) / 1000.0)::FLOAT AS f, (r % 100000) / 1000.0 AS d,
  r % 3 = 0 AS b, 'the title of document ' || (r % 1000000) || ' in a library' AS s,
  ('{"color": "red", "price": ' || (r % 100) || ', "tags": ["a' || (r % 7) || '", "b"], "stock": 17}')::JSON AS js,
  (r % 10000)::INTEGER AS k, row_number() OVER () - 1 AS id FROM (SELECT column0 AS r FROM numbers)"""


def resident(what):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(what))


def bytes_beside(run):
    """What `run` takes at its peak that was not there before: the columns have been read, the heap is empty."""
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    before = resident("VmRSS")
    run()
    return max(0, resident("VmHWM") - before)


class Row:
    """A filter, as we write it and as SQL does, and what its time may be in DuckDB's."""

    def __init__(self, label, ours, theirs, must, target, templates=None, index=None, must_ms=None, declared=None):
        self.label, self.ours, self.theirs, self.must, self.target = label, ours, theirs, must, target
        self.templates, self.index, self.must_ms, self.declared = templates or {}, index, must_ms, declared or {}


class Whole:
    """A query, its rows and all, and the SQL that says the same."""

    def __init__(self, label, ours, theirs, must, target, must_ms=None, indexed=()):
        self.label, self.ours, self.theirs, self.must, self.target = label, ours.pop("filter", ""), theirs, must, target
        self.query, self.must_ms, self.indexed = ours, must_ms, list(indexed)


def queries_to_run(rows, seed=5):
    keys = ", ".join(str(x) for x in numpy.random.default_rng(seed).integers(0, rows, 100))
    three = [("sum", "a"), ("min", "d"), ("count", "i")]
    return [
        Whole("group by, 10,000", {"group": ["k"], "aggregates": three},
              "SELECT k, sum(a), min(d), count(i) FROM t GROUP BY k", 1.5, 1),
        Whole("order by, limit 100", {"order": [("a", True)], "limit": 100, "output": ["a", "i"]},
              "SELECT a, i FROM t ORDER BY a LIMIT 100", 1.5, 1),
        Whole("count(*)", {"count": True}, "SELECT count(*) FROM t", None, None, must_ms=1),
        Whole("count(*), indexed 1 %", {"filter": "a < 1000000", "count": True},
              "SELECT count(*) FROM t WHERE a < 1000000", None, None, must_ms=5, indexed=["a"]),
        Whole("100 rows by key", {"filter": f"id in [{keys}]", "output": ["a", "s"]},
              f"SELECT a, s FROM t WHERE id IN ({keys})", None, None, must_ms=.2),
    ]


def rows_to_run(seed=3):
    random = numpy.random.default_rng(seed)
    listed = [int(x) for x in random.integers(0, 100_000_000, 1000)]
    text = ", ".join(map(str, listed))
    return [
        Row("Int64 range, half", "1000000 <= a < 50000000", "a >= 1000000 AND a < 50000000", 1.2, .6),
        Row("Int64 range, 1 %", "a < 1000000", "a < 1000000", 1.2, .6),
        Row("Int64 range, ascending rows", "id >= 9900000", "id >= 9900000", 1.2, .6),
        Row("Int32 compare", "i > 500", "i > 500", 1.2, .6),
        Row("Float compare", "f > 0.5", "f > 0.5", 1.2, .6),
        Row("Double range", "20.0 < d <= 30.0", "d > 20.0 AND d <= 30.0", 1.2, .6),
        Row("Bool", "b == true", "b", 1.2, .6),
        Row("Int64 in 1,000", "a in {list}", f"a IN ({text})", 1.2, .6, {"list": listed}),
        Row("and of four", "i > 100 and i < 900 and f < 0.7 and b == true",
            "i > 100 AND i < 900 AND f < 0.7::FLOAT AND b", 1.2, .6),
        Row("or of four", "i < 10 or i > 990 or a < 1000000 or d > 99.0",
            "i < 10 OR i > 990 OR a < 1000000 OR d > 99.0", 1.2, .6),
        Row("arithmetic", "a % 10 == 3", "a % 10 = 3", 1.2, .6),
        Row("VarChar equal", "s == 'the title of document 1234 in a library'",
            "s = 'the title of document 1234 in a library'", 1.2, .7),
        Row("VarChar prefix", "s like 'the title of document 12%'", "s LIKE 'the title of document 12%'", 1.2, .7),
        Row("VarChar like inner", "s like '%1234%'", "s LIKE '%1234%'", 1.2, .7),
        Row("VarChar regex", "s =~ 'document 12[0-9]+ in'", "regexp_matches(s, 'document 12[0-9]+ in')", 1.2, .7),
        Row("JSON compare", "js['price'] < 10", "json_extract(js, '$.price')::INTEGER < 10", .3, .1),
        Row("JSON equal", "js['color'] == 'red'", "json_extract_string(js, '$.color') = 'red'", .3, .1),
        Row("JSON contains", "json_contains(js['tags'], 'a3')",
            "json_contains(json_extract(js, '$.tags'), '\"a3\"')", .3, .1),
        Row("index, 1 %", "a < 1000000", "a < 1000000", None, None, index="a", must_ms=1),
        Row("index, 10 %", "a < 10000000", "a < 10000000", None, None, index="a", must_ms=3),
        Row("index, in 1,000", "a in {list}", f"a IN ({text})", None, None, {"list": listed}, index="a"),
        Row("index, or of three", "a < 300000 or a == 5000000 or 9990000 <= a < 10000000",
            "a < 300000 OR a = 5000000 OR (a >= 9990000 AND a < 10000000)", None, None, index="a"),
        Row("NGRAM like, .1 %", "s like '%ment 999%'", "s LIKE '%ment 999%'", None, None, index="s", must_ms=10,
            declared={"type": "NGRAM", "min_gram": "2", "max_gram": "3"}),
        Row("NGRAM regex", "s =~ 'document 12345[0-9] in'", "regexp_matches(s, 'document 12345[0-9] in')", None, None,
            index="s", declared={"type": "NGRAM", "min_gram": "3", "max_gram": "3"}),
        Row("JSON index, 1 %", "js['price'] == 7", "json_extract(js, '$.price')::INTEGER = 7", None, None, index="js",
            declared={"type": "INVERTED", "json_path": "js['price']", "json_cast_type": "DOUBLE"}),
        Row("JSON index, contains", "json_contains(js['tags'], 'a3')",
            "json_contains(json_extract(js, '$.tags'), '\"a3\"')", None, None, index="js",
            declared={"type": "INVERTED", "json_path": "js['tags']", "json_cast_type": "ARRAY_VARCHAR"}),
    ]


class Bench:
    def __init__(self, rows, rounds, folder):
        self.rounds, self.rows = rounds, rows
        numbers = numpy.random.default_rng(1).integers(0, 2**62, rows)  # noqa: F841, DuckDB finds it by name
        print(f"making {rows:,} rows for both", file=sys.stderr)
        self.ours = elanus_filter.Table(numbers, folder)
        self.theirs = duckdb.connect()
        self.theirs.execute(TABLE)
        self.theirs.execute("SET threads = 1")

    def measure_whole(self, row):
        self.ours.serve(row.indexed)
        ours, theirs = [], []
        for turn in range(self.rounds + 1):
            seconds, found = self.ours.query(row.ours, **row.query)
            begun = time.process_time()
            answer = self.theirs.execute(row.theirs).fetchall()
            their_seconds = time.process_time() - begun
            their_found = answer[0][0] if row.query.get("count") else len(answer)
            if found != their_found:
                raise SystemExit(f"{row.label}: {found} rows, DuckDB finds {their_found}")
            if turn:
                ours.append(seconds)
                theirs.append(their_seconds)
        return self.figure(row, found, ours, theirs)

    def run_theirs(self, row):
        begun = time.process_time()
        count = self.theirs.execute(f"SELECT count(*) FROM t WHERE {row.theirs}").fetchone()[0]
        return time.process_time() - begun, count

    def measure(self, row):
        self.ours.drop_indexes()
        if row.index:
            seconds, size = self.ours.index(row.index, row.declared)
            print(f"{row.label}: built in {seconds:.1f} s, {size / 2**20:.0f} MiB", file=sys.stderr)
        ours, theirs = [], []
        for turn in range(self.rounds + 1):  # the first warms both
            seconds, found = self.ours.run(row.ours, row.templates)
            their_seconds, their_found = self.run_theirs(row)
            if found != their_found:
                raise SystemExit(f"{row.label}: {found} rows, DuckDB finds {their_found}")
            if turn:
                ours.append(seconds)
                theirs.append(their_seconds)
        figure = self.figure(row, found, ours, theirs)
        figure["bits_a_row"] = 8 * bytes_beside(lambda: self.ours.run(row.ours, row.templates)) / self.rows
        return figure

    def figure(self, row, found, ours, theirs):
        ratio = statistics.median(a / b for a, b in zip(ours, theirs))
        return {"what": row.label, "filter": row.ours if len(row.ours) < 200 else row.ours[:200], "rows_passed": found,
                "elanus_ms": 1e3 * statistics.median(ours), "duckdb_ms": 1e3 * statistics.median(theirs),
                "ratio": ratio, "must": row.must, "target": row.target, "must_ms": row.must_ms,
                "kept": kept(row, ratio, 1e3 * statistics.median(ours))}


def kept(row, ratio, milliseconds):
    if row.must:
        return ratio <= row.must
    return milliseconds <= row.must_ms if row.must_ms else None


def line(figure):
    bound = (f"<= {figure['must']}x ({figure['target']}x)" if figure["must"] else
             f"<= {figure['must_ms']} ms" if figure["must_ms"] else "")
    return (f"{figure['what']:<22} {figure['elanus_ms']:>9.2f} ms {figure['duckdb_ms']:>9.2f} ms {figure['ratio']:>6.2f}x"
            f"  {bound:<16} { {True: 'kept', False: 'MISSED', None: ''}[figure['kept']]:<6}"
            + (f"  {figure['bits_a_row']:.1f} bits a row" if "bits_a_row" in figure else "")).rstrip()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("only", nargs="*", metavar="ROW")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", default=str(HERE.parent / "results" / "filter.json"))
    options = parser.parse_args()
    known = rows_to_run() + queries_to_run(options.rows)
    wanted = [r for r in known if not options.only or any(part in r.label for part in options.only)]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.rows, options.rounds, folder)
        print(f"{'':<22} {'Elanus':>12} {'DuckDB':>12} {'ratio':>7}  must (target)           memory beside the columns")
        figures = []
        for row in wanted:
            figures.append(bench.measure_whole(row) if isinstance(row, Whole) else bench.measure(row))
            print(line(figures[-1]), flush=True)
    if not options.only:
        result = {"date": datetime.date.today().isoformat(), "machine": machine.describe(), "rows": options.rows,
                  "duckdb": duckdb.__version__, "figures": figures}
        pathlib.Path(options.out).write_text(json.dumps(result, indent=1) + "\n")
        print("written to", options.out)


main()
