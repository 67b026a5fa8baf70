"""Tables on the terminal; docs/benchmarks.md and its curves from bench/results/ann.json."""
import statistics

import curve

NAMES = [f"{t:g}" for t in curve.TARGETS]


def names(about):
    return [f"{t:g}" for t in curve.targets(about)]


def best_of(rows, target):
    """The row that is fastest there, or None."""
    able = [row for row in rows if target in row["at"]]
    return max(able, key=lambda row: row["at"][target]["qps"], default=None)


def ratio(row, peer, target):
    """Median over the rounds of the ratio within a round."""
    if row is None or peer is None or target not in row["at"] or target not in peer["at"]:
        return None
    return statistics.median(a / b for a, b in zip(row["at"][target]["runs"], peer["at"][target]["runs"]))


def text_of(value, form="{:,.0f}"):
    return "-" if value is None else form.format(value)


def beside_raw(row, about):
    """Bytes that the index takes beside the raw vectors."""
    costs = row["costs"]
    return costs["resident_bytes"] - (raw_bytes(about) if costs["keeps_raw"] or row["engine"] == "elanus" else 0)


def raw_bytes(about):
    if about["kind"] == "sparse":
        return about["rows"] * about["nonzeros"] * 8
    return about["rows"] * about["dim"] // (8 if about["kind"] == "binary" else 1) * (1 if about["kind"] == "binary" else 4)


def curve_lines(about, figures, k):
    """The table of one k, as lists of cells: ours first, then each library at its best."""
    rows = figures["k"][k]["rows"]
    ours = [row for row in rows if row["engine"] == "elanus"]
    others = [row for row in rows if row["engine"] != "elanus"]
    hnswlib = [row for row in others if row["engine"] == "hnswlib"]
    lines = []
    for row in ours:
        lines.append([row["name"], *[text_of(row["at"][t]["qps"] if t in row["at"] else None) for t in names(about)],
                      *cost_cells(row, about)])
        for title, group in (("hnswlib", hnswlib), ("the best peer", others)):
            cells = [ratio(row, best_of(group, t), t) for t in names(about)]
            if group:
                lines.append([f"  x {title}", *[text_of(c, "{:.2f}x") for c in cells], "", "", "", "", ""])
    timed = [row for row in others if row["at"]]
    timed.sort(key=lambda row: -row["at"].get("0.95", {"qps": 0})["qps"])
    for row in timed:
        lines.append([row["name"], *[text_of(row["at"][t]["qps"] if t in row["at"] else None) for t in names(about)],
                      *cost_cells(row, about)])
    return lines


def cost_cells(row, about):
    costs = row["costs"]
    return [f"{costs['build_s']:.1f}", f"{costs['build_cpu_s']:.1f}", f"{costs['peak_bytes'] / 1e6:.0f}",
            f"{beside_raw(row, about) / 1e6:.0f}", f"{costs['open_s'] * 1e3:.1f}"]


def head(about):
    return ["", *[f"QPS at {name}" for name in names(about)], "build s", "CPU s", "peak MB", "index MB", "open ms"]


def print_table(head, lines):
    widths = [max(len(str(line[i])) for line in [head, *lines]) for i in range(len(head))]
    for line in [head, *lines]:
        print("  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))), flush=True)


def show(mode, figures):
    about = figures.get("about", {})
    if mode in ("curves", "batch"):
        for k in figures["k"]:
            print(f"\nk = {k}" + ("" if figures["k"][k]["real_time"] else " (without real-time priority)"))
            print_table(head(about), curve_lines(about, figures, k))
    elif "rows" in figures:
        print_table(*mode_lines(mode, figures))


def show_all(kept):
    for name, entry in kept.sets.items():
        for mode, figures in entry["modes"].items():
            print(f"\n{name}: {mode}, {figures['when']}")
            show(mode, figures | {"about": entry["about"]})


# --- docs/benchmarks.md --------------------------------------------------------------------------

INTRODUCTION = """# Benchmarks of the vector indexes

Made by `./dev bench ann` from `bench/results/ann.json`; do not edit. How it is measured: `bench/README.md`.
One thread, one query a call, k = 10 unless said. Every library is called from Python through its own binding,
each in a process of its own on the same core, in turn; each is tuned over a grid and shown at its best.
Build times are of {cores} threads on a machine that others may use at the same time, so CPU seconds say more than
wall seconds. "index MB" is what an opened index takes beside the raw vectors.
"""


def markdown(head, lines):
    text = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(text + ["| " + " | ".join(str(c).replace("|", "/") for c in line) + " |" for line in lines]) + "\n"


def write_documents(kept, folder):
    """docs/benchmarks.md and its pictures."""
    import targets
    if not kept.sets:
        return
    pictures = folder / "benchmarks"
    pictures.mkdir(exist_ok=True)
    machines = [figures["machine"] for entry in kept.sets.values() for figures in entry["modes"].values()]
    parts = [INTRODUCTION.format(cores=machines[-1]["cores"]), "## What is asked, and what was measured\n",
             markdown(["", "must", "target", "measured", ""], [line.cells() for line in targets.lines(kept)])]
    for name, entry in kept.sets.items():
        parts.append(set_text(name, entry, pictures))
    (folder / "benchmarks.md").write_text("\n".join(parts))


def set_text(name, entry, pictures):
    about = entry["about"]
    hard = f", LID {about['lid']:.1f}, relative contrast {about['contrast']:.2f}" if "lid" in about else ""
    parts = [f"## {name}\n\n{about['source']}: {about['rows']:,} rows x {about['dim']}, {about['metric']}, "
             f"{about['queries']:,} queries{hard}.\n"]
    for mode, figures in entry["modes"].items():
        machine = figures["machine"]
        parts.append(f"### {TITLES[mode]}\n\n{figures['when'][:16]} UTC, {machine['cpu']}, {machine['cores']} cores, "
                     f"{' '.join(machine['simd'])}, load average {machine['load_average']:.1f}"
                     + ("" if figures["real_time"] else ", at ordinary priority while others used the machine") + "\n")
        if mode in ("curves", "batch"):
            for k in sorted(figures["k"], key=int):
                parts.append(f"k = {k}:\n\n" + markdown(head(about), curve_lines(about, figures, k)))
                if picture := draw(name, mode, k, figures, pictures):
                    parts.append(f"![recall and speed](benchmarks/{picture})\n")
        else:
            parts.append(markdown(*mode_lines(mode, figures)))
        if figures.get("refused"):
            parts.append("Left out, as the library answered:\n\n" + "".join(f"- {line}\n" for line in figures["refused"]))
    return "\n".join(parts)


TITLES = {"curves": "Speed at equal recall", "batch": "All queries in one call, one thread", "filter": "Filtered",
          "deletes": "Half the rows deleted", "flat": "Exact search"}


def draw(name, mode, k, figures, folder):
    """The best variant of each family at .95, or of what it reaches."""
    import svg
    best = {}
    for row in figures["k"][k]["rows"]:
        if row["points"]:
            speed = row["at"].get("0.95", {"qps": 0})["qps"]
            if row["family"] not in best or speed > best[row["family"]][0]:
                best[row["family"]] = speed, row
    rows = [row for _, row in sorted(best.values(), key=lambda pair: (pair[1]["engine"] != "elanus", -pair[0]))]
    lines = [(row["name"], [(r, q) for r, q, _ in curve.frontier(row["points"])]) for row in rows]
    if not any(r >= 0.78 for _, points in lines for r, _ in points):
        return None
    file = f"{name}-{mode}-k{k}.svg"
    (folder / file).write_text(svg.draw(f"{name}, k = {k}", lines))
    return file


def mode_lines(mode, figures):
    """(head, lines) of a mode that has no curves."""
    if mode == "filter":
        names = list(figures["rows"][0]["at"])
        best = [n for n in names if n in figures["ours"]] + best_filterers(figures, names)
        lines = [[row["mask"], f"{row['share']:.1%}",
                  *[f"{at['qps']:,.0f} at {at['recall']:.3f}" if (at := row["at"].get(n)) else "-" for n in best]]
                 for row in figures["rows"]]
        return ["rows allowed", "share", *best], lines
    if mode == "deletes":
        return (["", "recall before", "after", "QPS before", "after", "ratio"],
                [[row["name"], f"{row['before']['recall']:.4f}", f"{row['after']['recall']:.4f}",
                  f"{row['before']['qps']:,.0f}", f"{row['after']['qps']:,.0f}", f"{row['ratio']:.2f}"]
                 for row in figures["rows"]])
    return (["", "recall", "QPS, one query a call", "of the read rate", "QPS, 1,000 queries a call", "of sgemm's rate"],
            [[row["name"], f"{row['recall']:.4f}", f"{row['one_qps']:,.0f}", f"{row['of_read']:.2f}",
              f"{row['many_qps']:,.0f}", f"{row['of_multiply']:.2f}"] for row in figures["rows"]])


def best_filterers(figures, names):
    """The peers that are the fastest behind some mask."""
    chosen = []
    for row in figures["rows"]:
        able = [(at["qps"], n) for n in names if n not in figures["ours"] and (at := row["at"].get(n)) and at["recall"] >= 0.95]
        if able and max(able)[1] not in chosen:
            chosen.append(max(able)[1])
    return chosen
