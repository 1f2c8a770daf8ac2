"""Random transactions, written without a look at the database, so that a seed repeats them."""

import random

from .schema import insert, quote

# What a statement may answer without being a failure of the migration: the rows did not fit.
DATA_ERRORS = {
    1022, 1048, 1062, 1118, 1136, 1216, 1217, 1242, 1264, 1265, 1292, 1364, 1366, 1367, 1405, 1406,
    1411, 1416, 1451, 1452, 1467, 1525, 1526, 1586, 1690, 1748, 1761, 1762, 1843, 3140, 3548, 3616,
    1261, 1262, 3617, 3618, 3732, 3819, 6138, 1300, 1301, 1441, 1416, 1710, 1591, 167}
# The server gave up on the whole transaction, or on the statement that waited.
DEADLOCK, LOCK_WAIT = 1213, 1205
SESSION_SETTINGS = [
    "SET SESSION sql_mode = ''", "SET SESSION sql_mode = 'STRICT_ALL_TABLES'",
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
    "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'",
    "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'", "SET SESSION sql_mode = 'ANSI_QUOTES'",
    "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "SET SESSION sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'",
    "SET SESSION time_zone = '+00:00'", "SET SESSION time_zone = '-07:00'",
    "SET SESSION time_zone = '+05:30'", "SET SESSION time_zone = 'SYSTEM'",
    "SET SESSION foreign_key_checks = 1", "SET SESSION unique_checks = 1",
    "SET SESSION unique_checks = 0", "SET SESSION sql_auto_is_null = 0",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET SESSION innodb_lock_wait_timeout = 2", "SET NAMES utf8mb4", "SET NAMES utf8",
    "SET SESSION collation_connection = 'utf8mb4_bin'",     "SET TIMESTAMP = 1234567890.123456", "SET TIMESTAMP = DEFAULT", "SET @user_variable = 'é'",
]


class Transaction:
    """`statements`, then `end`: COMMIT, ROLLBACK, another statement that commits, or None (every
    statement by itself). `number` is its row in the ledger. `xa`: its name, when it is one that is
    prepared. `cleanup` comes at the end, whatever that was."""

    def __init__(self, number):
        self.number = number
        self.statements = []
        self.end = "COMMIT"
        self.xa = None
        self.cleanup = []


class Transactions:
    """The endless sequence of one session."""

    def __init__(self, seed, session, schema, options):
        self.rng = random.Random(f"{seed}/session/{session}")
        self.session = session
        self.schema = schema
        self.options = options
        self.number = 0
        self.unchecked = False
        # A few hot tables, so that sessions meet.
        weights = random.Random(f"{seed}/weights")
        self.weights = [weights.choice([1, 1, 2, 5]) for _ in schema.tables]

    def table(self):
        """Without checks a row can be tied to a parent that another session is just deleting: what
        spreads from there has passed it, and a log that leaves out what spreads does not tell."""
        fits = [not (self.unchecked and table.foreign) for table in self.schema.tables]
        return self.rng.choices(self.schema.tables,
                                [w * fit for w, fit in zip(self.weights, fits)])[0]

    def ledger(self):
        return ("INSERT INTO soak_one.soak_ledger (session, number) VALUES "
                f"({self.session}, {self.number})")

    def settings(self):
        """Statements between transactions; most often none."""
        rng = self.rng
        if rng.random() > 0.15:
            return []
        choices = SESSION_SETTINGS + self.options.get("settings", [])
        chosen = [rng.choice(choices) for _ in range(rng.choice([1, 1, 2]))]
        for setting in chosen:
            if "foreign_key_checks" in setting and not self.options.get("cascades_logged"):
                self.unchecked = setting.endswith("0")
        return chosen

    def next(self):
        rng = self.rng
        self.number += 1
        transaction = Transaction(self.number)
        if rng.random() < 0.2:
            # One statement of its own; the ledger follows as another.
            transaction.end = None
            transaction.statements = [self.statement(), self.ledger()]
            return transaction
        if rng.random() < 0.02:
            # Everybody else has to give the table's definition up.
            transaction.end = None
            transaction.statements = [
                f"LOCK TABLES soak_one.soak_ledger WRITE, {self.table().full} WRITE",
                self.ledger(), "UNLOCK TABLES"]
            return transaction
        body = []
        for _ in range(rng.choice([1, 1, 2, 3, 5, 12])):
            body += self.unit()
        if rng.random() < 0.15:
            at = rng.randrange(len(body) + 1)
            inner = [one for _ in range(rng.randrange(1, 4)) for one in self.unit()]
            body[at:at] = ["SAVEPOINT `save é`"] + inner + ["ROLLBACK TO SAVEPOINT `save é`"]
        body.insert(rng.choice([0, len(body)]), self.ledger())
        if self.options.get("temporary") and rng.random() < 0.04:
            # Not in an XA transaction: 9.7 refuses that.
            self.add_temporary(transaction, body)
        elif self.options.get("xa") and rng.random() < 0.06:
            # One phase or two is decided by the end.
            transaction.xa = f"'s{self.session}', 'n{self.number}', {rng.choice([0, 1, 4096])}"
            transaction.end = rng.choice(["COMMIT", "COMMIT", "ROLLBACK", "ONE PHASE"])
            transaction.statements = [f"XA START {transaction.xa}"] + body
            return transaction
        transaction.statements = [rng.choice(["BEGIN", "START TRANSACTION",
                                              "START TRANSACTION WITH CONSISTENT SNAPSHOT"])] + body
        draw = rng.random()
        if draw < 0.1:
            transaction.end = "ROLLBACK"
        elif draw < 0.15:
            # Commits without the word.
            transaction.end = rng.choice(["BEGIN", "ANALYZE TABLE soak_one.soak_ledger",
                                          "FLUSH TABLES soak_one.soak_ledger"]
                                         if self.options.get("direct") else ["BEGIN"])
        return transaction

    def add_temporary(self, transaction, body):
        """A table of this session only, made, filled, read into another one and dropped."""
        table = self.table()
        column = self.rng.choice(table.columns)
        name = quote(column.name)
        body[0:0] = [f"CREATE TEMPORARY TABLE soak_one.passing ENGINE=InnoDB AS SELECT {name} FROM "
                     f"{table.full} LIMIT 5", "INSERT INTO soak_one.passing VALUES (DEFAULT)",
                     "UPDATE soak_one.passing, soak_one.soak_ledger SET number = number WHERE 1 = 0"]
        if not column.generated and not column.auto and not any(
                c.kind.family == "geometry" and not c.nullable for c in table.columns):
            body.append(f"INSERT IGNORE INTO {table.full} ({name}) SELECT {name} FROM "
                        "soak_one.passing")
        transaction.cleanup = ["DROP TEMPORARY TABLE IF EXISTS soak_one.passing"]

    def from_file(self):
        rng = self.rng
        number = rng.randrange(len(self.options["files"]))
        path = self.options["files"][number]
        how = rng.choice(["IGNORE", "REPLACE"])
        if rng.random() < 0.6:
            charset = rng.choice(["utf8mb4", "binary", "latin1"])
            return (f"LOAD DATA LOCAL INFILE '{path}' {how} INTO TABLE soak_one.`from files` "
                    f"CHARACTER SET {charset} (a, b, c, d) SET file = {number}")
        table = self.table()
        columns = [c for c in table.writable if not c.auto]
        if not columns:
            return self.insert(table)
        numbers = set(self.numbers(table))
        values = ", ".join(f"{quote(c.name)} = " + ("@n % 100" if c in numbers else c.literal(rng))
                           for c in columns)
        return (f"LOAD DATA LOCAL INFILE '{path}' {how} INTO TABLE {table.full} CHARACTER SET binary "
                f"(@a, @n) SET {values}")

    def unit(self):
        """One statement, or a few that belong together."""
        draw = self.rng.random()
        if draw < 0.08:
            return self.swap()
        if draw < 0.11 and self.options.get("slow"):
            return [f"DO SLEEP({self.rng.choice([0.05, 0.2])})"]
        if draw < 0.12 and self.options.get("files"):
            return [self.from_file()]
        return [self.statement()]

    def statement(self):
        rng = self.rng
        table = self.table()
        make = rng.choices(
            [self.insert, self.insert_many, self.update, self.update_key, self.delete, self.replace,
             self.upsert, self.insert_select, self.shift, self.join, self.ignore, self.call],
            [14, 6, 18, 8, 8, 6, 8, 4, 4, 3, 3, 1])[0]
        return make(table)

    # Statements.

    def insert(self, table):
        return insert(self.rng, table, self.rng.choice([1, 1, 2]))

    def insert_many(self, table):
        return insert(self.rng, table, self.rng.choice([5, 20]), "INSERT IGNORE INTO")

    def ignore(self, table):
        return insert(self.rng, table, 3, "INSERT IGNORE INTO")

    def condition(self, table):
        """Some rows: by a key, or by any column."""
        rng = self.rng
        columns = [part[0] for key in table.keys for part in key.parts] or table.columns
        usable = [c for c in columns if c.kind.family not in ("json", "geometry", "vector")
                  and not c.generated]
        if not usable or rng.random() < 0.1:
            return f"1 = 1 LIMIT {rng.choice([1, 2, 5])}"
        column = rng.choice(usable)
        value = (column.parent or column).kind.literal(rng)
        sign = rng.choice(["=", "=", "=", ">=", "<", "<=>"])
        text = f"{quote(column.name)} {sign} {value}"
        if rng.random() < 0.15:
            text = f"{quote(column.name)} IS NULL"
        return f"{text} LIMIT {rng.choice([1, 1, 2, 4, 10])}"

    def assignments(self, table, columns):
        return ", ".join(f"{quote(c.name)} = {c.literal(self.rng)}" for c in columns)

    def update(self, table):
        columns = [c for c in table.writable if not c.auto]
        keys = {part[0] for key in table.uniques() for part in key.parts}
        chosen = [c for c in columns if c not in keys] or columns
        if not chosen:
            return self.delete(table)
        chosen = self.rng.sample(chosen, min(len(chosen), self.rng.choice([1, 1, 2, 3])))
        return f"UPDATE {table.full} SET {self.assignments(table, chosen)} WHERE " + \
            self.condition(table)

    def update_key(self, table):
        """Also of primary keys and of what others refer to."""
        columns = [part[0] for key in table.uniques() for part in key.parts]
        columns += [c for c in table.columns if c.parent]
        columns = [c for c in columns if not c.generated]
        if not columns:
            return self.update(table)
        column = self.rng.choice(columns)
        value = (column.parent or column).kind.literal(self.rng)
        verb = self.rng.choice(["UPDATE", "UPDATE", "UPDATE IGNORE"])
        return f"{verb} {table.full} SET {quote(column.name)} = {value} WHERE " + \
            self.condition(table)

    def delete(self, table):
        return f"DELETE FROM {table.full} WHERE {self.condition(table)}"

    def replace(self, table):
        return insert(self.rng, table, self.rng.choice([1, 1, 3]), "REPLACE INTO")

    def upsert(self, table):
        columns = [c for c in table.writable if not c.auto] or table.writable
        column = self.rng.choice(columns)
        change = f"VALUES({quote(column.name)})" if self.rng.random() < 0.5 else \
            column.literal(self.rng)
        return insert(self.rng, table, self.rng.choice([1, 1, 3])) + \
            f" ON DUPLICATE KEY UPDATE {quote(column.name)} = {change}"

    def insert_select(self, table):
        """Doubles rows of a table without a key; elsewhere few of them fit."""
        columns = [c for c in table.writable if not c.auto]
        if not columns:
            return self.insert(table)
        names = ",".join(quote(c.name) for c in columns)
        fresh = self.rng.choice(columns)
        selected = ",".join(fresh.literal(self.rng) if c is fresh and self.rng.random() < 0.7
                            else quote(c.name) for c in columns)
        return (f"INSERT IGNORE INTO {table.full} ({names}) SELECT {selected} FROM {table.full} "
                f"LIMIT {self.rng.choice([1, 3, 10])}")

    def numbers(self, table):
        return [c for key in table.uniques() for c, length in key.parts
                if c.kind.family == "integer" and not c.parent and not c.auto and not c.generated]

    def shift(self, table):
        """Moves values of a unique key along, in the one order that does not collide."""
        columns = self.numbers(table)
        if not columns:
            return self.update(table)
        name = quote(self.rng.choice(columns).name)
        return (f"UPDATE {table.full} SET {name} = {name} + 1 WHERE {name} < 100 "
                f"ORDER BY {name} DESC LIMIT {self.rng.choice([2, 5, 20])}")

    def swap(self):
        """Exchanges the values of two rows of a unique key within the transaction."""
        rng = self.rng
        table = self.table()
        columns = self.numbers(table)
        if not columns:
            return [self.update_key(table)]
        name = quote(rng.choice(columns).name)
        one, two = rng.sample(range(30), 2)
        way = 101
        return [f"UPDATE {table.full} SET {name} = {to} WHERE {name} = {value} LIMIT 1"
                for value, to in ((one, way), (two, one), (way, two))]

    def join(self, table):
        children = [t for t in self.schema.tables for c in t.columns
                    if c.parent is not None and c.parent in table.columns and t is not table]
        if not children:
            return self.update(table)
        child = self.rng.choice(children)
        own = next(c for c in child.columns if c.parent in table.columns)
        a, b = table.full, child.full
        on = f"{a}.{quote(own.parent.name)} = {b}.{quote(own.name)}"
        where = f"{a}.{quote(own.parent.name)} = {own.parent.kind.literal(self.rng)}"
        if self.rng.random() < 0.5:
            return f"DELETE {a}, {b} FROM {a} JOIN {b} ON {on} WHERE {where}"
        columns = [c for c in child.writable if not c.parent and not c.auto] or child.writable
        column = self.rng.choice(columns)
        return (f"UPDATE {a} JOIN {b} ON {on} SET {b}.{quote(column.name)} = "
                f"{column.literal(self.rng)} WHERE {where}")

    def call(self, table):
        if not self.options.get("call"):
            return self.insert(table)
        return "CALL soak_one.`write log`(CONCAT('call ', soak_one.twice(21)))"
