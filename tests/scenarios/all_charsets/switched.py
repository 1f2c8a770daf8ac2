"""The same on the new server."""

import pathlib
import runpy

POOL = runpy.run_path(str(pathlib.Path(__file__).with_name("pool.py")))


def statements(_random):
    yield "UPDATE wide SET " + ", ".join(f"`{one}` = LOWER(`{one}`)" for one in POOL["ALL"]) + " WHERE id % 3 = 0"
    yield "DELETE FROM keyless WHERE id % 11 = 0 LIMIT 10"
    yield "INSERT INTO keyless SELECT * FROM wide WHERE id BETWEEN 20 AND 25"
    for one in POOL["ALL"]:
        yield f"UPDATE IGNORE by_{one} SET k = IF(BINARY k = BINARY UPPER(k), LOWER(k), UPPER(k)), v = v + 1"
        yield f"INSERT IGNORE INTO by_{one} SELECT CONCAT(k, k, k), c, -1 FROM by_{one} WHERE LENGTH(k) BETWEEN 1 AND 4 LIMIT 1"
    yield "INSERT INTO unprintable (id) VALUES (30)"
    yield "UPDATE unprintable SET e = '𠀀𠀁', s = '?,😁', d = '𠀀' WHERE id < 4"
    yield "INSERT INTO many_members VALUES (9, 700), (9, 256), (9, 255)"
