"""Every text of every character set."""

import pathlib
import runpy

POOL = runpy.run_path(str(pathlib.Path(__file__).with_name("pool.py")))


def statements(_random):
    texts, literal = POOL["texts"], POOL["literal"]
    yield "USE all_charsets"
    rows = []
    for number in range(256):
        values = [literal(one, texts(one)[number % len(texts(one))]) for one in POOL["ALL"]]
        rows.append(f"({number}, {', '.join(values)})")
    for table in ("wide", "keyless"):
        for first in range(0, 256, 64):
            yield f"INSERT INTO {table} VALUES {', '.join(rows[first:first + 64])}"
    yield f"INSERT INTO keyless VALUES {', '.join(rows[:20])}"
    for one in POOL["ALL"]:
        keys = ", ".join(f"({literal(one, text)}, {literal(one, text[:4] if one in POOL['EIGHT_BIT'] else text)}, {n})"
                         for n, text in enumerate(texts(one)))
        yield f"INSERT IGNORE INTO by_{one} VALUES {keys}"
    yield "INSERT INTO unprintable (id) VALUES (1)"
    yield "INSERT INTO unprintable (id, e, s, u) VALUES (2, 2, 2, 1), (3, 3, 4, 2), (4, 4, 7, NULL), (5, 5, 0, 1), (6, NULL, 5, 1)"
    yield "INSERT INTO many_members VALUES " + ", ".join(f"({n % 3}, {1 + n})" for n in range(0, 700, 7))
