"""What during.py does, on the old server again."""

import importlib.util
import pathlib


def statements(random):
    path = pathlib.Path(__file__).with_name("during.py")
    spec = importlib.util.spec_from_file_location("row_images_during", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield from module.statements(random, True)
