"""Rows for chunks, and rows that only a computed column tells apart."""


def statements(random):
    yield "USE new_features"
    yield "INSERT INTO computed (a, b, c) VALUES " + ", ".join(
        f"({n}, {'NULL' if n % 9 == 0 else repr(f'b{n % 5}')}, {n / 7:.3f})" for n in range(-50, 250))
    yield "INSERT INTO key_is_computed (a, b, v) VALUES " + ", ".join(
        f"({n // 10}, {n % 10}, 'v{n}')" for n in range(300))
    yield "INSERT INTO unique_is_computed (a, b) VALUES " + ", ".join(
        f"({n}, {'NULL' if n % 3 == 0 else repr(f'x{n}')})" for n in range(60))
    yield "INSERT INTO unique_is_computed (a, b) VALUES (0, NULL), (0, NULL), (3, NULL)"
    yield "INSERT INTO keyless_computed (a, f) VALUES (1, 0.1), (1, 0.1), (1, 0.2), (NULL, NULL), (NULL, NULL), (2, 1e30)"
    yield "INSERT INTO hidden (id, secret, v) VALUES (1, 'one', 1), (2, NULL, 2), (3, '', 3)"
    yield "INSERT INTO hidden (id, v) VALUES (4, 4)"
    yield "INSERT INTO hidden_key (v) VALUES (1), (1), (NULL)"
    yield "INSERT INTO hidden_key (k, v) VALUES (18446744073709551000, 5)"
    yield "INSERT INTO gipk VALUES (1, 'a'), (1, 'a'), (NULL, NULL), (2, 'b')"
    yield "INSERT INTO functional VALUES " + ", ".join(
        f"({n}, 'Name{n}', {n}, '2020-01-{1 + n % 28:02} 00:00:00.{n:06}')" for n in range(200))
    yield "INSERT INTO descending VALUES " + ", ".join(
        f"({n % 7}, 'b{n % 11}', '2020-01-01 00:00:{n % 60:02}', {n})" for n in range(300))
    yield "INSERT INTO checked VALUES (1, 1, 0, 'yes'), (2, NULL, NULL, 'no'), (3, 10, NULL, NULL)"
    yield "INSERT INTO defaults (j) VALUES (1), (2), (DEFAULT)"
