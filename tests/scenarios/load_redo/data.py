"""Enough rows for several chunks."""


def statements(random):
    yield "USE load_redo"
    for begin in range(0, 3000, 500):
        rows = ", ".join(f"({i}, {i * 7}, '{random.randrange(10**9)}{'x' * 150}')"
                         for i in range(begin, begin + 500))
        yield f"INSERT INTO t VALUES {rows}"
