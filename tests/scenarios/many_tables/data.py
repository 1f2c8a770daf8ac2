"""A few rows in every table but the last ones."""


def statements(_random):
    yield "INSERT INTO many_a.t000 VALUES " + ", ".join(f"({n}, NULL, 'p')" for n in range(10))
    for number in range(1, 190):
        schema = ("many_a", "many_b", "many_c")[number % 3]
        yield f"INSERT INTO {schema}.t{number:03} VALUES " + ", ".join(
            f"({n}, {n % 10}, 'v{n}')" for n in range(1 + number % 13))
