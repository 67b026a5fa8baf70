"""A server process under measurement: its start, its CPU time, its memory."""
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    """User and system time of all threads, those that have ended included; 10 ms fine."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_seconds_fine(pid):
    """The same, to the nanosecond, of the threads that live now."""
    total = 0
    for file in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(file.read_text().split()[0])
        except OSError:  # the thread has ended
            pass
    return total / 1e9


def memory_mb(pid, name):
    """A line of /proc/PID/status in MB: VmRSS, VmHWM, RssAnon."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024 / 1e6
    raise KeyError(name)


class AnonymousPeak:
    """The highest RssAnon seen within a `with`, looked at 50 times a second."""

    def __init__(self, pid):
        self.pid, self.mb, self.over = pid, 0.0, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.over.wait(0.02):
            self.mb = max(self.mb, memory_mb(self.pid, "RssAnon"))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def healthy(port):
    """Whether GET /healthz answers 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return s.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


class Elanus:
    """build/release/elanus on free ports with a data folder of its own."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = None

    def start(self):
        """Returns the seconds from exec to the first healthy answer."""
        self.port, self.admin_port = free_port(), free_port()
        self.target = f"127.0.0.1:{self.port}"
        log = open(self.folder / "server.log", "a")
        begun = time.perf_counter()
        self.process = subprocess.Popen(
            [self.binary, "serve", "--data", self.folder / "data", "--listen", self.target,
             "--admin", f"127.0.0.1:{self.admin_port}"], stdout=log, stderr=subprocess.STDOUT)
        while not healthy(self.admin_port):
            if self.process.poll() is not None or time.perf_counter() - begun > 120:
                raise RuntimeError("the server does not start, see " + str(self.folder / "server.log"))
            time.sleep(0.001)
        return time.perf_counter() - begun

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
            self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
