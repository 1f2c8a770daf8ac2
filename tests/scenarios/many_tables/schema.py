"""Three schemas, two hundred tables."""

SCHEMAS = ("many_a", "many_b", "many_c")


def tables():
    for number in range(200):
        yield SCHEMAS[number % 3], f"t{number:03}", number


def statements(_random):
    for schema in SCHEMAS:
        yield f"CREATE DATABASE {schema} CHARACTER SET utf8"
    for schema, table, number in tables():
        key = "" if number % 10 == 7 else ", PRIMARY KEY (id)"
        parent = (f", KEY (parent), FOREIGN KEY (parent) REFERENCES many_a.t000 (id) "
                  "ON DELETE SET NULL" if number % 10 == 3 else "")
        yield (f"CREATE TABLE {schema}.{table} (id INT NOT NULL, parent INT, v VARCHAR(20)"
               f"{key}{parent}, KEY (v)) ENGINE=InnoDB")
