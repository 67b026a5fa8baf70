#!/usr/bin/env python3
"""Packs jieba's dictionary and hidden Markov model into the file that the binary carries.

Zlib over, little-endian: words n (u32), sum of frequencies (u64); n + 1 offsets into the words'
bytes (u32), n frequencies (u32), the words ascending by bytes; then the model, states in the order
B M E S: log probabilities to start (4 f32), of transitions (from x to, 16 f32), and for each state
the number of characters (u32), the characters ascending (u32) and their log probabilities (f32).
src/text/jieba_data.cc reads it.

usage: tools/pack_jieba.py FOLDER OUT      FOLDER: of the package, as Debian's python3-jieba has it"""
import array
import ast
import pathlib
import struct
import sys
import zlib

NEVER = -3.14e100
STATES = "BMES"


def literal(path):
    """The dictionary that a module of the package assigns to P."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "P":
            return ast.literal_eval(node.value)
    raise SystemExit(f"{path}: no P in it")


def numbers(kind, values):
    return array.array(kind, values).tobytes()


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    frequency = {}
    for line in (folder / "dict.txt").read_text(encoding="utf-8").splitlines():
        word, count = line.split(" ")[:2]
        frequency[word.encode()] = int(count)
    words = sorted(frequency)
    offsets = [0]
    for word in words:
        offsets.append(offsets[-1] + len(word))
    start = literal(folder / "finalseg/prob_start.py")
    step = literal(folder / "finalseg/prob_trans.py")
    emit = literal(folder / "finalseg/prob_emit.py")
    lowest = -3.4e38  # a float's
    data = struct.pack("<IQ", len(words), sum(frequency.values()))
    data += numbers("I", offsets) + numbers("I", [frequency[w] for w in words]) + b"".join(words)
    data += numbers("f", [max(start[s], lowest) for s in STATES])
    data += numbers("f", [max(step[a].get(b, NEVER), lowest) for a in STATES for b in STATES])
    for state in STATES:
        chars = sorted(emit[state])
        data += struct.pack("<I", len(chars)) + numbers("I", map(ord, chars))
        data += numbers("f", [max(emit[state][c], lowest) for c in chars])
    out.write_bytes(struct.pack("<Q", len(data)) + zlib.compress(data, 9))
    return 0


if __name__ == "__main__":
    sys.exit(main())
