"""Tables whose files a 5.6 server would not make any more.

Each was made with integer columns of the same sizes (see the comments) and CHARACTER SET utf8; its
definition and its empty index were captured from MySQL 5.6.24. Here the columns get their old
types, and the server writes the files itself.
"""

import base64
import zlib

# Type numbers of the old formats, and the width that the server shows.
DATETIME, TIMESTAMP, TIME = 12, 7, 11
WIDTH = {DATETIME: 19, TIMESTAMP: 19, TIME: 10}
COLUMN_BYTES = 17

TABLES = {
    # (id INT NOT NULL, d BIGINT UNSIGNED NULL, ts INT UNSIGNED NOT NULL, tm MEDIUMINT NULL,
    # dn BIGINT UNSIGNED NOT NULL, v CHAR(20), PRIMARY KEY (id), KEY (d))
    "keyed": {
        "columns": ["id", "d", "ts", "tm", "dn", "v"],
        # place: type, whether it may be NULL
        "types": {1: (DATETIME, True), 2: (TIMESTAMP, False), 3: (TIME, True),
                  4: (DATETIME, False)},
        "frm": (
            "eNrt2L1OwzAUBeBjO39uEVRVYAAh2pGpDIwdGrYKRarCUnYvHdqlUSW2iCdDlXgZHqLmJpCOCImlqOcb"
            "HPvIthIry/VOWWuAngLugK2eY0/fIwHCujtss60G3t6BmzYYjYABiIiIiIiIiOiQaSnoT+QZQEmrKhle"
            "TQJkUvrXga4i4KFK4GfFNM+KZ+88D40OyE//4+APgAj5y/Qpy7/2OuNRExERERHRv/ah0Dvm71dS5RV4"
            "ld4c/X06wwVM0ysQRzq9/XXRGMAsHEJoJxubco1Y2iUSGLeChd4gMN0ummsW2d4MgVCnKZprFgkSCSLT"
            "6eAUuGxnxMba+u0e6xlWgsTIknNZMvleYvV4jGsZ1DN2EviF886Xa18uvVv5jccnLWk3DQ=="
        ),
        "index": (
            "eNr794+dkYGJcSHDBoYUhgsMTAxApMjIAAL/GXCA/1AA4bEwEA+YV2MzBx3A5LOZJYxgGtH42AAjgkm0"
            "myLQsAgQs4Mk2FiZYCZJYFjEyMAIFOcCQRZ7sJAD2EpGqKwHkMMPgtz2YFMCGDiAJCuqO6Fu5GBC5jFD"
            "aA4Iz4aDYRSMAloCAM7mK5c="
        ),
    },
    # (d BIGINT UNSIGNED NULL, ts INT UNSIGNED NULL, tm MEDIUMINT NOT NULL, n DATETIME(3))
    "keyless": {
        "columns": ["d", "ts", "tm", "n"],
        # place: type, whether it may be NULL
        "types": {0: (DATETIME, True), 1: (TIMESTAMP, True), 2: (TIME, False)},
        "frm": (
            "eNrt2bFqwkAcx/Fv7kzMhbaoiAFB0LGTfYLSdhBEBMFXcNXFLG4+gk/TuUtfq9d/LMnQqWNLfx/I5Xe/"
            "O/5D1nwkIXjoJfBgL0paLieHtI6zpuvZ8/YOk6aYz2GKiIiIiIiIiPx2jtjm+O3s3ISM9Wm5fV5/7W71"
            "1URERERERET+jtfk+k//30rosODRUslN224Y4a9pQdpxw/vpD9k0tyPFV0cyW/d0cQdsxBAHL2cbmc8g"
            "9UVBAeO68FZkPgTuYPVkRbCi68qSPlzqG4Mc4i5Wx1jt4yHyCeqrHnA="
        ),
        "index": (
            "eNr794+dkYGB0ZxhA0MKEIOBIoT6z4AD/IcCCI+FgXjAvBqbaDazhBE+PiYg2k5xNCwCxKwgCTZmuBoO"
            "LPoYoVJMEOsg9kG1sHMwjIJRMDwAAP4RD+o="
        ),
    },
    # (d BIGINT UNSIGNED NOT NULL, ts INT UNSIGNED NOT NULL, tm MEDIUMINT NOT NULL, v INT,
    # PRIMARY KEY (d, ts, tm))
    "in_key": {
        "columns": ["d", "ts", "tm", "v"],
        # place: type, whether it may be NULL
        "types": {0: (DATETIME, False), 1: (TIMESTAMP, False), 2: (TIME, False)},
        "frm": (
            "eNrt2D9Lw0AYx/Fv7pI2Sf1TITgoQjs6VfQNpA6FIoFSJ/cuHTo1FNzyqpxdfFueT6rt5CAFQfD3WXL3"
            "y/HAPds971GWeehHcAPLqGDP3ZFC0i6Hu2xp517f4GoXjEYwQERERERERET+ssge/7l9T/HtrnFwX6a4"
            "xsKLMsY3J/BQesJsPq3G86egnh3k+751qJ6nj+Pqc3esNomIiIiIiMjveIno/+f7R8RMuLVVwdE+nXFu"
            "f1oTktgV14MfsmpuQYKv1/a29/WKLm6DlSjYjlasZDqExOc52xGLBd6Cjs8ytqMWCzILuq7X4wwum68T"
            "YRHqdahXYRP4AAziJB8="
        ),
        "index": (
            "eNr794+dkYGBcSrDBoYUhjMMzEA2gyJQBAj+M+AA/6EAwmNhIB4wr8ZmDqp5DAzZzBJGUCYjGh8fYCTR"
            "PSJYMCtIgo2VEWaSAoYPGBkYgeKiIMhtDxZyYOCA2c4JEwE5ghPE5IGJAEOWgRfVpRwoDmaG8pgYRsEo"
            "oBcAAOy5Imo="
        ),
    },
}


def unpacked(text):
    return zlib.decompress(base64.b64decode(text))


def with_types(table):
    """The definition with the old types. A column is 17 bytes in front of all columns' names: its
    width is the fourth, its flags the ninth and tenth, its type the fourteenth."""
    definition = bytearray(unpacked(table["frm"]))
    names = b"\xff" + b"".join(name.encode() + b"\xff" for name in table["columns"])
    begin = definition.index(names) - COLUMN_BYTES * len(table["columns"])
    for place, (kind, nullable) in table["types"].items():
        column = begin + COLUMN_BYTES * place
        definition[column + 3] = WIDTH[kind]
        definition[column + 8:column + 10] = bytes([kind << 3, 0x80 if nullable else 0])
        definition[column + 13] = kind
    return definition


def statements(_random):
    yield "CREATE DATABASE old_temporal CHARACTER SET utf8"
    for name, table in TABLES.items():
        files = {"frm": with_types(table), "MYI": unpacked(table["index"]), "MYD": b""}
        for suffix, content in files.items():
            yield f"SELECT x'{content.hex()}' INTO DUMPFILE 'old_temporal/{name}.{suffix}'"
