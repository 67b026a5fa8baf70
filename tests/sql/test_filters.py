"""Random filters, against the real binary and DuckDB over the same rows: both let the same rows pass.

What both languages say alike is asked: comparisons, ranges, lists, arithmetic, LIKE, nulls, and Kleene's AND, OR and NOT.
Half of the rows are sealed and half growing; some columns have indexes. ELANUS_SQL_SEED repeats a run."""
import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.request

import duckdb
import pytest

ROWS = 8000
FILTERS = 3000
WORDS = ["", "a", "ab", "abc", "b", "bc", "c%", "d_", "red", "green", "blue", "greenish"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, folder):
        self.port, self.log = free_port(), folder / "server.log"
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [os.environ["ELANUS_BINARY"], "serve", "--data", str(folder / "data"), "--listen",
                 f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{free_port()}"], stdout=out, stderr=out)

    def ask(self, path, **body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v2/vectordb/{path}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            answered = json.loads(answer.read())
        assert answered["code"] == 0, (path, answered)
        return answered.get("data")

    def wait(self):
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.ask("collections/list")
            except OSError:
                assert time.monotonic() < deadline, "server does not start"
                time.sleep(0.05)


@pytest.fixture
def server(tmp_path):
    started = Server(tmp_path)
    try:
        started.wait()
        yield started
        assert started.process.poll() is None, started.log.read_text()[-4000:]
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(60) == 0
    finally:
        started.process.kill()
        started.process.wait()


def make_rows(dice):
    def maybe(value):
        return None if dice.random() < 0.1 else value
    return [{"id": i, "a": dice.randrange(-1000, 1000), "i": maybe(dice.randrange(-20, 20)),
             "f": maybe(dice.randrange(-40, 40) / 8), "b": maybe(dice.random() < 0.5), "s": maybe(dice.choice(WORDS)),
             "v": [0.0, 1.0]} for i in range(ROWS)]


def fill(server, rows):
    def field(name, kind, **more):
        return {"fieldName": name, "dataType": kind, "nullable": name not in ("id", "a", "v")} | more
    server.ask("collections/create", collectionName="t", schema={"fields": [
        field("id", "Int64", isPrimary=True), field("a", "Int64"), field("i", "Int32"), field("f", "Double"),
        field("b", "Bool"), field("s", "VarChar", elementTypeParams={"max_length": 64}),
        field("v", "FloatVector", elementTypeParams={"dim": 2})]},
               indexParams=[{"fieldName": "v", "indexName": "v", "metricType": "L2", "indexType": "FLAT"}] + [
                   {"fieldName": name, "indexName": name, "indexType": kind}
                   for name, kind in (("i", "STL_SORT"), ("s", "INVERTED"))])
    for begin in range(0, ROWS, 1000):
        server.ask("entities/insert", collectionName="t", data=rows[begin:begin + 1000])
        if begin == ROWS // 2:
            server.ask("collections/flush", collectionName="t")


def fill_duckdb(rows):
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (id BIGINT, a BIGINT, i INTEGER, f DOUBLE, b BOOLEAN, s VARCHAR)")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)",
                           [[row[c] for c in ("id", "a", "i", "f", "b", "s")] for row in rows])
    return connection


class Filters:
    """Pairs of a filter and its SQL."""

    def __init__(self, dice):
        self.dice = dice

    def number(self, column):
        if column == "f":
            return f"{self.dice.randrange(-45, 45) / 8}"
        return str(self.dice.randrange(-25, 25) if column == "i" else self.dice.randrange(-1100, 1100))

    def literal(self, column):
        if column == "s":
            return "'" + self.dice.choice(WORDS).replace("'", "") + "'"
        return self.number(column)

    def leaf(self):
        dice = self.dice
        column = dice.choice(["id", "a", "i", "f", "s"])
        kind = dice.randrange(8)
        if kind == 0:
            low, high = sorted([self.literal(column), self.literal(column)],
                               key=lambda x: x if column == "s" else float(x))
            ends = dice.choice(["<", "<="]), dice.choice(["<", "<="])
            if low == high:
                ends = "<=", "<="
            return (f"{low} {ends[0]} {column} {ends[1]} {high}",
                    f"({low} {ends[0]} {column} AND {column} {ends[1]} {high})")
        if kind == 1:
            listed = ", ".join(self.literal(column) for _ in range(dice.randrange(1, 30)))
            no = dice.choice(["", "not "])
            return f"{column} {no}in [{listed}]", f"{column} {no}IN ({listed})"
        if kind == 2:
            pattern = dice.choice(["%", ""]) + dice.choice("abcdeg_") + dice.choice(["", "b", "r"]) + dice.choice(["%", ""])
            return f"s like '{pattern}'", f"s LIKE '{pattern}'"
        if kind == 3:
            nullable, no = dice.choice("ifbs"), dice.choice(["", "not "])
            return f"{nullable} is {no}null", f"{nullable} IS {no}NULL"
        if kind == 4:
            whole, divisor = dice.choice(["a", "i", "id"]), dice.randrange(1, 9)
            rest = dice.randrange(-2, 8)
            return f"{whole} % {divisor} == {rest}", f"{whole} % {divisor} = {rest}"
        if kind == 5:
            whole, added = dice.choice(["a", "i"]), dice.randrange(-9, 9)
            op, value = dice.choice(["<", ">=", "!="]), self.number("i")
            return f"{whole} + {added} {op} {value}", f"{whole} + ({added}) {op} {value}"
        if kind == 6:
            value = dice.choice(["true", "false"])
            return f"b == {value}", f"b = {value}"
        op, value = dice.choice(["==", "!=", "<", "<=", ">", ">="]), self.literal(column)
        return f"{column} {op} {value}", f"{column} {'=' if op == '==' else op} {value}"

    def tree(self, depth):
        if depth == 0 or self.dice.random() < 0.2:
            return self.leaf()
        if self.dice.random() < 0.2:
            ours, theirs = self.tree(depth - 1)
            return f"not ({ours})", f"NOT ({theirs})"
        left, right = self.tree(depth - 1), self.tree(depth - 1)
        word = self.dice.choice(["and", "or"])
        return f"({left[0]}) {word} ({right[0]})", f"({left[1]}) {word} ({right[1]})"


def test_random_filters(server):
    seed = int(os.environ.get("ELANUS_SQL_SEED", random.randrange(2**32)))
    print("ELANUS_SQL_SEED", seed)
    dice = random.Random(seed)
    rows = make_rows(dice)
    fill(server, rows)
    theirs = fill_duckdb(rows)
    filters, passed = Filters(dice), 0
    for turn in range(FILTERS):
        ours, sql = filters.tree(dice.randrange(5))
        found = server.ask("entities/query", collectionName="t", filter=ours, outputFields=["id"], limit=ROWS)
        want = theirs.execute(f"SELECT id FROM t WHERE {sql} ORDER BY id").fetchall()
        assert [row["id"] for row in found] == [row[0] for row in want], (seed, turn, ours, sql)
        passed += bool(want)
    assert passed > FILTERS // 2
    print(FILTERS, "filters,", passed, "of them let rows pass")
