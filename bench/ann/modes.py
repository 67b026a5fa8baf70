"""What is measured: each mode takes a Bench, our candidates and the peers', and returns figures as JSON has them."""
import statistics

import numpy

import curve
from pool import Refused


def built_costs(entrant):
    """What its index cost and takes."""
    keys = ("build_s", "build_cpu_s", "peak_bytes", "file_bytes", "threads")
    opened = ("open_s", "resident_bytes", "version", "keeps_raw")
    return {key: entrant.built[key] for key in keys} | {key: entrant.opened[key] for key in opened}


def at_targets(entrant, bench):
    """{".95": {"qps": median, "runs": [of each round]}}; targets that the curve does not reach are absent."""
    out = {}
    for target in bench.targets:
        runs = [curve.speed_at(entrant.points(number), target) for number in range(bench.options.rounds)]
        if all(run is not None for run in runs):
            out[f"{target:g}"] = {"qps": statistics.median(runs), "runs": runs}
    return out


def rows_of(bench, entrants, timed):
    rows = []
    for entrant in entrants:
        row = {"name": str(entrant.candidate), "engine": entrant.candidate.engine, "family": bench.family(entrant),
               "params": entrant.candidate.params, "at": {}, "points": [], "costs": built_costs(entrant),
               "scan": [[recall, qps, setting] for recall, qps, setting in curve.frontier(entrant.scan)]}
        if entrant in timed:
            row |= {"at": at_targets(entrant, bench),
                    "points": [[recall, qps, setting] for recall, qps, setting in entrant.points()]}
        rows.append(row)
    return rows


def curves(bench, ours, peers, call="time"):
    """Speed at equal recall, build costs and sizes, for each k."""
    figures = {"k": {}}
    entrants = bench.enter(ours + peers)
    try:
        for k in bench.options.k:
            present = list(entrants)
            bench.scan(present, k)
            chosen = bench.contenders(present)
            real_time = bench.time(chosen, k, bench.options.rounds, call)
            figures["k"][str(k)] = {"rows": rows_of(bench, present, chosen), "rounds": bench.options.rounds,
                                    "real_time": real_time}
    finally:
        bench.leave(entrants)
    figures["refused"] = bench.refused
    return figures


def batch(bench, ours, peers):
    """As curves, with all queries in one call on one thread."""
    return curves(bench, ours, peers, call="time_many")


def build(bench, ours, peers):
    """Only builds, so that a later run finds every index ready."""
    bench.leave(bench.enter(ours + peers))
    return {"refused": bench.refused}


# --- filters -------------------------------------------------------------------------------------

SHARES = [0.5, 0.1, 0.05, 0.01, 0.001]
TOPICS = 3  # the topics that correlated masks are made of


def masks(bench):
    """[(name, share of rows, mask file, query file or "")]: random masks, and for wordnet the rows of one topic
    with the queries of that topic (near) and with those of all others (far)."""
    folder = bench.set.folder / "masks"
    folder.mkdir(exist_ok=True)
    count, found = bench.set.about["rows"], []

    def write(name, values):
        file = folder / f"{name}.npy"
        if not file.exists():
            numpy.save(file, values)
        return str(file)

    for share in SHARES:
        chosen = numpy.random.default_rng(17).random(count) < share
        found.append((f"random {share:.1%}", share, write(f"random-{share:g}", chosen), ""))
    if (bench.set.folder / "topics.npz").exists():
        base, queries = bench.set.topics()
        for topic in numpy.argsort(-numpy.bincount(queries))[:TOPICS]:
            mask = write(f"topic-{topic}", base == topic)
            share = float((base == topic).mean())
            near = write(f"near-{topic}", numpy.flatnonzero(queries == topic))
            far = write(f"far-{topic}", numpy.flatnonzero(queries != topic))
            found.append((f"topic {topic}, near the queries", share, mask, near))
            found.append((f"topic {topic}, far from them", share, mask, far))
    return found


def family(candidate):
    return candidate.engine + candidate.params.get("factory", "")[:3]


def filter_masks(bench, ours, peers):
    """Speed at recall .95 behind each mask, beside the speed without one."""
    k, target = bench.options.k[0], 0.95
    able = [p for p in peers if p.engine in ("hnswlib", "faiss")]
    entrants = bench.enter(ours + [p for n, p in enumerate(able) if family(p) not in map(family, able[:n])])
    rows = []
    try:
        for name, share, mask, queries in [("none", 1.0, "", ""), *masks(bench)]:
            row = {"mask": name, "share": share, "at": {}}
            for entrant in entrants:
                try:
                    entrant.worker.ask("allow", mask=mask)
                    row["at"][str(entrant.candidate)] = filtered_speed(bench, entrant, k, target, queries)
                except Refused as error:
                    bench.refuse(error)
            rows.append(row)
            print(f"  {name}: " + ", ".join(f"{who} {at['qps']:,.0f} at {at['recall']:.3f}"
                                            for who, at in row["at"].items()), flush=True)
    finally:
        bench.leave(entrants)
    return {"k": k, "target": target, "rows": rows, "ours": [str(c) for c in ours], "refused": bench.refused}


FILTER_QUERIES = 300  # behind a filter that calls Python for each row, a query takes milliseconds


def filtered_speed(bench, entrant, k, target, queries):
    """{qps, recall, setting} of the fastest setting that reaches the target, or of the best recall if none does."""
    points, asked = [], {"queries": queries, "limit": FILTER_QUERIES}
    settings = entrant.worker.ask("sweep", k=k)["settings"]
    settings = settings if entrant.candidate.ours or len(settings) < 30 else settings[::2]
    for setting in settings:
        at = entrant.worker.ask("recall", setting=setting, k=k, **asked)
        points.append((at["recall"], at["qps"], setting))
        if at["recall"] >= target and len(setting) <= 1 or at["qps"] < 60:
            break
    able = [point for point in points if point[0] >= target]
    recall, rough, setting = max(able, key=lambda p: p[1]) if able else max(points, key=lambda p: p[0])
    repeats = max(1, round(0.15 * rough / FILTER_QUERIES))
    runs = [entrant.worker.ask("time", setting=setting, k=k, repeats=repeats, **asked)["qps"]
            for _ in range(min(bench.options.rounds, 3))]
    return {"qps": statistics.median(runs), "recall": recall, "setting": setting}


def deletes(bench, ours, _):
    """Half the rows gone, behind a mask as the server keeps deletes: recall and speed of the same settings."""
    k, rows = bench.options.k[0], []
    entrants = bench.enter(ours)
    try:
        mask = next(file for name, share, file, _ in masks(bench) if share == 0.5)
        for entrant in entrants:
            bench.scan([entrant], k)
            for target in (0.95, 0.99):
                able = [point for point in entrant.scan if point[0] >= target]
                if not able:
                    continue
                setting = able[0][2]
                entry = {"name": str(entrant.candidate), "setting": setting, "before": {}, "after": {}}
                for when, file in (("before", ""), ("after", mask)):
                    entrant.worker.ask("allow", mask=file)
                    entry[when]["recall"] = entrant.worker.ask("recall", setting=setting, k=k)["recall"]
                runs = {"before": [], "after": []}
                for _ in range(bench.options.rounds):
                    for when, file in (("before", ""), ("after", mask)):
                        entrant.worker.ask("allow", mask=file)
                        runs[when].append(entrant.worker.ask("time", setting=setting, k=k, repeats=3)["qps"])
                entrant.worker.ask("allow", mask="")
                for when in runs:
                    entry[when]["qps"] = statistics.median(runs[when])
                entry["ratio"] = statistics.median(a / b for a, b in zip(runs["after"], runs["before"]))
                rows.append(entry)
    finally:
        bench.leave(entrants)
    return {"k": k, "rows": rows, "refused": bench.refused}


# --- exact search --------------------------------------------------------------------------------

def flat(bench, _, __):
    """Exact search, one query and 1,000 in a call, beside faiss and beside what the machine can do."""
    from candidates import Candidate
    entrants = bench.enter([Candidate("elanus", "FLAT", index="FLAT"), Candidate("faiss", factory="Flat")])
    k, runs = bench.options.k[0], {}
    try:
        for _ in range(bench.options.rounds):
            for entrant in entrants:
                mine = runs.setdefault(str(entrant.candidate), {"one": [], "many": [], "read": [], "multiply": []})
                at = entrant.worker.ask("limits")
                mine["read"].append(at["read_bytes_s"])
                mine["multiply"].append(at["multiply_flop_s"])
                mine["one"].append(entrant.worker.ask("few", k=k)["qps"])
                mine["many"].append(entrant.worker.ask("time_many", setting={}, k=k, repeats=1)["qps"])
        for entrant in entrants:
            at = entrant.worker.ask("recall", setting={}, k=k)
            runs[str(entrant.candidate)]["recall"] = [at["recall"]]
    finally:
        bench.leave(entrants)
    rows, dim = bench.set.about["rows"], bench.set.about["dim"]
    read = max(max(r["read"]) for r in runs.values())
    multiply = max(max(r["multiply"]) for r in runs.values())
    return {"k": k, "read_bytes_s": read, "multiply_flop_s": multiply, "refused": bench.refused, "rows": [
        {"name": name, "recall": run["recall"][0], "one_qps": statistics.median(run["one"]),
         "many_qps": statistics.median(run["many"]),
         "of_read": statistics.median(run["one"]) * rows * dim * 4 / read,
         "of_multiply": statistics.median(run["many"]) * 2 * rows * dim / multiply} for name, run in runs.items()]}


MODES = {"curves": curves, "build": build, "batch": batch, "filter": filter_masks, "deletes": deletes, "flat": flat}
