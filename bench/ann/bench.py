"""Building, scanning and timing of candidates over one set."""
import json
import statistics

import curve
from pool import TURN, Progress, Refused, Worker

PASS_S = 0.15  # a timed pass takes at least this long
NEAR_BEST = 0.85  # a variant this close to its library's best is timed with it


class Entrant:
    """A candidate with its process, what it cost to build, and the points of its curve."""

    def __init__(self, candidate, worker, built, opened):
        self.candidate, self.worker, self.built, self.opened = candidate, worker, built, opened
        self.scan = []  # (recall, rough qps, setting), from scanning
        self.rounds = {}  # setting as JSON -> [qps of each round]

    def points(self, number=None):
        """(recall, qps, setting): of one round, or the medians; settings not timed are left out."""
        return [(recall, runs[number] if number is not None else statistics.median(runs), setting)
                for recall, _, setting in self.scan if (runs := self.rounds.get(json.dumps(setting)))]


class Bench:
    def __init__(self, vector_set, options):
        self.set, self.options = vector_set, options
        self.threads = options.threads if hasattr(options, "threads") else cores()
        self.refused = []
        self.targets = curve.targets(vector_set.about)

    # --- indexes -----------------------------------------------------------------------------

    def build(self, candidate):
        """Builds its index, unless a peer's lies ready; returns what that cost."""
        done = candidate.built(self.set)
        if done is not None and candidate.path(self.set).exists() and (not candidate.ours or self.options.built):
            return done
        worker = Worker(candidate, self.set, self.options.core, self.threads)
        try:
            done = worker.ask("build", threads=self.threads)
        finally:
            worker.close()
        done |= {"candidate": str(candidate)}
        candidate.path(self.set).with_suffix(".json").write_text(json.dumps(done, indent=1))
        return done

    def enter(self, given):
        """Entrants of those that build and open; the others are named in `refused`."""
        entrants, progress = [], Progress("building", len(given))
        for candidate in given:
            try:
                built = self.build(candidate)
                worker = Worker(candidate, self.set, self.options.core, 1)
                opened = worker.ask("open", core=self.options.core)
                entrants.append(Entrant(candidate, worker, built, opened))
            except Refused as error:
                self.refuse(error)
            progress.step(str(candidate))
        TURN.give()
        return entrants

    def refuse(self, error):
        self.refused.append(str(error))
        print(f"left out: {error}", flush=True)

    def leave(self, entrants):
        TURN.give()
        for entrant in entrants:
            entrant.worker.close()

    # --- curves ------------------------------------------------------------------------------

    def scan(self, entrants, k):
        """Recall and rough speed of every setting, until a curve has passed the last target."""
        progress = Progress(f"scanning k={k}", len(entrants))
        for entrant in list(entrants):
            entrant.scan, entrant.rounds = [], {}
            try:
                self.scan_one(entrant, k, self.targets[-1] + (1 - self.targets[-1]) / 3)
            except Refused as error:
                self.refuse(error)
                entrants.remove(entrant)
            progress.step(str(entrant.candidate))
        TURN.give()

    def scan_one(self, entrant, k, enough):
        settings = entrant.worker.ask("sweep", k=k)["settings"]
        last = next(reversed(settings[0]), None) if settings[0] else None
        skip_from = None
        for setting in settings:
            if skip_from is not None and len(setting) > 1 and {**setting, last: 0} == skip_from:
                continue  # more of the second effort adds nothing to this first one
            at = entrant.worker.ask("recall", setting=setting, k=k)
            previous = entrant.scan[-1] if entrant.scan else None
            entrant.scan.append((at["recall"], at["qps"], setting))
            if len(setting) > 1:
                same = previous and {**previous[2], last: 0} == {**setting, last: 0}
                skip_from = {**setting, last: 0} if same and at["recall"] - previous[0] < 0.0005 else None
                if at["recall"] >= enough and setting == settings[-1]:
                    break
            elif at["recall"] >= enough:
                break

    def contenders(self, entrants):
        """Each library's variants that are the best at some target, or nearly."""
        chosen = []
        for target in self.targets:
            by_engine = {}
            for entrant in entrants:
                if (speed := curve.speed_at(entrant.scan, target)) is not None:
                    by_engine.setdefault(self.family(entrant), []).append((speed, entrant))
            for group in by_engine.values():
                best = max(speed for speed, _ in group)
                chosen += [entrant for speed, entrant in group if speed >= NEAR_BEST * best and entrant not in chosen]
        chosen += [entrant for entrant in entrants if entrant.candidate.ours and entrant not in chosen]
        return chosen

    @staticmethod
    def family(entrant):
        """faiss is several libraries in one: its graphs and its lists are shown apart."""
        params = entrant.candidate.params
        return entrant.candidate.engine + str(params.get("index", "")) + params.get("factory", "")[:3]

    def time(self, entrants, k, rounds, call="time"):
        """Interleaved rounds over the settings around the targets, all on one core."""
        plan = [(entrant, setting, max(1, round(PASS_S * rough / self.set.about["queries"])))
                for entrant in entrants for _, rough, setting in curve.around(entrant.scan, self.targets)]
        progress = Progress(f"timing k={k}", len(plan) * rounds)
        for _ in range(rounds):
            for entrant, setting, repeats in plan:
                done = entrant.worker.ask(call, setting=setting, k=k, repeats=repeats)
                entrant.rounds.setdefault(json.dumps(setting), []).append(done["qps"])
                progress.step(str(entrant.candidate))
        TURN.give()
        return TURN.given


def cores():
    import os
    return os.cpu_count() or 1
