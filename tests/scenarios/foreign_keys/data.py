"""Three generations, and a tree."""


def statements(_random):
    yield "USE foreign_keys"
    yield "INSERT INTO customer VALUES " + ", ".join(
        f"({n}, 'c{n}', 'name {n}')" for n in range(1, 201))
    yield "INSERT INTO orders VALUES " + ", ".join(
        f"({n}, {n % 200 + 1}, {n})" for n in range(1, 1001))
    yield "INSERT INTO line VALUES " + ", ".join(
        f"({n}, {i}, {i})" for n in range(1, 1001) for i in range(2))
    yield "INSERT INTO note VALUES " + ", ".join(
        f"({n}, {n % 200 + 1}, 'c{n % 200 + 1}', 'note')" for n in range(1, 401))
    yield "INSERT INTO invoice VALUES " + ", ".join(f"({n}, {n})" for n in range(150, 170))
    yield "INSERT INTO tree VALUES (1, NULL, 0), " + ", ".join(
        f"({n}, {n // 2}, {n})" for n in range(2, 300))
    yield "INSERT INTO chicken VALUES (1, NULL), (2, NULL), (3, NULL)"
    yield "INSERT INTO egg VALUES (1, 1), (2, 2), (3, 3)"
    yield "UPDATE chicken SET egg = 4 - id"
    yield "INSERT INTO keyless_child SELECT id, 1 FROM orders WHERE id < 300"
    yield "INSERT INTO keyless_child SELECT id, 1 FROM orders WHERE id < 300"
    yield "INSERT INTO loose_parent VALUES (1, 1), (2, 1), (3, 2)"
    yield "INSERT INTO loose_child VALUES (1, 1), (2, 2), (3, NULL)"
    words = [chr(ord("a") + n) for n in range(16)]
    yield "INSERT INTO word VALUES " + ", ".join(f"('{w}', 0)" for w in words)
    yield "INSERT INTO word_child (k, v) VALUES " + ", ".join(
        f"('{w.upper() if n % 2 else w}', 0)" for n, w in enumerate(words))
    for table in ("word_grandchild", "word_null"):
        yield f"INSERT INTO {table} VALUES " + ", ".join(
            f"({2 * n}, '{w}'), ({2 * n + 1}, '{w.upper()}')" for n, w in enumerate(words))
    yield "INSERT INTO word_keyless VALUES " + ", ".join(
        f"('{w}', 0), ('{w}', 0), ('{w.upper()}', 0)" for w in words)
    yield "INSERT INTO wide VALUES " + ", ".join(f"('{w}', 'x', 0)" for w in words)
    yield "INSERT INTO wide_child VALUES " + ", ".join(
        f"({2 * n}, '{w}', 'X'), ({2 * n + 1}, '{w.upper()}', 'x')" for n, w in enumerate(words))
