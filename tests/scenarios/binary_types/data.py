"""Every byte value in every place where a byte may stand."""


def statements(random):
    yield "USE binary_types"
    every = bytes(range(256))
    values = [b"", b"\0", b"\0\0\0", b" ", b"  \0", b"a\0", b"\0a\0\0", b"\x1a'\"\\\n\r\t", every]
    values += [random.randbytes(random.randrange(1, 255)) for _ in range(40)]
    for number, value in enumerate(values):
        text = "0x" + value.hex() if value else "''"
        short = "0x" + value[:255].hex() if value else "''"
        eight = "0x" + value[:8].hex() if value else "''"
        one = "0x" + value[:1].hex() if value else "''"
        yield (f"INSERT INTO bytes_ VALUES ({number}, {one}, {eight}, {short}, {text}, {short}, "
               f"{text}, {text}, {text})")
    yield "INSERT INTO bytes_ VALUES (1000, NULL, 'x', NULL, NULL, NULL, NULL, NULL, '')"
    yield (f"INSERT INTO bytes_ VALUES (1001, 'a', 'b', 'c', 'd', 'e', REPEAT(0x00FF5C27, 16000), "
           "REPEAT(0x00FF5C27, 40000), REPEAT(0x1A0A0D09, 50000))")
    yield ("INSERT INTO bits VALUES (1, 0, 0, 0, 0, 0, 0), (2, 1, 3, 127, 511, 2147483647, "
           "18446744073709551615), (3, NULL, NULL, NULL, NULL, NULL, 1), "
           "(4, 1, 2, 92, 348, 1543503872, 9223372036854775808), (5, b'0', b'01', 39, 256, 1, 39)")
    yield "SET sql_mode = ''"
    yield ("INSERT INTO choices VALUES (1, 'c', 'x', '', ''), (2, 'a', NULL, 'c', 'a0'), "
           "(3, '10', 'x', 'a,b,c', 'g3'), (4, '2', 'x', '1', 'a0,g3'), (5, 2, 1, 8, "
           "18446744073709551615), (6, 'not a member', 'no', '1,c', 'a1,b1'), "
           "(7, 'it''s', 'x', 'b', NULL), (8, 'back\\\\slash', 'x', 'b', 'c0'), (9, 'é', 'x', 'b', 'c1')")
    for number in range(60):
        key = random.randbytes(16) if number > 4 else bytes(number * 3) + b"\x01" * (number > 0)
        yield f"INSERT IGNORE INTO by_binary VALUES (0x{key.hex() or '00'}, {number})"
        key = random.randbytes(random.randrange(1, 16))
        yield f"INSERT IGNORE INTO by_varbinary VALUES (0x{key.hex()}, {number}, {number})"
    yield ("INSERT INTO by_varbinary VALUES ('', 0, 100), (0x00, 0, 101), (0x0000, 0, 102), "
           "(0x20, 0, 103), (0x2000, 255, 104)")
    yield ("INSERT INTO by_enum VALUES ('z', 1, 1), ('y', 1, 2), ('x', 1, 3), ('x', -1, 4), "
           "('', 5, 5)")
    yield ("INSERT INTO shapes VALUES (1, GeomFromText('POINT(1 2)'), GeomFromText('POINT(3 4)'), NULL), "
           "(2, GeomFromText('LINESTRING(0 0, 1 1, 2 5)'), GeomFromText('POINT(-1.5 1e10)'), "
           "GeomFromText('POLYGON((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 3 2, 3 3, 2 3, 2 2))')), "
           "(3, NULL, GeomFromText('POINT(0.1 0.2)'), NULL), "
           "(4, GeomFromText('GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(0 0, 1 1))'), "
           "GeomFromText('POINT(0 0)'), NULL)")
    yield ("INSERT INTO keyless_bytes VALUES (0x00, 0x00, 0, 'a', ''), (0x00, 0x00, 0, 'a', ''), "
           "(0x6100, 0x6100, 31, 'b', 0x005C27), (NULL, NULL, NULL, NULL, NULL), "
           "(0x20, 0x20, 1, '', 0x20), ('', '', 2, 'a', 0x00)")
