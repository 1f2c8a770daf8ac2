"""What during.py does, on the new server."""

import importlib.util
import pathlib


def statements(random):
    path = pathlib.Path(__file__).with_name("during.py")
    spec = importlib.util.spec_from_file_location("row_images_during", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for sql in module.statements(random, True):
        yield sql.replace("root-source", "root-target")
