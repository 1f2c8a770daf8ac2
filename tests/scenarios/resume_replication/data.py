"""A few rows."""


def statements(_random):
    yield "USE resume_replication"
    yield "INSERT INTO account VALUES " + ", ".join(f"({n}, 0)" for n in range(100))
    yield "INSERT INTO keyless VALUES " + ", ".join(f"({n % 5})" for n in range(100))
    yield "INSERT INTO moving VALUES " + ", ".join(f"({n})" for n in range(100))
