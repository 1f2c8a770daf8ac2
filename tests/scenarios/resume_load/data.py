"""Several chunks of the smallest size that is allowed."""


def statements(_random):
    yield "USE resume_load"
    for begin in range(0, 12000, 500):
        yield "INSERT INTO wide VALUES " + ", ".join(
            f"({n}, {n % 100}, REPEAT('{n % 10}', 300))" for n in range(begin, begin + 500))
    yield "INSERT INTO parent VALUES " + ", ".join(f"({n}, {n})" for n in range(300))
    yield "INSERT INTO child VALUES " + ", ".join(f"({n}, {n % 300})" for n in range(900))
    yield "INSERT INTO grandchild VALUES " + ", ".join(f"({n}, {n % 900})" for n in range(1800))
    yield "INSERT INTO owner VALUES " + ", ".join(f"({n}, {n})" for n in range(100))
    yield "INSERT INTO owned VALUES " + ", ".join(f"({n % 100}, {n % 3})" for n in range(300))
    yield "INSERT INTO keyless VALUES " + ", ".join(f"({n % 10}, {n % 3})" for n in range(600))
    yield "INSERT INTO counter VALUES (1, 0)"
    # Chunks are cut by what the server says of its rows, which it counts anew in its own time.
    yield "ANALYZE TABLE wide"
