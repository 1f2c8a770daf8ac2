"""Sessions with tables of their own beside the random transactions: what is logged as statements
instead of rows, and tables without transactions. Both have the interface of Transactions."""

import random

from .transactions import Transaction, Transactions

# Mixed with InnoDB in one transaction, which a server with GTIDs refuses.
MIXED_WITH_GTID = 1785

STATEMENT_TABLES = [
    "CREATE TABLE soak_one.`s one` (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT, "
    "t VARCHAR(40) CHARACTER SET utf8, at DATETIME(6), KEY (v)) ENGINE=InnoDB",
    "CREATE TABLE soak_one.`s two` (one INT NOT NULL, n INT, KEY (one), CONSTRAINT `s fk` FOREIGN "
    "KEY (one) REFERENCES soak_one.`s one` (id) ON DELETE CASCADE ON UPDATE CASCADE) ENGINE=InnoDB"]

ENGINE_TABLES = [
    "CREATE TABLE soak_one.`e inno` (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT, "
    "w VARCHAR(20)) ENGINE=InnoDB",
    "CREATE TABLE soak_one.`e isam` (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT, "
    "w VARCHAR(20) CHARACTER SET utf8, UNIQUE KEY (v)) ENGINE=MyISAM",
    "CREATE TABLE soak_one.`e isam keyless` (v INT, w VARCHAR(20) CHARACTER SET latin1) "
    "ENGINE=MyISAM",
    "CREATE TABLE soak_one.`e memory` (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT, "
    "w VARCHAR(20)) ENGINE=MEMORY",
    "CREATE TABLE soak_one.`e archive` (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT, "
    "w VARCHAR(20)) ENGINE=ARCHIVE",
    "CREATE TABLE soak_one.`e commas` (v INT NOT NULL, w VARCHAR(20) NOT NULL) ENGINE=CSV"]


class Beside:
    """What both have in common."""

    options = {}

    def __init__(self, seed, session, schema):
        self.rng = random.Random(f"{seed}/{type(self).__name__}/{session}")
        self.session = session
        self.number = 0
        self.random = Transactions(seed, session, schema, {})

    def settings(self):
        return []

    def start(self):
        self.number += 1
        return Transaction(self.number)

    def ledger(self):
        return ("INSERT INTO soak_one.soak_ledger (session, number) VALUES "
                f"({self.session}, {self.number})")

    def word(self):
        return self.rng.choice(["'a'", "'b '", "''", "'é中'", "'it''s, \"quoted\"'", "NULL"])


class Statements(Beside):
    """Changes that are logged as text: their tables have to be copied again by themselves.

    The ledger is written as rows; as a statement it would be copied again each time."""

    def next(self):
        transaction = self.start()
        transaction.end = None
        make = self.rng.choices([self.one, self.two, self.several, self.shared], [5, 2, 2, 2])[0]
        transaction.statements = ["SET SESSION binlog_format = 'STATEMENT'"] + make() + [
            "SET SESSION binlog_format = 'ROW'", self.ledger()]
        return transaction

    def one(self):
        table, rng = "soak_one.`s one`", self.rng
        number = rng.randrange(100)
        return [rng.choice([
            f"INSERT INTO {table} (v, t, at) VALUES ({number}, {self.word()}, NOW(6)), "
            f"({number}, UUID(), SYSDATE(6))",
            f"UPDATE {table} SET v = FLOOR(RAND() * 1000) WHERE id % 3 = {number % 3}",
            f"DELETE FROM {table} WHERE v < {number} LIMIT 2",
            f"INSERT INTO {table} (v, t) SELECT v, CONCAT(LEFT(t, 9), CONNECTION_ID()) FROM {table} "
            "LIMIT 5",
            f"REPLACE INTO {table} (id, v, t) VALUES ({number + 1}, {number}, USER())"])]

    def two(self):
        return [self.rng.choice([
            "INSERT INTO soak_one.`s two` SELECT id, RAND() * 100 FROM soak_one.`s one` LIMIT 4",
            f"UPDATE soak_one.`s two` SET n = {self.rng.randrange(50)} LIMIT 3"])]

    def several(self):
        return ["BEGIN"] + self.one() + ["SAVEPOINT here"] + self.two() + \
            [self.rng.choice(["ROLLBACK TO SAVEPOINT here", "SET @a = 'é'"])] + self.one() + \
            [self.rng.choice(["COMMIT", "COMMIT", "ROLLBACK"])]

    def shared(self):
        """A table that the other sessions write as rows all the while."""
        return [self.random.statement()]


class Engines(Beside):
    """Tables without transactions, alone and beside InnoDB in one transaction."""

    options = {"errors": {MIXED_WITH_GTID}}

    def next(self):
        transaction, rng = self.start(), self.rng
        if rng.random() < 0.5:
            transaction.end = None
            transaction.statements = [self.statement(), self.ledger()]
            return transaction
        body = [self.statement() for _ in range(rng.choice([1, 2, 4]))]
        body.insert(rng.randrange(len(body) + 1), self.transactional())
        if rng.random() < 0.2:
            body += ["SAVEPOINT here", self.statement(), self.transactional(),
                     "ROLLBACK TO SAVEPOINT here"]
        transaction.statements = ["BEGIN"] + body + [self.ledger()]
        transaction.end = rng.choice(["COMMIT", "COMMIT", "COMMIT", "ROLLBACK"])
        return transaction

    def transactional(self):
        return self.rng.choice([
            f"INSERT INTO soak_one.`e inno` (v, w) VALUES ({self.rng.randrange(50)}, {self.word()})",
            f"UPDATE soak_one.`e inno` SET v = v + 1 WHERE id % 7 = {self.rng.randrange(7)}"])

    def statement(self):
        rng = self.rng
        table = "soak_one.`" + rng.choice(["e isam", "e isam", "e isam keyless", "e memory",
                                           "e memory", "e archive", "e commas"]) + "`"
        value, text = rng.randrange(60), self.word()
        insert = f"INSERT INTO {table} (v, w) VALUES ({value}, {text}), ({value + 1}, 'x')"
        if table.endswith("e commas`"):
            insert = insert.replace("NULL", "'null'")
            text = text.replace("NULL", "'null'")
        if table.endswith("e archive`") or rng.random() < 0.4:
            return insert
        found = [f"UPDATE {table} SET v = {rng.randrange(60)} WHERE v = {value}",
                 f"UPDATE {table} SET w = {text} WHERE v BETWEEN {value} AND {value + 5}",
                 f"DELETE FROM {table} WHERE v = {value} LIMIT 2"]
        if table.endswith(("e isam`", "e memory`")):
            found += [f"REPLACE INTO {table} (id, v, w) VALUES ({value + 1}, {value}, {text})",
                      f"UPDATE IGNORE {table} SET id = id + 1 WHERE id > {value} ORDER BY id DESC "
                      "LIMIT 3",
                      f"INSERT INTO {table} (id, v) VALUES ({value + 1}, {value}) ON DUPLICATE KEY "
                      f"UPDATE w = {text}"]
        return rng.choice(found)


def extra_tables(features):
    """Statements that make what the sessions of these features need."""
    found = []
    if "statements" in features:
        found += STATEMENT_TABLES + [
            "INSERT INTO soak_one.`s one` (v, t) VALUES (1, 'a'), (2, 'é'), (3, NULL)"]
    if "engines" in features:
        found += ENGINE_TABLES
        for table in ENGINE_TABLES:
            name = table.split(" (")[0].replace("CREATE TABLE ", "")
            rows = ", ".join(f"({number}, 'row {number}')" for number in range(40))
            found.append(f"INSERT INTO {name} (v, w) VALUES {rows}")
    if "files" in features:
        found.append("CREATE TABLE soak_one.`from files` (id INT NOT NULL AUTO_INCREMENT PRIMARY "
                     "KEY, a VARCHAR(60) CHARACTER SET utf8mb4, b INT UNIQUE, c VARBINARY(30), "
                     "d DOUBLE, file INT) ENGINE=InnoDB")
    return found


def write_files(seed, directory):
    """Files for LOAD DATA LOCAL INFILE; what does not fit is for IGNORE and REPLACE."""
    rng = random.Random(f"{seed}/files")
    paths = []
    for number in range(4):
        lines = []
        for _ in range(rng.choice([1, 30, 200])):
            fields = [rng.choice([b"plain", b"", b"\\N", b"tab\\\tin", b"line\\\nin", "é中😀".encode(),
                                  b"back\\\\slash", b"quote'\"", b"nul\\0"]),
                      rng.choice([b"\\N", str(rng.randrange(300)).encode()]),
                      rng.choice([b"\xff\xfe", b"abc", b"\\N", b"\x80\x81 "]),
                      rng.choice([b"0.1", b"-1e308", b"5e-324", b"\\N", b"3"])]
            lines.append(b"\t".join(fields) + b"\n")
        path = directory / f"load-{number}.txt"
        path.write_bytes(b"".join(lines))
        paths.append(str(path))
    return paths
