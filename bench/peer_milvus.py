"""Milvus 2.3.5 as PyPI's package `milvus` carries it, in an environment and a process of its own."""
import pathlib
import subprocess
import sys

from process import free_port

PACKAGES = ["milvus==2.3.5", "setuptools==75.1.0"]
SERVE = """
import sys
from milvus import default_server
default_server.set_base_dir(sys.argv[1])
default_server.config.configs.update(proxy_port=int(sys.argv[2]))
default_server.start()
print(default_server.server_proc.pid, default_server.listen_port, flush=True)
sys.stdin.read()
default_server.stop()
"""


def environment(folder):
    """The Python of an environment that holds the packages; made at the first call."""
    python = pathlib.Path(folder) / "bin" / "python"
    stamp = pathlib.Path(folder) / "installed.txt"
    if not stamp.exists() or stamp.read_text() != " ".join(PACKAGES):
        print("installing " + " ".join(PACKAGES), file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES], check=True)
        stamp.write_text(" ".join(PACKAGES))
    return python


class Milvus:
    def __init__(self, environment_folder, folder):
        self.python, self.folder = environment(environment_folder), folder

    def __enter__(self):
        self.wrapper = subprocess.Popen([self.python, "-c", SERVE, self.folder, str(free_port())], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.wrapper.stdout.readline().split()
        if len(line) != 2:
            raise RuntimeError("Milvus does not start")
        self.pid, self.target = int(line[0]), "127.0.0.1:" + line[1]
        return self

    def __exit__(self, *_):
        self.wrapper.stdin.close()
        self.wrapper.wait(120)
