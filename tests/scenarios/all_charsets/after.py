"""Keys that change, in case only where the character set has case."""

import pathlib
import runpy

POOL = runpy.run_path(str(pathlib.Path(__file__).with_name("pool.py")))


def statements(_random):
    yield "UPDATE wide SET " + ", ".join(f"`{one}` = UPPER(`{one}`)" for one in POOL["ALL"]) + " WHERE id % 2 = 0"
    yield "DELETE FROM keyless WHERE id BETWEEN 100 AND 120"
    yield "INSERT INTO keyless SELECT * FROM wide WHERE id < 10"
    for one in POOL["ALL"]:
        yield f"UPDATE IGNORE by_{one} SET k = CONCAT(k, k), v = v + 1 WHERE v % 2 = 0 AND LENGTH(k) < 5"
        yield f"UPDATE IGNORE by_{one} SET k = IF(BINARY k = BINARY UPPER(k), LOWER(k), UPPER(k))"
    yield "UPDATE unprintable SET e = 2, u = 1 WHERE id = 3"
    yield "DELETE FROM many_members WHERE e > 600"
