#!/usr/bin/env python3
"""Plants one violation at a time in a small tree and expects tools/tidy.py to find it."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TIDY = pathlib.Path(__file__).resolve().parents[2] / "tools" / "tidy.py"

# A tree without a fault: every file below src and its text.
CLEAN = {
    "base/CMakeLists.txt": "elanus_module(base LIBS spdlog)",
    "base/status.h": "#include <string>\n",
    "base/log.cc": '#include "base/status.h"\n#include <spdlog/spdlog.h>\n',
    "io/CMakeLists.txt": "elanus_module(io DEPS base)",
    "io/file.h": '#include "base/status.h"\n',
    "model/CMakeLists.txt": "elanus_module(model DEPS base)",
    "model/schema.h": '#include "base/status.h"\n',
    "model/schema_test.cc": '#include "model/schema.h"\n#include <gtest/gtest.h>\n',
    "wal/CMakeLists.txt": "# an ordered log\nelanus_module(wal\n  DEPS base io  # files\n  LIBS z)",
    "wal/log.h": '#include "io/file.h"\n',
    "wal/log.cc": '#include "wal/log.h"\n#include "base/status.h"\n',
    "server/CMakeLists.txt": "elanus_module(server DEPS base model)",
    "server/wire.h": "#include <milvus/dml.pb.h>\n",
    "server/grpc/service.cc": '#include <grpcpp/grpcpp.h>\n#include "server/wire.h"\n',
}


def run_tidy(changes):
    """(exit status, output) of tidy.py over CLEAN with `changes` laid over it."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in (CLEAN | changes).items():
            file = root / "src" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        done = subprocess.run([sys.executable, str(TIDY), "--root", str(root)],
                              stdout=subprocess.PIPE, text=True, check=False)
        return done.returncode, done.stdout


class TidyTest(unittest.TestCase):
    def expect_caught(self, changes, message):
        status, output = run_tidy(changes)
        self.assertEqual(status, 1, output)
        self.assertIn(message, output)

    def test_a_clean_tree_passes(self):
        status, output = run_tidy({})
        self.assertEqual(status, 0, output)
        self.assertIn("5 modules, no violations", output)

    def test_catches_an_undeclared_include(self):
        self.expect_caught({"model/schema.cc": '#include "io/file.h"\n'},
                           "model/schema.cc:1: model includes io/file.h but does not declare DEPS io")

    def test_catches_an_undeclared_include_in_a_test(self):
        self.expect_caught({"model/schema_test.cc": '#include "io/file.h"\n'}, "does not declare DEPS io")

    def test_catches_an_upward_dependency(self):
        self.expect_caught({"io/CMakeLists.txt": "elanus_module(io DEPS base wal)"},
                           "io (layer 1) must not depend on wal (layer 3)")

    def test_catches_a_sideways_dependency(self):
        self.expect_caught({"io/CMakeLists.txt": "elanus_module(io DEPS base model)"},
                           "io (layer 1) must not depend on model (layer 1)")

    def test_a_nested_module_may_use_its_parent_and_never_the_reverse(self):
        nested = {"server/milvus/CMakeLists.txt": "elanus_module(server_milvus DEPS base server)",
                  "server/milvus/wire.cc": '#include "server/wire.h"\n'}
        self.assertEqual(run_tidy(nested)[0], 0, run_tidy(nested)[1])
        self.expect_caught(nested | {"server/CMakeLists.txt": "elanus_module(server DEPS base model server_milvus)"},
                           "server (layer 6) must not depend on server_milvus (layer 6)")

    def test_catches_a_cycle(self):
        self.expect_caught({"base/CMakeLists.txt": "elanus_module(base DEPS wal)"}, "module cycle: ")

    def test_catches_a_vendor_header_outside_its_home(self):
        self.expect_caught({"wal/log.cc": "#include <grpcpp/grpcpp.h>\n"},
                           "wal/log.cc:1: <grpcpp/grpcpp.h> belongs only in server")

    def test_a_home_may_be_a_single_file(self):
        self.expect_caught({"base/status.cc": "#include <spdlog/spdlog.h>\n"},
                           "<spdlog/spdlog.h> belongs only in base/log.cc")

    def test_catches_a_quoted_vendor_header(self):
        self.expect_caught({"wal/log.cc": '#include "rocksdb/db.h"\n'}, "belongs only in meta/rocksdb")

    def test_catches_a_vendor_header_that_travels_in_ours(self):
        self.expect_caught({"app/CMakeLists.txt": "elanus_module(app DEPS server)",
                            "server/api.h": '#include "server/wire.h"\n',
                            "app/main.cc": '#include "server/api.h"\n'},
                           "app/main.cc:1: server/api.h brings <milvus/...> into app")

    def test_catches_a_test_library_in_the_product(self):
        self.expect_caught({"model/schema.cc": "#include <gtest/gtest.h>\n"}, "<gtest/gtest.h> is for tests or benchmarks only")
        self.expect_caught({"io/file_conformance.h": "#include <gtest/gtest.h>\n",
                            "io/file.cc": '#include "io/file_conformance.h"\n'},
                           "io/file_conformance.h is for tests only")

    def test_catches_the_generated_service_classes(self):
        self.expect_caught({"server/grpc/service.cc": "#include <milvus/milvus.grpc.pb.h>\n"},
                           "<milvus/milvus.grpc.pb.h> is included by nobody")
        self.expect_caught({"../tests/sim/x.cc": "#include <milvus/milvus.grpc.pb.h>\n"},
                           "tests/sim/x.cc:1")

    def test_catches_a_file_outside_every_module(self):
        self.expect_caught({"stray/file.cc": "\n"}, "stray/file.cc: belongs to no module")

    def test_catches_an_include_by_bare_name(self):
        self.expect_caught({"wal/log.cc": '#include "log.h"\n'}, 'write "module/file.h"')

    def test_catches_a_module_that_has_no_layer(self):
        self.expect_caught({"misc/CMakeLists.txt": "elanus_module(misc DEPS base)"}, "misc has no layer")

    def test_a_nested_module_is_its_own(self):
        backend = {"meta/CMakeLists.txt": "elanus_module(meta DEPS base)", "meta/store.h": "\n",
                   "meta/rocksdb/CMakeLists.txt": "elanus_module(meta_rocksdb DEPS base meta)",
                   "meta/rocksdb/store.cc": '#include <rocksdb/db.h>\n#include "meta/store.h"\n',
                   "meta/rocksdb/store.h": "\n"}
        self.assertEqual(run_tidy(backend)[0], 0, run_tidy(backend)[1])
        self.expect_caught(backend | {"meta/store.cc": '#include "meta/rocksdb/store.h"\n'},
                           "does not declare DEPS meta_rocksdb")


if __name__ == "__main__":
    unittest.main()
