import importlib.util
import pathlib

spec = importlib.util.spec_from_file_location(
    "documents_changes", pathlib.Path(__file__).with_name("changes.py"))
changes = importlib.util.module_from_spec(spec)
spec.loader.exec_module(changes)


def statements(random):
    yield from changes.statements(3)
