#!/usr/bin/env python3
"""Holds proto/milvus to the descriptors of pymilvus 3.0.2.

Every message, field (number, type, label, oneof), enum value and RPC (request, response, streaming)
that we declare must be equal to pymilvus's. What pymilvus has and we have not stands in
not_declared.txt, one line each. That list may only shrink: a line for something we declare, or that
pymilvus does not have, is a failure, and so is a missing thing without a line.
Options (deprecated, privileges) are not on the wire and are not compared."""
import os, pathlib, shutil, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv" / "bin" / "python"
LIST = pathlib.Path(__file__).with_name("not_declared.txt")
VERSION = "3.0.2"

try:
    import pymilvus
except ImportError:
    if VENV.exists() and pathlib.Path(sys.prefix) != ROOT / ".venv":
        os.execv(VENV, [str(VENV), *sys.argv])
    sys.exit(f"FAIL: pymilvus {VERSION} is not installed in {ROOT}/.venv: run ./dev setup")
if pymilvus.__version__ != VERSION:
    sys.exit(f"FAIL: pymilvus {VERSION} is needed, {pymilvus.__version__} is installed")

from google.protobuf import descriptor_pb2
from pymilvus.grpc_gen import common_pb2, feder_pb2, milvus_pb2, msg_pb2, rg_pb2, schema_pb2

Field = descriptor_pb2.FieldDescriptorProto


def describe_message(message, name, facts):
    facts[f"message {name}"] = "map entry" if message.options.map_entry else ""
    oneofs = {i: o.name for i, o in enumerate(message.oneof_decl)}
    for f in message.field:
        facts[f"field {name}.{f.name}"] = ", ".join([
            f"number {f.number}", Field.Type.Name(f.type), f.type_name, Field.Label.Name(f.label),
            "optional" if f.proto3_optional else "",
            "oneof " + oneofs[f.oneof_index] if f.HasField("oneof_index") and not f.proto3_optional else "",
            f"packed {f.options.packed}" if f.options.HasField("packed") else ""])
    for e in message.enum_type:
        describe_enum(e, f"{name}.{e.name}", facts)
    for nested in message.nested_type:
        describe_message(nested, f"{name}.{nested.name}", facts)


def describe_enum(enum, name, facts):
    facts[f"enum {name}"] = ""
    for v in enum.value:
        facts[f"value {name}.{v.name}"] = str(v.number)


def describe_file(file, facts):
    """{"kind full.name": what must be equal}"""
    for m in file.message_type:
        describe_message(m, f"{file.package}.{m.name}", facts)
    for e in file.enum_type:
        describe_enum(e, f"{file.package}.{e.name}", facts)
    for x in file.extension:
        facts[f"extension {file.package}.{x.name}"] = f"{x.extendee} {x.number} {x.type_name}"
    for s in file.service:
        facts[f"service {file.package}.{s.name}"] = ""
        for r in s.method:
            facts[f"rpc {file.package}.{s.name}.{r.name}"] = (
                f"{'stream ' * r.client_streaming}{r.input_type} -> {'stream ' * r.server_streaming}{r.output_type}")


def theirs():
    facts = {}
    for module in (common_pb2, schema_pb2, msg_pb2, feder_pb2, rg_pb2, milvus_pb2):
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        describe_file(file, facts)
    return facts


def ours(root):
    protoc = shutil.which("protoc") or sys.exit("FAIL: protoc is not installed")
    files = sorted(str(p.relative_to(root)) for p in (root / "milvus").glob("*.proto"))
    facts = {}
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run([protoc, "-I", root, "--descriptor_set_out", out.name, *files], check=True)
        for file in descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(out.name).read_bytes()).file:
            describe_file(file, facts)
    return facts


def compare(mine, pymilvus_has, listed):
    """Lines of what is wrong."""
    wrong = [f"{k}: pymilvus has no such thing" for k in mine.keys() - pymilvus_has.keys()]
    wrong += [f"{k}: ours is [{v}], pymilvus has [{pymilvus_has[k]}]"
              for k, v in mine.items() if k in pymilvus_has and pymilvus_has[k] != v]
    missing = pymilvus_has.keys() - mine.keys()
    wrong += [f"{k}: not declared, and not in {LIST.name}" for k in missing - listed]
    wrong += [f"{k}: take it out of {LIST.name}, it is declared or unknown to pymilvus" for k in listed - missing]
    return sorted(wrong)


def check_that_it_bites(facts):
    """A wrong number, a missing field, an invented one and a stale line must each be seen."""
    key = "field milvus.proto.milvus.InsertRequest.num_rows"
    without = {k: v for k, v in facts.items() if k != key}
    for mine, listed in (({**facts, key: "number 99"}, set()), (without, set()),
                         ({**facts, "rpc x.Invented": ""}, set()), (facts, {key}), (without, {key, "message x.Gone"})):
        assert key in facts and compare(mine, facts, listed), (key, listed)
    assert not compare(without, facts, {key})


def main():
    pymilvus_has = theirs()
    check_that_it_bites(pymilvus_has)
    lines = (line.split("#")[0].strip() for line in LIST.read_text().splitlines())
    mine = ours(ROOT / "proto")
    wrong = compare(mine, pymilvus_has, {line for line in lines if line})
    print("\n".join(wrong) or f"proto contract: {len(mine)} facts equal to pymilvus {VERSION}'s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
