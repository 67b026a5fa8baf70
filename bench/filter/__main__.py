"""Filters over one sealed segment beside DuckDB's native table: the same rows, one thread each, in one process.

  ./dev bench filter [ROW...] [--rows N] [--rounds N] [--out FILE.json]

ROW: a part of a label; only those are measured. Times are CPU time of the thread, medians of rounds in which both
take turns; both must find as many rows. Writes bench/results/filter.json and prints a table."""
import argparse
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
  ('{"color": "red", "price": ' || (r % 100) || ', "tags": ["a' || (r % 7) || '", "b"], "stock": 17}')::JSON AS js
  FROM (SELECT column0 AS r FROM numbers)"""


class Row:
    """A filter, as we write it and as SQL does, and what its time may be in DuckDB's."""

    def __init__(self, label, ours, theirs, must, target, templates=None, index=None, must_ms=None):
        self.label, self.ours, self.theirs, self.must, self.target = label, ours, theirs, must, target
        self.templates, self.index, self.must_ms = templates or {}, index, must_ms


def rows_to_run(seed=3):
    random = numpy.random.default_rng(seed)
    listed = [int(x) for x in random.integers(0, 100_000_000, 1000)]
    text = ", ".join(map(str, listed))
    return [
        Row("Int64 range, half", "1000000 <= a < 50000000", "a >= 1000000 AND a < 50000000", 1.2, .6),
        Row("Int64 range, 1 %", "a < 1000000", "a < 1000000", 1.2, .6),
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
        Row("JSON equal", "js['color'] == 'blue'", "json_extract_string(js, '$.color') = 'blue'", .3, .1),
        Row("JSON contains", "json_contains(js['tags'], 'a3')",
            "json_contains(json_extract(js, '$.tags'), '\"a3\"')", .3, .1),
        Row("index, 1 %", "a < 1000000", "a < 1000000", None, None, index="a", must_ms=1),
        Row("index, 10 %", "a < 10000000", "a < 10000000", None, None, index="a", must_ms=3),
        Row("index, in 1,000", "a in {list}", f"a IN ({text})", None, None, {"list": listed}, index="a"),
    ]


class Bench:
    def __init__(self, rows, rounds, folder):
        self.rounds = rounds
        numbers = numpy.random.default_rng(1).integers(0, 2**62, rows)  # noqa: F841, DuckDB finds it by name
        print(f"making {rows:,} rows for both", file=sys.stderr)
        self.ours = elanus_filter.Table(numbers, folder)
        self.theirs = duckdb.connect()
        self.theirs.execute(TABLE)
        self.theirs.execute("SET threads = 1")

    def run_theirs(self, row):
        begun = time.process_time()
        count = self.theirs.execute(f"SELECT count(*) FROM t WHERE {row.theirs}").fetchone()[0]
        return time.process_time() - begun, count

    def measure(self, row):
        self.ours.drop_indexes()
        if row.index:
            self.ours.index(row.index)
        ours, theirs = [], []
        for turn in range(self.rounds + 1):  # the first warms both
            seconds, found = self.ours.run(row.ours, row.templates)
            their_seconds, their_found = self.run_theirs(row)
            if found != their_found:
                raise SystemExit(f"{row.label}: {found} rows, DuckDB finds {their_found}")
            if turn:
                ours.append(seconds)
                theirs.append(their_seconds)
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
            f"  {bound:<16} { {True: 'kept', False: 'MISSED', None: ''}[figure['kept']]}".rstrip())


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("only", nargs="*", metavar="ROW")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", default=str(HERE.parent / "results" / "filter.json"))
    options = parser.parse_args()
    wanted = [r for r in rows_to_run() if not options.only or any(part in r.label for part in options.only)]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.rows, options.rounds, folder)
        print(f"{'':<22} {'Elanus':>12} {'DuckDB':>12} {'ratio':>7}  must (target)")
        figures = []
        for row in wanted:
            figures.append(bench.measure(row))
            print(line(figures[-1]), flush=True)
    if not options.only:
        result = {"date": datetime.date.today().isoformat(), "machine": machine.describe(), "rows": options.rows,
                  "duckdb": duckdb.__version__, "figures": figures}
        pathlib.Path(options.out).write_text(json.dumps(result, indent=1) + "\n")
        print("written to", options.out)


main()
