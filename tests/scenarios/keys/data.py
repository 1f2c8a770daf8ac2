"""Enough rows that the chunks have bounds."""


def statements(random):
    yield "USE keys_"
    rows = ", ".join(f"({n % 7}, 'k{n % 11}', '2020-01-{1 + n % 28:02}', {n})" for n in range(300))
    yield f"INSERT IGNORE INTO composite VALUES {rows}"
    words = ["Strasse", "ärger", "Zebra", "zulu", "ÉCOLE", "cote", "côté2", "naïve", "", "ﬁn", "ı", "ß"]
    for table in ("ci", "uci"):
        rows = ", ".join(f"('{word}', {n})" for n, word in enumerate(words))
        yield f"INSERT IGNORE INTO {table} VALUES {rows}"
        rows = ", ".join(f"('Word{n:04}', {n})" for n in range(300))
        yield f"INSERT INTO {table} VALUES {rows}"
    yield "INSERT INTO padded VALUES ('a', 1), ('B', 2), ('', 3), ('tab', 4), ('Ä', 5)"
    rows = ", ".join(f"(0x{random.randbytes(6).hex()}, {n})" for n in range(200))
    yield f"INSERT IGNORE INTO bin_key VALUES {rows}, (0x00, 1000), (0x2000, 1001), (0x5C27, 1002)"
    rows = ", ".join(f"({2**63 - 100 + n}, {n})" for n in range(200))
    yield f"INSERT INTO big_key VALUES {rows}, (0, -1), ({2**64 - 1}, -2)"
    rows = ", ".join(f"({random.randrange(-10**9, 10**9)}.{n:010}, {n})" for n in range(200))
    yield f"INSERT IGNORE INTO dec_key VALUES {rows}, (-0.0000000001, 1), (0, 2), (0.0000000001, 3)"
    yield ("INSERT INTO time_key VALUES ('0000-00-00 00:00:00', 1), ('1000-01-01 00:00:00', 2), "
           "('2020-02-02 02:02:02.000001', 3), ('2020-02-02 02:02:02.000002', 4), "
           "('9999-12-31 23:59:59.999999', 5)")
    rows = ", ".join(f"({n}, {'NULL' if n % 3 else n}, {'NULL' if n % 5 else repr('w')})"
                     for n in range(300))
    yield f"INSERT INTO nullable_unique VALUES {rows}"
    rows = ", ".join(f"({n}, {'NULL' if n % 2 else n})" for n in range(200))
    yield f"INSERT INTO unique_only VALUES {rows}"
    rows = ", ".join(f"({n}, {n * 10}, 'w{n}')" for n in range(200))
    yield f"INSERT INTO swapped VALUES {rows}"
    yield "INSERT INTO prefix_unique VALUES (1, 'abcdef'), (2, 'ABDxyz'), (3, 'éèê long'), (4, '')"
    rows = ", ".join(f"({n}, {n})" for n in range(1000))
    yield f"INSERT INTO moving VALUES {rows}"
    rows = ", ".join(
        f"({n % 3}, {n % 256}, 's{n % 4}', '2020-01-{1 + n % 28:02}', {2**64 - 1 - n}, '{n % 5}', {n}.5, "
        f"{n % 8}, {1 + n % 2}, {n % 4}, {1901 + n}, '-00:00:0{n % 10}.5', '2020-01-01 00:00:00.{n:06}', "
        f"0x{n % 200:02x}00, {-n}, {n}, {n})" for n in range(200))
    yield f"INSERT INTO sixteen VALUES {rows}"
    rows = ", ".join(f"(REPEAT(0x{n % 3:02x}, 767), REPEAT('{'aA'[n % 2]}', 250), REPEAT('é', {n % 9}), "
                     f"CONCAT(REPEAT(0xff, 700), 0x{n:04x}), {n})" for n in range(300))
    yield f"INSERT INTO long_key VALUES {rows}"
    rows = ", ".join(f"({n % 5}, {n % 8}, {n << 50}, {0 if n % 7 == 0 else 1901 + n}, {n})" for n in range(250))
    yield f"INSERT IGNORE INTO enum_key VALUES {rows}"
    rows = ", ".join(f"({n} / 7, {n} / 7e0, {n})" for n in range(-60, 60))
    yield f"INSERT INTO float_key VALUES {rows}, (1.4e-45, 5e-324, 1000), (-1.4e-45, -5e-324, 1001)"
    yield ("INSERT INTO time_parts VALUES ('-838:59:59', '1970-01-01 12:00:01', '0000-00-00', 1), "
           "('-00:00:00.001', '2038-01-18 03:14:07.999999', '2020-00-15', 2), "
           "('838:59:59', '2023-10-29 00:30:00.000001', '9999-12-31', 3)")
