"""Tables on the terminal; docs/benchmarks.md and its curves from bench/results/ann.json."""
import statistics

import curve

NAMES = {f"{t:g}": f".{f'{t:g}'[2:]}" for t in curve.TARGETS}


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
    raw = about.get("rows", 0) * about.get("dim", 0) * 4
    costs = row["costs"]
    return costs["resident_bytes"] - raw if raw else costs["resident_bytes"]


def curve_lines(about, figures, k):
    """The table of one k, as lists of cells: ours first, then each library at its best."""
    rows = figures["k"][k]["rows"]
    ours = [row for row in rows if row["engine"] == "elanus"]
    others = [row for row in rows if row["engine"] != "elanus"]
    hnswlib = [row for row in others if row["engine"] == "hnswlib"]
    lines = []
    for row in ours:
        lines.append([row["name"], *[text_of(row["at"][t]["qps"] if t in row["at"] else None) for t in NAMES],
                      *cost_cells(row, about)])
        for title, group in (("hnswlib", hnswlib), ("the best peer", others)):
            cells = [ratio(row, best_of(group, t), t) for t in NAMES]
            if group:
                lines.append([f"  x {title}", *[text_of(c, "{:.2f}x") for c in cells], "", "", "", "", ""])
    timed = [row for row in others if row["at"]]
    timed.sort(key=lambda row: -row["at"].get("0.95", {"qps": 0})["qps"])
    for row in timed:
        lines.append([row["name"], *[text_of(row["at"][t]["qps"] if t in row["at"] else None) for t in NAMES],
                      *cost_cells(row, about)])
    return lines


def cost_cells(row, about):
    costs = row["costs"]
    return [f"{costs['build_s']:.1f}", f"{costs['build_cpu_s']:.1f}", f"{costs['peak_bytes'] / 1e6:.0f}",
            f"{beside_raw(row, about) / 1e6:.0f}", f"{costs['open_s'] * 1e3:.1f}"]


HEAD = ["", *[f"QPS {name}" for name in NAMES.values()], "build s", "CPU s", "peak MB", "index MB", "open ms"]


def print_table(head, lines):
    widths = [max(len(str(line[i])) for line in [head, *lines]) for i in range(len(head))]
    for line in [head, *lines]:
        print("  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))), flush=True)


def show(mode, figures):
    about = figures.get("about", {})
    if mode == "curves":
        for k in figures["k"]:
            print(f"\nk = {k}" + ("" if figures["k"][k]["real_time"] else " (without real-time priority)"))
            print_table(HEAD, curve_lines(about, figures, k))


def show_all(kept):
    for name, entry in kept.sets.items():
        for mode, figures in entry["modes"].items():
            print(f"\n{name}: {mode}, {figures['when']}")
            show(mode, figures | {"about": entry["about"]})


def write_documents(kept, folder):
    pass
