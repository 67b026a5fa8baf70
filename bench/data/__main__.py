"""Makes the vector sets of the benchmarks and says how hard they are.

  ./dev bench data [SETS...] [--again]

SETS: wordnet sift lsa sparse_bm25 sparse_learned binary; none: all of them. A set that is there is kept
(--again makes it anew). They lie in the folder that ELANUS_BENCH_DATA names, default build/bench-data."""
import argparse
import sys
import time

import sets


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("names", nargs="*", metavar="SET")
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.names) - set(sets.NAMES):
        parser.error(f"unknown sets {' '.join(sorted(unknown))}; there are {' '.join(sets.NAMES)}")
    for name in options.names or sets.NAMES:
        begun = time.monotonic()
        made = sets.load(name, again=options.again)
        print(f"{made.describe()}; {time.monotonic() - begun:.0f} s, {made.folder}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
