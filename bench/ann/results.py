"""bench/results/ann.json: the last figures of every set and mode."""
import datetime
import json

import machine
import pool


class Results:
    def __init__(self, path):
        self.path = path
        self.sets = json.loads(path.read_text())["sets"] if path.exists() else {}

    def put(self, name, about, mode, figures):
        entry = self.sets.setdefault(name, {"about": about, "modes": {}})
        entry["about"] = about
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        how = {"when": now, "machine": machine.describe(), "real_time": pool.TURN.given}
        before = entry["modes"].get(mode)
        if mode in ("curves", "batch") and before:
            figures = {**before, **figures, "k": {**before["k"], **figures["k"]}}
        entry["modes"][mode] = figures | how

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"sets": self.sets}, indent=1) + "\n")
