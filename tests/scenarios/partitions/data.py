"""Rows in every partition but one."""


def statements(_random):
    yield "USE partitions"
    yield "INSERT INTO by_range VALUES " + ", ".join(
        f"({n}, '{2000 + n % 30}-06-{1 + n % 28:02}', 'v{n}')" for n in range(600))
    yield "INSERT INTO by_columns VALUES " + ", ".join(
        f"({n % 20}, '{chr(97 + n % 26)}{n}', {n})" for n in range(400))
    yield "INSERT INTO by_list VALUES " + ", ".join(
        f"({n}, {1 + n % 3}, {n})" for n in range(300))
    yield "INSERT INTO by_hash VALUES " + ", ".join(f"({n}, {n})" for n in range(-100, 300))
    yield "INSERT INTO by_key VALUES " + ", ".join(f"({n}, 's{n % 9}', {n})" for n in range(300))
    yield "INSERT INTO keyless_parts VALUES (NULL, 1), (NULL, 1), (5, 5), (5, 5), (50, 1), (50, 1)"
