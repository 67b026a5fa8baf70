"""Worker processes, and the lock under which they are timed."""
import fcntl
import hashlib
import json
import os
import pathlib
import select
import subprocess
import sys
import time

import sets

HERE = pathlib.Path(__file__).resolve().parent


class Refused(Exception):
    """A library said no, or ended."""


class Worker:
    """A process with one candidate (candidates.py), pinned to `core` once it has opened its index."""

    def __init__(self, candidate, vector_set, core, threads):
        self.candidate, self.core = candidate, core
        TURN.take()
        self.process = subprocess.Popen([sys.executable, HERE / "worker.py"], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=log(vector_set), env=environment(threads))
        try:
            self.ask("start", set=str(vector_set.folder), engine=candidate.engine, params=candidate.params,
                     path=str(candidate.path(vector_set)), threads=threads)
        except Refused:
            self.close()
            raise

    def ask(self, what, **task):
        TURN.take()
        self.real_time(True)
        try:
            self.process.stdin.write(json.dumps({"do": what} | task) + "\n")
            self.process.stdin.flush()
            if not select.select([self.process.stdout], [], [], HELD_MAX_S)[0]:
                self.let_others()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Refused(f"{self.candidate}: its process ended with {self.process.wait()} in {what}")
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(f"{self.candidate}: {answer['error']}")
        return answer

    def let_others(self):
        """Work that takes long, as the build of a large graph, goes on at ordinary priority and out of turn: of
        such a build its CPU time says more than its wall time."""
        self.real_time(False)
        TURN.give()

    def real_time(self, on):
        """All threads of the worker."""
        on = on and TURN.given
        for thread in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                policy = (os.SCHED_RR, REAL_TIME_PRIORITY) if on else (os.SCHED_OTHER, 0)
                os.sched_setscheduler(int(thread.name), policy[0], os.sched_param(policy[1]))
            except (PermissionError, ProcessLookupError):
                pass

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def log(vector_set):
    """What the libraries print."""
    return open(vector_set.folder / "workers.log", "a")


def environment(threads):
    return os.environ | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads),
                         "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_WAIT_POLICY": "passive"}


def index_folder(vector_set):
    return vector_set.folder / "indexes"


def identity(engine, params):
    text = json.dumps([engine, params], sort_keys=True)
    return f"{engine}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def real_time(on):
    """Whether nothing but interrupts takes a core away from this process and those it starts. Returns whether the
    system allows it and ELANUS_BENCH_REAL_TIME is not 0."""
    if os.environ.get("ELANUS_BENCH_REAL_TIME") == "0":
        return False
    try:
        if on:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REAL_TIME_PRIORITY))
        else:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        return True
    except PermissionError:
        return False


class Turn:
    """The lock file that ELANUS_BENCH_LOCK names, by which benchmarks of one machine take turns. While it is held,
    this process and its workers have real-time priority. Held for HELD_MAX_S at most, then others come in between."""

    def __init__(self):
        self.path, self.file, self.since = os.environ.get("ELANUS_BENCH_LOCK"), None, 0.0
        self.given = False  # real-time priority, when last asked for

    def take(self):
        if self.file is not None and time.monotonic() - self.since > HELD_MAX_S:
            self.give()
            time.sleep(1)
        if self.file is None:
            self.file = open(self.path or os.devnull, "a")
            if self.path:
                fcntl.flock(self.file, fcntl.LOCK_EX)
            self.since = time.monotonic()
            self.given = real_time(True)

    def give(self):
        if self.file is not None:
            real_time(False)
            self.file.close()  # which unlocks it
            self.file = None


REAL_TIME_PRIORITY, HELD_MAX_S = 5, 30
TURN = Turn()


class Progress:
    """One line on a terminal; elsewhere a line now and then."""

    def __init__(self, what, total):
        self.what, self.total, self.done, self.said = what, total, 0, 0.0

    def step(self, note=""):
        self.done += 1
        if sys.stderr.isatty():
            sets.progress(self.done, self.total, f"{self.what} {note}"[:40])
        elif time.monotonic() - self.said > 30:
            self.said = time.monotonic()
            print(f"{self.what}: {self.done} of {self.total} {note}", file=sys.stderr, flush=True)
