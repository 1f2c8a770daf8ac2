import importlib.util
import pathlib

spec = importlib.util.spec_from_file_location(
    "geometries_shapes", pathlib.Path(__file__).with_name("shapes.py"))
shapes = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shapes)


def statements(random):
    yield "USE geometries"
    yield from shapes.changes(5)
