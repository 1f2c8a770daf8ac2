"""A wide table, one without a key, and a table for each character set with a key in it."""

import pathlib
import runpy

POOL = runpy.run_path(str(pathlib.Path(__file__).with_name("pool.py")))


def statements(_random):
    yield "CREATE DATABASE all_charsets CHARACTER SET utf8"
    yield "USE all_charsets"
    columns = [f"`{one}` VARCHAR(20) CHARACTER SET {one}" for one in POOL["ALL"]]
    yield f"CREATE TABLE wide (id INT NOT NULL PRIMARY KEY, {', '.join(columns)}) ENGINE=InnoDB"
    yield f"CREATE TABLE keyless (id INT, {', '.join(columns)}) ENGINE=InnoDB"
    for one in POOL["ALL"]:
        yield (f"CREATE TABLE by_{one} (k VARCHAR(8) CHARACTER SET {one} NOT NULL, c CHAR(4) CHARACTER SET "
               f"{one}, v INT NOT NULL, PRIMARY KEY (k), KEY (c, v)) ENGINE=InnoDB")
    # As utf8mb4_bin: in most collations all emoji are one character.
    yield ("CREATE TABLE unprintable (id INT NOT NULL PRIMARY KEY, e ENUM('a', '😀', '?', '𠀀𠀁', '') DEFAULT '𠀀𠀁', "
           "s SET('?', '😀', '😁') NOT NULL DEFAULT '😀,😁', d VARCHAR(20) DEFAULT '😀?', "
           "u ENUM('😀', 'x') CHARACTER SET utf16 COLLATE utf16_bin, v CHAR(3) CHARACTER SET utf32 DEFAULT '𠀀') "
           "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin")
    members = ", ".join(f"'member {number}'" for number in range(700))
    yield (f"CREATE TABLE many_members (id INT NOT NULL, e ENUM({members}) NOT NULL, PRIMARY KEY (e, id)) "
           "ENGINE=InnoDB DEFAULT CHARSET=latin1")
