"""Something happens in every table."""


def statements(_random):
    for number in range(1, 200):
        schema = ("many_a", "many_b", "many_c")[number % 3]
        table = f"{schema}.t{number:03}"
        yield f"INSERT INTO {table} VALUES (2000 + {number}, 7, 'after')"
        yield f"UPDATE {table} SET v = CONCAT(v, '!') WHERE id = 2"
    yield "DELETE FROM many_a.t000 WHERE id = 2"
