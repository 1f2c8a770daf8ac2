"""Changes to every table while the load runs."""

import pathlib
import runpy

POOL = runpy.run_path(str(pathlib.Path(__file__).with_name("pool.py")))


def statements(_random):
    sets = ", ".join(f"`{one}` = CONCAT(`{one}`, `{one}`)" for one in POOL["ALL"])
    yield f"UPDATE wide SET {sets} WHERE id % 5 = 0"
    yield f"UPDATE keyless SET {sets} WHERE id % 7 = 0 LIMIT 20"
    yield "DELETE FROM keyless WHERE id < 10 LIMIT 10"
    for one in POOL["ALL"]:
        yield f"UPDATE by_{one} SET v = v + 1000, c = NULL WHERE v % 3 = 0"
        yield f"DELETE FROM by_{one} WHERE v % 3 = 1"
    yield "UPDATE unprintable SET e = 4, s = 7 WHERE id = 1"
    yield "INSERT INTO unprintable (id, d) VALUES (10, '😀😁𠀀')"
    yield "UPDATE many_members SET e = e + 1 WHERE id = 0"
