"""The vector indexes beside the open libraries: recall and queries a second, one thread, one query a call.

  ./dev bench ann [SETS...] [--index HNSW,...] [--peers hnswlib,...|none] [--k 10,1,100] [--quick]
                  [--param KEY=VALUE...] [--rounds N] [--mode MODE,...] [--built] [--table]

SETS: wordnet sift lsa binary sparse_bm25 sparse_learned (./dev bench data makes them); default wordnet.
--quick: k = 10, hnswlib alone, three rounds: for work on an index. Nothing is written.
--param: a build parameter of ours (M=24); search.NAME=VALUE is given with each search.
--mode: curves (default), build, filter, deletes, flat, batch; see bench/README.md.
--built: take our index as it was built last.  --ready: only peers whose indexes have been built.
--table: print the last results; measure nothing.
Indexes of the peers are built once and kept in the data folder (ELANUS_BENCH_DATA). Results go to
bench/results/ann.json, curves to docs/benchmarks/, and docs/benchmarks.md is made anew from them."""
import argparse
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "data"))
import candidates  # noqa: E402
import modes  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402
import sets  # noqa: E402
from bench import Bench  # noqa: E402


def parse():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--index", default="", help="our index types")
    parser.add_argument("--peers", default="", help="libraries, or none")
    parser.add_argument("--k", default="10")
    parser.add_argument("--param", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--mode", default="curves")
    parser.add_argument("--core", type=int, default=(os.cpu_count() or 1) - 1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--built", action="store_true")
    parser.add_argument("--ready", action="store_true")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    options.sets = options.sets or ["wordnet"]
    if unknown := set(options.sets) - set(sets.NAMES):
        parser.error(f"unknown sets {' '.join(sorted(unknown))}; there are {' '.join(sets.NAMES)}")
    options.modes = options.mode.split(",")
    if unknown := set(options.modes) - set(modes.MODES):
        parser.error(f"unknown modes {' '.join(sorted(unknown))}; there are {' '.join(modes.MODES)}")
    options.k = [int(k) for k in options.k.split(",")]
    options.index = [t for t in options.index.split(",") if t]
    options.param = dict(p.split("=", 1) for p in options.param)
    options.peers = [p for p in options.peers.split(",") if p] or (["hnswlib"] if options.quick else [])
    options.rounds = options.rounds or (3 if options.quick else 5)
    return options


def main():
    options = parse()
    file = pathlib.Path(os.environ.get("ELANUS_BENCH_RESULTS", HERE.parent / "results" / "ann.json"))
    kept = results.Results(file)
    if not options.table:
        for name in options.sets:
            vector_set = sets.load(name)
            print(vector_set.describe(), flush=True)
            ours = candidates.ours(name, options.index, options.param)
            others = [] if options.peers == ["none"] else candidates.peers(name, options.peers)
            others = [c for c in others if c.built(vector_set)] if options.ready else others
            bench = Bench(vector_set, options)
            for mode in options.modes:
                figures = modes.MODES[mode](bench, ours, others)
                report.show(mode, figures | {"about": vector_set.about})
                if not options.quick and mode != "build":
                    kept.put(name, vector_set.about, mode, figures)
    else:
        report.show_all(kept)
    if not options.quick and not options.table:
        kept.save()
    if not options.quick:
        report.write_documents(kept, HERE.parents[1] / "docs")


if __name__ == "__main__":
    main()
