"""Uses the server fixtures of tests/compat."""
import importlib.util
import pathlib

spec = importlib.util.spec_from_file_location("compat", pathlib.Path(__file__).parents[1] / "compat" / "conftest.py")
compat = importlib.util.module_from_spec(spec)
spec.loader.exec_module(compat)
new_server = compat.new_server
