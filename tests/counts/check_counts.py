#!/usr/bin/env python3
"""Fails if a fixed search takes more instructions than counts.txt says, by more than 3 %.

  check_counts.py PROGRAM [--update]

Counted by callgrind with ELANUS_SIMD=avx2 (Debian's valgrind knows no AVX-512), so that the figures do not depend
on the machine. --update writes what was counted to counts.txt: for a change that is meant to cost more, or one
that costs less and should stay so. The commit says why."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

COUNTS = pathlib.Path(__file__).resolve().parent / "counts.txt"
TOLERANCE = 0.03
HEAD = """# Instructions of one search of each case in search_counts.cc, by callgrind: ./dev counts
# writes them (--update). g++ 12, preset dev, AVX2.
"""


def count(program):
    """{case: instructions a search}."""
    environment = os.environ | {"ELANUS_SIMD": "avx2"}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "make", folder], check=True, env=environment)
        done = subprocess.run(["valgrind", "--tool=callgrind", "--instr-atstart=no", "--combine-dumps=no",
                               f"--callgrind-out-file={folder}/out", program, "run", folder],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        if done.returncode != 0:
            sys.exit(f"search_counts under valgrind ended with {done.returncode}:\n{done.stdout[-2000:]}")
        found = {}
        for file in pathlib.Path(folder).glob("out.*"):
            text = file.read_text()
            named = re.search(r"^desc: Trigger: Client Request: (\S+) (\d+)$", text, re.M)
            total = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
            if named and total:
                found[named[1]] = int(total[1]) // int(named[2])
    return found


def main():
    found = count(sys.argv[1])
    if not found:
        sys.exit("callgrind counted nothing")
    if "--update" in sys.argv[2:]:
        COUNTS.write_text(HEAD + "".join(f"{name} {value}\n" for name, value in sorted(found.items())))
    lines = [line.split() for line in COUNTS.read_text().splitlines() if line and not line.startswith("#")]
    wanted = {name: int(value) for name, value in lines}
    failed = []
    for name in sorted(found.keys() | wanted.keys()):
        now, before = found.get(name), wanted.get(name)
        if now is None or before is None:
            verdict = "is not counted any more" if now is None else "is not in counts.txt"
            failed.append(name)
        elif now > before * (1 + TOLERANCE):
            verdict = f"MORE by {now / before - 1:.1%}"
            failed.append(name)
        else:
            verdict = f"less by {1 - now / before:.1%}: --update keeps it so" if now < before * (1 - TOLERANCE) else "kept"
        print(f"{name:<24} {now or 0:>10} {before or 0:>10}  {verdict}")
    if failed:
        sys.exit(f"instructions of {', '.join(failed)}: if that is meant, ./dev counts --update and say why")


if __name__ == "__main__":
    main()
