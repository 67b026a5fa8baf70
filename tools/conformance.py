#!/usr/bin/env python3
"""docs/conformance.md from the results of Milvus's own Python test suite.

  tools/conformance.py RESULTS...    each a folder with ledger.json and results.jsonl, as the suite's runner leaves them

A module that is in several folders counts as the last of them has it. What failed is explained by docs/conformance.txt:
`part of a test's id, or of what it says = reason` in each line, the first that fits. Failures without a reason are
listed as such, and the command ends with status 1."""
import collections
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
REASONS = ROOT / "docs" / "conformance.txt"
PAGE = ROOT / "docs" / "conformance.md"
BAD = ("failed", "error", "timeout", "crash")
UNKNOWN = "no reason found yet"


def reasons():
    """[(part, reason)]"""
    lines = [line.partition(" = ") for line in REASONS.read_text().splitlines() if " = " in line]
    return [(part.strip(), reason.strip()) for part, _, reason in lines if not part.startswith("#")]


def reason_of(result, known):
    text = " ".join((result["id"], result.get("err") or "", result.get("srv") or ""))
    return next((reason for part, reason in known if part in text), UNKNOWN)


def read(folders):
    """What the runs say of themselves, and {module: {test: its result}}."""
    runs, modules = [], {}
    for folder in map(pathlib.Path, folders):
        runs.append(json.loads((folder / "ledger.json").read_text())["meta"])
        fresh = collections.defaultdict(dict)
        for line in (folder / "results.jsonl").read_text().splitlines():
            result = json.loads(line)
            fresh[result["id"].split("::", 1)[0]][result["id"]] = result
        modules |= fresh
    return runs, modules


def count(results):
    """Passed, and those that count: skipped and expected failures do not."""
    outcomes = [result["outcome"] for result in results]
    passed = outcomes.count("passed")
    return passed, passed + sum(outcome in BAD for outcome in outcomes)


def share(passed, total):
    return f"{100 * passed / total:.1f} %" if total else "-"


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"


def page(runs, modules):
    known = reasons()
    results = [result for tests in modules.values() for result in tests.values()]
    bad = collections.defaultdict(list)
    for result in results:
        if result["outcome"] in BAD:
            bad[reason_of(result, known)].append(result["id"])
    passed, total = count(results)
    tags = " ".join(sorted({tag for run in runs for tag in run["tags"].split()}))
    yield "# Milvus's own tests"
    yield ""
    yield ("Milvus's Python suite (`tests/python_client`) at " + ", ".join(sorted({run["suite_rev"][:10] for run in runs})) +
           " with pymilvus " + ", ".join(sorted({run["pymilvus"] for run in runs})) + f", tests tagged {tags}, against "
           "this server. Made by `tools/conformance.py` from the results of a run; skipped tests and expected failures do "
           "not count. The reasons are those of [conformance.txt](conformance.txt).")
    yield ""
    yield f"**{passed} of {total} passed ({share(passed, total)}).**"
    yield ""
    yield "## What fails, and why"
    yield ""
    order = sorted(bad, key=lambda reason: (-len(bad[reason]), reason))
    yield from table(["Tests", "Reason"], [(len(bad[reason]), reason) for reason in order])
    yield ""
    yield "## Module by module"
    yield ""
    rows = []
    for module in sorted(modules):
        of_module = count(modules[module].values())
        failing = collections.Counter(reason_of(result, known) for result in modules[module].values()
                                      if result["outcome"] in BAD)
        why = "; ".join(f"{number} {reason}" for reason, number in failing.most_common())
        rows.append((f"`{module}`", f"{of_module[0]} of {of_module[1]}", why))
    yield from table(["Module", "Passed", "What fails"], rows)
    if UNKNOWN in bad:
        yield ""
        yield "## Without a reason"
        yield ""
        for test in sorted(bad[UNKNOWN]):
            yield f"- `{test}`"
    yield ""


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        sys.exit(2)
    lines = list(page(*read(sys.argv[1:])))
    PAGE.write_text("\n".join(lines))
    unknown = "## Without a reason" in lines
    print(f"{PAGE.relative_to(ROOT)}: {lines[4].strip('*')}" + (" Some failures have no reason." if unknown else ""))
    sys.exit(1 if unknown else 0)


if __name__ == "__main__":
    main()
