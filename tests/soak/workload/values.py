"""Column types and the values that go into them: extremes, common ones, and few different ones.

A kind knows its SQL type and writes literals in ASCII, so that no connection character set can
change them: text as `_charset x'…'`, the rest as numbers or plain strings.
"""

import struct

# Few words, so that keys collide; variants that only a collation calls equal.
WORDS = ["", "a", "A", "b", "B", "ab", "aB", "zz", "x y", "a ", "0", "-1", "it's", 'q"q', "b\\s",
         "%_", "a\tb", "\n", "end\0zero"]
# Letters that each character set can hold, with accents and signs of its own.
LETTERS = {
    "latin1": "áÁßéüÿ€¿", "utf8": "áßЖ中語あ€", "utf8mb4": "á\U0001f600Ж中\U00020000",
    "gbk": "中文语言国啊丂", "big5": "中文語言國功許", "sjis": "日本語表ソあア", "ucs2": "áЖ中あ€",
    "utf16": "áЖ中\U0001f600", "utf16le": "áЖ中\U0001f600", "utf32": "áЖ中\U0001f600",
    "cp932": "日本語表ソ髙①", "eucjpms": "日本語表あ", "latin2": "ąłčŘ", "cp1251": "ЖяЁ№",
    "ascii": "~!", "euckr": "한국어",
}
CODECS = {
    "latin1": "cp1252", "utf8": "utf-8", "utf8mb4": "utf-8", "gbk": "gbk", "big5": "big5",
    "sjis": "shift_jis", "ucs2": "utf-16-be", "utf16": "utf-16-be", "utf16le": "utf-16-le",
    "utf32": "utf-32-be", "cp932": "cp932", "eucjpms": "euc_jp", "latin2": "iso8859-2",
    "cp1251": "cp1251", "ascii": "ascii", "euckr": "euc_kr",
}
COLLATIONS = {
    "latin1": ["latin1_swedish_ci", "latin1_bin", "latin1_general_cs", "latin1_german2_ci"],
    "utf8": ["utf8_general_ci", "utf8_bin", "utf8_unicode_ci"],
    "utf8mb4": ["utf8mb4_general_ci", "utf8mb4_bin", "utf8mb4_unicode_520_ci"],
    "gbk": ["gbk_chinese_ci", "gbk_bin"], "big5": ["big5_chinese_ci"],
    "sjis": ["sjis_japanese_ci", "sjis_bin"], "ucs2": ["ucs2_general_ci", "ucs2_unicode_ci"],
    "utf16": ["utf16_general_ci", "utf16_bin"], "utf16le": ["utf16le_general_ci"],
    "utf32": ["utf32_general_ci", "utf32_unicode_ci"], "cp932": ["cp932_japanese_ci"],
    "eucjpms": ["eucjpms_japanese_ci"], "latin2": ["latin2_general_ci"],
    "cp1251": ["cp1251_general_ci"], "ascii": ["ascii_general_ci"], "euckr": ["euckr_korean_ci"],
}
WIDTHS = {"utf8": 3, "utf8mb4": 4, "utf16": 4, "utf16le": 4, "utf32": 4, "eucjpms": 3, "ucs2": 2,
          "gbk": 2, "big5": 2, "sjis": 2, "cp932": 2, "euckr": 2}
NEW_COLLATIONS = ["utf8mb4_0900_ai_ci", "utf8mb4_0900_as_cs", "utf8mb4_0900_bin",
                  "utf8mb4_ja_0900_as_cs"]


def hexed(data):
    return f"x'{data.hex()}'"


class Kind:
    """One SQL type. `key`: "whole", "prefix" (only a prefix can be indexed) or None.

    `exact`: may be a row key (inexact numbers may not); `bytes`: its size in an index.
    """

    def __init__(self, sql, draw, key="whole", exact=True, family="other", size=8):
        self.sql = sql
        self.draw = draw
        self.key = key
        self.exact = exact
        self.family = family
        self.size = size
        self.default = draw

    def literal(self, rng):
        return self.draw(rng)


def integer(name, bits, unsigned, zerofill=False):
    low, high = (0, 2 ** bits - 1) if unsigned else (-2 ** (bits - 1), 2 ** (bits - 1) - 1)

    def draw(rng):
        choice = rng.random()
        if choice < 0.7:
            return str(rng.randrange(0, 40))
        if choice < 0.85:
            return str(rng.choice([low, high, low + 1, high - 1, 0, 1, (high + 1) // 2,
                                   max(low, -1)]))
        return str(rng.randrange(low, high + 1))
    sql = name + (" UNSIGNED" if unsigned else "") + (" ZEROFILL" if zerofill else "")
    return Kind(sql, draw, family="integer")


def fixed(digits, scale, unsigned):
    def draw(rng):
        choice = rng.random()
        if choice < 0.2:
            whole, part = "9" * (digits - scale), "9" * scale
        elif choice < 0.5:
            whole, part = str(rng.randrange(0, 5)) if digits > scale else "0", "0" * scale
        else:
            whole = "".join(rng.choice("0123456789") for _ in range(rng.randrange(digits - scale + 1)))
            part = "".join(rng.choice("0123456789") for _ in range(scale))
        sign = "-" if not unsigned and rng.random() < 0.3 else ""
        return f"{sign}{whole or '0'}{'.' + part if part else ''}"
    sql = f"DECIMAL({digits},{scale})" + (" UNSIGNED" if unsigned else "")
    return Kind(sql, draw, family="decimal", size=30)


DOUBLES = ["0e0", "-0e0", "1e0", "0.1e0", "1.7976931348623157e308", "-1.7976931348623157e308",
           "2.2250738585072014e-308", "5e-324", "-4.9406564584124654e-324", "1e22", "1e23",
           "0.30000000000000004e0", "9007199254740993e0", "123456789.12345679e0", "1e-5", "1e15"]
FLOATS = ["0e0", "-0e0", "1e0", "0.1e0", "3.40282347e38", "-3.40282347e38", "1.17549435e-38",
          "1.4e-45", "-1.4e-45", "16777217e0", "0.33333334e0", "8388609.5e0", "1e10", "1e-10"]


def approximate(sql, single):
    def draw(rng):
        if rng.random() < 0.4:
            return rng.choice(FLOATS if single else DOUBLES)
        while True:
            bits = rng.getrandbits(32 if single else 64)
            value = struct.unpack("<f" if single else "<d",
                                  bits.to_bytes(4 if single else 8, "little"))[0]
            if value == value and abs(value) != float("inf"):
                return repr(value) if "e" in repr(value) else repr(value) + "e0"
    return Kind(sql, draw, exact=False, family="float")


def scaled_float(sql):
    def draw(rng):
        return f"{rng.choice(['', '-'])}{rng.randrange(0, 1000)}.{rng.randrange(0, 10000):04d}"
    return Kind(sql, draw, exact=False, family="float")


def bits(count):
    def draw(rng):
        top = 2 ** count - 1
        value = rng.choice([0, 1, top, top - 1 if top else 0, rng.randrange(0, top + 1)])
        return f"b'{value:0{count}b}'"
    return Kind(f"BIT({count})", draw, family="bit")


def year():
    return Kind("YEAR", lambda rng: rng.choice(["0", "1901", "2155", "1970", "1999", "2000",
                                                str(rng.randrange(1901, 2156))]), family="year")


def fraction(rng, digits):
    if not digits:
        return ""
    text = rng.choice(["0" * digits, "9" * digits,
                       "".join(rng.choice("0123456789") for _ in range(digits))])
    return "." + text


def date():
    def draw(rng):
        return rng.choice(["'1000-01-01'", "'9999-12-31'", "'2000-02-29'", "'0000-00-00'",
                           "'2015-00-00'", "'2015-07-00'",
                           f"'{rng.randrange(1900, 2100)}-{rng.randrange(1, 13):02d}-"
                           f"{rng.randrange(1, 29):02d}'"])
    return Kind("DATE", draw, family="temporal")


def datetime(digits):
    def draw(rng):
        day = rng.choice(["1000-01-01", "9999-12-31", "0000-00-00", "2015-00-00", "2012-06-30",
                          f"20{rng.randrange(0, 30):02d}-{rng.randrange(1, 13):02d}-"
                          f"{rng.randrange(1, 29):02d}"])
        hour = "00:00:00" if day.endswith("00") else rng.choice(
            ["00:00:00", "23:59:59", f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:07"])
        # The highest value must not be rounded up; its fraction is as long as the column's.
        part = "" if day.endswith("00") else fraction(rng, digits)
        return f"'{day} {hour}{part}'"
    return Kind(f"DATETIME({digits})" if digits else "DATETIME", draw, family="temporal")


def timestamp(digits, attributes="NULL DEFAULT NULL"):
    def draw(rng):
        # A day from either end, because the session's time zone moves them.
        value = rng.choice(["1970-01-02 00:00:01", "2038-01-17 03:14:07", "0000-00-00 00:00:00",
                            "2014-03-30 02:30:00", "2014-10-26 02:30:00", "2000-01-01 00:00:00",
                            f"20{rng.randrange(0, 38):02d}-{rng.randrange(1, 13):02d}-"
                            f"{rng.randrange(1, 29):02d} {rng.randrange(24):02d}:11:12"])
        return f"'{value}{fraction(rng, digits) if value[:4] != '0000' else ''}'"
    width = f"({digits})" if digits else ""
    return Kind(f"TIMESTAMP{width} {attributes.format(width=width)}", draw, family="timestamp")


def time_of_day(digits):
    def draw(rng):
        value = rng.choice(["838:59:59", "-838:59:59", "00:00:00", "-00:00:01", "23:59:59",
                            f"{rng.randrange(-838, 839)}:{rng.randrange(60):02d}:00"])
        # 838:59:59 with a fraction is out of range on its own.
        part = "" if "838" in value else fraction(rng, digits)
        return f"'{value}{part}'"
    return Kind(f"TIME({digits})" if digits else "TIME", draw, family="temporal")


def word(rng, charset, length):
    """Text of at most `length` characters in bytes of the character set."""
    choice = rng.random()
    if choice < 0.6:
        text = rng.choice(WORDS)
    elif choice < 0.85:
        text = "".join(rng.choice(LETTERS[charset] + "aAbB ") for _ in range(rng.randrange(1, 9)))
    else:
        text = "".join(rng.choice(LETTERS[charset] + "kK19") for _ in range(length))
    text = text[:min(length, 200)]
    if charset == "latin1" and rng.random() < 0.25:
        # What many an old application did: UTF-8 bytes in a column that is called latin1.
        return "naïve Ж中"[:max(length // 3, 0)].encode("utf-8")
    return text.encode(CODECS[charset])


def text_type(base, charset, collation, length=None):
    """CHAR, VARCHAR or one of the TEXT types."""
    sql = (f"{base}({length})" if length is not None else base) + \
        f" CHARACTER SET {charset} COLLATE {collation}"
    large = length is None
    limit = 40 if large else length

    def draw(rng):
        data = word(rng, charset, limit)
        literal = f"_{charset} {hexed(data)}"
        if large and data and rng.random() < 0.03:
            most = 60000 if base == "TEXT" else 200 if base == "TINYTEXT" else 400000
            return f"REPEAT({literal}, {rng.randrange(1, max(2, most // len(data)))})"
        return literal
    kind = Kind(sql, draw, key="prefix" if large else "whole", family="text",
                size=WIDTHS.get(charset, 1) * (length or 20))
    kind.charset = charset
    kind.length = length
    return kind


def binary_type(base, length=None):
    sql = f"{base}({length})" if length is not None else base
    large = length is None
    limit = 60 if large else length

    def draw(rng):
        data = rng.choice([b"", b"\0", b"a", b"a\0", b"a\0\0", b" ", b"\xff", b"\x00\x01\x1a'\"\\",
                           bytes(rng.getrandbits(8) for _ in range(rng.randrange(limit + 1)))])
        data = data[:limit]
        if large and data and rng.random() < 0.03:
            most = 60000 if base == "BLOB" else 200 if base == "TINYBLOB" else 1500000
            return f"REPEAT({hexed(data)}, {rng.randrange(1, max(2, most // len(data)))})"
        return hexed(data)
    kind = Kind(sql, draw, key="prefix" if large else "whole", family="binary", size=length or 20)
    kind.default = lambda rng: hexed(rng.choice([
        b"", b"d", b"0", b"\xff", b"\0", bytes(rng.getrandbits(8) for _ in range(limit))])[:limit])
    return kind


MEMBERS = ["", "a", "A ", "b", "it''s", 'q"q', "x,y", "0", "1", "ä", "中", "null", "\\\\", "%"]


def enumeration(rng, wide):
    members = [f"m{i}" for i in range(1, 65 if wide else 2)] + \
        rng.sample([m for m in MEMBERS if m not in ("a", "A ")] + ["a"], 4)
    quoted = ",".join(f"'{member}'" for member in members)

    def draw(rng):
        return str(rng.randrange(1, len(members) + 1)) if rng.random() < 0.95 else "0"
    return Kind(f"ENUM({quoted}) CHARACTER SET utf8 COLLATE utf8_bin", draw, family="enum", size=2)


def several(rng, wide):
    members = [f"s{i}" for i in range(64 if wide else 3)]
    if not wide:
        members += rng.sample(["a", "it''s", "ä", "中", "x y", 'q"'], 3)
    quoted = ",".join(f"'{member}'" for member in members)
    top = 2 ** len(members) - 1

    def draw(rng):
        return str(rng.choice([0, 1, top, rng.randrange(top + 1), rng.randrange(4)]))
    return Kind(f"SET({quoted}) CHARACTER SET utf8 COLLATE utf8_bin", draw, family="set")


def geometry(sql, shapes):
    def draw(rng):
        def point():
            return f"{rng.choice([0, 1, -1, 0.1, 45.5, rng.randrange(-80, 80)])} " \
                   f"{rng.choice([0, 2, -3.25, 1e-7, rng.randrange(-80, 80)])}"
        x = rng.randrange(1, 60)
        texts = {
            "POINT": f"POINT({point()})",
            "LINESTRING": f"LINESTRING({point()},{x} {x},{point()})",
            "POLYGON": f"POLYGON((0 0,{x} 0,{x} {x},0 {x},0 0))",
            "MULTIPOINT": f"MULTIPOINT({point()},{point()})",
            "MULTILINESTRING": f"MULTILINESTRING(({point()},{x} 1),(0 0,{x} {x}))",
            "MULTIPOLYGON": f"MULTIPOLYGON(((0 0,{x} 0,{x} {x},0 {x},0 0)))",
            "GEOMETRYCOLLECTION": f"GEOMETRYCOLLECTION(POINT({point()}),LINESTRING(0 0,{x} {x}))",
        }
        return f"ST_GeomFromText('{texts[rng.choice(shapes)]}')"
    return Kind(sql, draw, key=None, family="geometry")


SHAPES = ["POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON",
          "GEOMETRYCOLLECTION"]


def json_scalar(rng):
    return rng.choice([
        "CAST(1 AS JSON)", "CAST('null' AS JSON)", "CAST('true' AS JSON)", "'text'", "''",
        "CAST(18446744073709551615 AS UNSIGNED)", "-9223372036854775808", "1.5e0", "1e308", "0.1e0",
        "_utf8mb4 x'f09f9880'", "NULL", "'q\"\\\\/'", str(rng.randrange(-70000, 70000)),
        repr(rng.random() * 10 ** rng.randrange(-300, 300)) + ("" if rng.random() < 0 else "")])


def json_exact(rng):
    """Nodes that text does not carry exactly."""
    return rng.choice([
        "CAST('1.50' AS DECIMAL(10,2))", "CAST('2015-01-02' AS DATE)",
        "CAST('2015-01-02 03:04:05.000006' AS DATETIME(6))", "CAST('-12:00:01.5' AS TIME(6))",
        "x'00ff'", "b'101'", "-0e0"])


def json_document(typed):
    def build(rng, depth):
        choice = rng.random()
        if depth > 3 or choice < 0.4:
            return json_exact(rng) if typed and rng.random() < 0.3 else json_scalar(rng)
        parts = [build(rng, depth + 1) for _ in range(rng.randrange(4))]
        if choice < 0.7:
            return f"JSON_ARRAY({', '.join(parts)})"
        keys = rng.sample(["a", "b", "", "long key", "é", "k1", "k2"], len(parts))
        return "JSON_OBJECT(" + ", ".join(f"'{key}', {part}" for key, part in zip(keys, parts)) + ")"

    def draw(rng):
        value = build(rng, 0)
        return value if value.startswith("JSON_") else f"JSON_ARRAY({value})"
    return Kind("JSON", draw, key=None, family="json")


def vector(size):
    def draw(rng):
        return "STRING_TO_VECTOR('[" + ",".join(
            rng.choice(["0", "-0", "1.2e-38", "3.4e38", f"{rng.uniform(-9, 9):.6g}"])
            for _ in range(rng.randrange(1, size + 1))) + "]')"
    return Kind(f"VECTOR({size})", draw, key=None, family="vector")


def text_charset(rng, modern):
    charset = rng.choice(sorted(COLLATIONS) + ["utf8", "utf8mb4", "latin1"] * 3)
    collations = COLLATIONS[charset]
    if modern and charset == "utf8mb4" and rng.random() < 0.6:
        collations = NEW_COLLATIONS
    return charset, rng.choice(collations)


def any_kind(rng, modern, typed_json=False):
    """A kind for a column that may be in no key. `modern`: both servers are 9.7."""
    draw = rng.random()
    if draw < 0.5:
        return key_kind(rng, modern)
    if draw < 0.6:
        return rng.choice([approximate("FLOAT", True), approximate("DOUBLE", False),
                           scaled_float("FLOAT(9,4)"), scaled_float("DOUBLE(12,4)")])
    if draw < 0.75:
        base = rng.choice(["TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"])
        return text_type(base, *text_charset(rng, modern))
    if draw < 0.88:
        return binary_type(rng.choice(["TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"]))
    if draw < 0.94 or not modern:
        shape = rng.choice(SHAPES + ["GEOMETRY"])
        return geometry(shape, SHAPES if shape == "GEOMETRY" else [shape])
    return json_document(typed_json) if rng.random() < 0.75 else vector(rng.choice([3, 40]))


def key_kind(rng, modern):
    """A kind that may be in a key of any sort (but inexact numbers)."""
    draw = rng.random()
    if draw < 0.35:
        name, count = rng.choice([("TINYINT", 8), ("SMALLINT", 16), ("MEDIUMINT", 24), ("INT", 32),
                                  ("BIGINT", 64)])
        unsigned = rng.random() < 0.5
        return integer(name, count, unsigned, unsigned and rng.random() < 0.15)
    if draw < 0.45:
        return fixed(*rng.choice([(65, 30), (1, 0), (10, 2), (5, 5), (30, 0), (18, 9)]),
                     rng.random() < 0.3)
    if draw < 0.5:
        return bits(rng.choice([1, 7, 8, 33, 64]))
    if draw < 0.65:
        digits = rng.choice([0, 0, 1, 3, 6])
        return rng.choice([date(), year(), datetime(digits), time_of_day(digits),
                           timestamp(digits)])
    if draw < 0.85:
        charset, collation = text_charset(rng, modern)
        return text_type(rng.choice(["CHAR", "VARCHAR"]), charset, collation,
                         rng.choice([1, 8, 20, 20, 60]))
    if draw < 0.93:
        return binary_type(rng.choice(["BINARY", "VARBINARY"]), rng.choice([1, 4, 16]))
    return enumeration(rng, rng.random() < 0.2) if rng.random() < 0.5 else \
        several(rng, rng.random() < 0.3)
