"""What the project asks of its indexes, beside what was measured last."""
import report


class Line:
    def __init__(self, what, must, aim, value, form="{:.2f}x", below=False):
        self.what, self.must, self.aim, self.value, self.form, self.below = what, must, aim, value, form, below

    def cells(self):
        if self.value is None:
            return [self.what, self.bound(self.must), self.bound(self.aim), "not measured", ""]
        return [self.what, self.bound(self.must), self.bound(self.aim), self.form.format(self.value), self.verdict()]

    def bound(self, value):
        return "" if value is None else ("<= " if self.below else ">= ") + self.form.format(value)

    def verdict(self):
        def holds(limit):
            return limit is not None and (self.value <= limit if self.below else self.value >= limit)

        if holds(self.aim):
            return "target"
        if holds(self.must):
            return "kept"
        return f"missed by {abs(self.value / self.must - 1):.0%}" if self.must else ""


def graph_row(figures, k="10"):
    """Our graph, the fastest form at .95 of those measured."""
    rows = [r for r in figures["k"].get(k, {}).get("rows", []) if r["engine"] == "elanus"]
    return report.best_of(rows, "0.95")


def against(figures, engines, target):
    if figures is None:
        return None
    rows = figures["k"].get("10", {}).get("rows", [])
    ours = report.best_of([r for r in rows if r["engine"] == "elanus"], target)
    peers = [r for r in rows if r["engine"] != "elanus" and (engines is None or r["engine"] in engines)]
    return report.ratio(ours, report.best_of(peers, target), target)


def lines(kept):
    def mode(name, which):
        return kept.sets.get(name, {}).get("modes", {}).get(which)

    out = []
    for name, bounds in (("sift", ((1.5, 2.1), (1.8, 2.5))), ("wordnet", ((4, 5), (4, 5.3))), ("lsa", ((5, 7), (5, 7)))):
        for (must, aim), target in zip(bounds, ("0.95", "0.99")):
            out.append(Line(f"{name}: queries a second, of hnswlib's at {target}", must, aim,
                            against(mode(name, "curves"), ["hnswlib"], target)))
    for name, must, aim in (("sift", 1.4, 1.7), ("wordnet", 2.5, 3), ("lsa", 2.5, 3)):
        ratios = [against(mode(name, "curves"), None, t) for t in report.NAMES]
        ratios = [r for r in ratios if r is not None]
        out.append(Line(f"{name}: of the best peer's, the worst of .90 to .995", must, aim, min(ratios, default=None)))
    for name, must in (("sift", 0.6), ("wordnet", 0.4), ("lsa", 0.4)):
        out.append(Line(f"{name}: CPU time of a build, of hnswlib's", must, 0.3, build_ratio(mode(name, "curves")), below=True))
        out.append(Line(f"{name}: peak memory of a build, of raw and index", 1.3, 1.15,
                        peak_ratio(kept.sets.get(name), mode(name, "curves")), below=True))
    out += filter_lines(mode("wordnet", "filter")) + delete_lines(mode("wordnet", "deletes"))
    out += flat_lines(mode("wordnet", "flat"))
    for name in ("sparse_bm25", "sparse_learned"):
        out.append(Line(f"{name}: exact queries a second, of the fastest peer's (sindi of vsag)", 1, 3,
                        against(mode(name, "curves"), None, "1")))
    return out


def build_ratio(figures):
    if figures is None or (ours := graph_row(figures)) is None:
        return None
    rows = [r for r in figures["k"]["10"]["rows"] if r["engine"] == "hnswlib"]
    peer = report.best_of(rows, "0.95")
    return ours["costs"]["build_cpu_s"] / peer["costs"]["build_cpu_s"] if peer else None


def peak_ratio(entry, figures):
    if figures is None or (ours := graph_row(figures)) is None:
        return None
    return ours["costs"]["peak_bytes"] / (report.raw_bytes(entry["about"]) + ours["costs"]["file_bytes"])


def filter_lines(figures):
    if figures is None:
        return []
    ours = figures["ours"][0]
    free, out = figures["rows"][0]["at"][ours]["qps"], []
    for row in figures["rows"][1:]:
        at = row["at"].get(ours)
        if at is None:
            continue
        out.append(Line(f"wordnet, {row['mask']} ({row['share']:.1%}): recall", 0.95, None, at["recall"], "{:.3f}"))
        out.append(Line("  queries a second, of those unfiltered", 0.5 if row["share"] <= 0.011 else 0.25, 0.8, at["qps"] / free))
        peers = [p["qps"] for who, p in row["at"].items() if who not in figures["ours"] and p["recall"] >= 0.95]
        out.append(Line("  of the best peer's that reaches .95", 3, None, at["qps"] / max(peers) if peers else None))
    return out


def delete_lines(figures):
    out = []
    for row in (figures or {"rows": []})["rows"]:
        lost = row["before"]["recall"] - row["after"]["recall"]
        out.append(Line(f"wordnet, half the rows deleted: recall lost at {row['before']['recall']:.3f}", 0.01, None, lost,
                        "{:.3f}", below=True))
        out.append(Line("  queries a second, of those before", 0.8, None, row["ratio"]))
    return out


def flat_lines(figures):
    if figures is None:
        return []
    ours, peer = figures["rows"]
    return [Line("FLAT, one query: of the memory's read rate", 0.8, None, ours["of_read"]),
            Line("  of faiss Flat", 1, 2, ours["one_qps"] / peer["one_qps"]),
            Line("FLAT, 1,000 queries in a call: of sgemm's rate", 0.7, None, ours["of_multiply"]),
            Line("  of faiss Flat", 1, 2, ours["many_qps"] / peer["many_qps"])]
