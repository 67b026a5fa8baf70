"""What is measured: each mode takes a Bench, our candidates and the peers', and returns figures as JSON has them."""
import statistics

import curve


def built_costs(entrant):
    """What its index cost and takes."""
    keys = ("build_s", "build_cpu_s", "peak_bytes", "file_bytes", "threads")
    opened = ("open_s", "resident_bytes", "version", "keeps_raw")
    return {key: entrant.built[key] for key in keys} | {key: entrant.opened[key] for key in opened}


def at_targets(entrant, rounds):
    """{".95": {"qps": median, "runs": [of each round]}}; targets that the curve does not reach are absent."""
    out = {}
    for target in curve.TARGETS:
        runs = [curve.speed_at(entrant.points(number), target) for number in range(rounds)]
        if all(run is not None for run in runs):
            out[f"{target:g}"] = {"qps": statistics.median(runs), "runs": runs}
    return out


def curves(bench, ours, peers):
    """Speed at equal recall, build costs and sizes, for each k."""
    figures = {"k": {}}
    entrants = bench.enter(ours + peers)
    try:
        for k in bench.options.k:
            present = list(entrants)
            bench.scan(present, k)
            chosen = bench.contenders(present)
            real_time = bench.time(chosen, k, bench.options.rounds)
            rows = []
            for entrant in present:
                timed = entrant in chosen
                rows.append({
                    "name": str(entrant.candidate), "engine": entrant.candidate.engine,
                    "family": bench.family(entrant), "params": entrant.candidate.params,
                    "at": at_targets(entrant, bench.options.rounds) if timed else {},
                    "scan": [[recall, qps, setting] for recall, qps, setting in curve.frontier(entrant.scan)],
                    "points": [[recall, qps, setting] for recall, qps, setting in entrant.points()] if timed else [],
                    "costs": built_costs(entrant)})
            figures["k"][str(k)] = {"rows": rows, "rounds": bench.options.rounds, "real_time": real_time}
    finally:
        bench.leave(entrants)
    figures["refused"] = bench.refused
    return figures


def build(bench, ours, peers):
    """Only builds, so that a later run finds every index ready."""
    bench.leave(bench.enter(ours + peers))
    return {"refused": bench.refused}


MODES = {"curves": curves, "build": build}
