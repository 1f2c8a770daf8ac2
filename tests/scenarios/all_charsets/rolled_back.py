"""And back on the old one."""

import pathlib
import runpy

POOL = runpy.run_path(str(pathlib.Path(__file__).with_name("pool.py")))


def statements(_random):
    yield "DELETE FROM wide WHERE id % 4 = 1"
    for one in POOL["ALL"]:
        yield f"DELETE FROM by_{one} WHERE v = -1"
    yield "INSERT INTO unprintable (id) VALUES (40)"
