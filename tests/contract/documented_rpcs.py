#!/usr/bin/env python3
"""docs/compatibility.md says of each RPC whether it is built; the handlers that are registered say the same."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def registered():
    sources = (ROOT / "src/server/milvus").glob("*.cc")
    return {name for path in sources for name in re.findall(r'table->Add\(\s*"(\w+)"', path.read_text())}


def declared():
    text = (ROOT / "proto/milvus/service.proto").read_text()
    service = re.search(r"service MilvusService \{(.*?)\n\}", text, re.S).group(1)
    return set(re.findall(r"rpc (\w+)\(", service))


def documented():
    """{RPC: it is said to be there}"""
    rows = re.findall(r"^\| (\w+) \| ((?:built|partly|not yet)[^|]*)\|", (ROOT / "docs/compatibility.md").read_text(), re.M)
    return {name: not state.startswith("not yet") for name, state in rows}


def main():
    built, known, said = registered(), declared(), documented()
    errors = [f"{name}: no row in docs/compatibility.md" for name in sorted(known - said.keys())]
    errors += [f"{name}: is built, docs/compatibility.md says not yet" for name in sorted(built) if said.get(name) is False]
    errors += [f"{name}: docs/compatibility.md says it is there, no handler is registered"
               for name in sorted(known - built) if said.get(name)]
    print("\n".join(errors) or f"{len(known)} RPCs, {len(built)} built, the page agrees")
    return 1 if errors or not built else 0


if __name__ == "__main__":
    sys.exit(main())
