"""Random changes of definitions while everything else goes on: one session's endless sequence.

It has tables of its own, which come and go, and gives tables of the others columns and indexes that
these never name. Statements are written without a look at the database, so some do not fit.
"""

import random

from . import values
from .schema import quote
from .transactions import Transaction

# A definition may not fit what is there in a hundred ways. What it may not be told: syntax, rights,
# an ended session, a server that is closed to it.
DEFINITION_ERRORS = (set(range(1004, 1900)) | set(range(3000, 6200))) - {
    1040, 1042, 1044, 1045, 1046, 1053, 1064, 1142, 1143, 1149, 1152, 1153, 1158, 1159, 1160, 1161,
    1184, 1227, 1290, 1317, 1836, 3100, 3159}
# What the sessions beside may be told: their snapshot is older than the table's definition.
BESIDE_ERRORS = {1412, 1615}
OWN = [f"ddl {number}" for number in range(4)]
EXTRA = [f"extra {number}" for number in range(3)]


class Definitions:
    """Has the interface of Transactions."""

    def __init__(self, seed, session, schema):
        self.rng = random.Random(f"{seed}/definitions/{session}")
        self.session = session
        self.schema = schema
        self.options = {"errors": DEFINITION_ERRORS}
        self.number = 0

    def settings(self):
        if self.rng.random() > 0.1:
            return []
        return [self.rng.choice(["SET SESSION sql_mode = ''", "SET SESSION sql_mode = 'ANSI_QUOTES'",
                                 "SET SESSION sql_mode = 'STRICT_ALL_TABLES'", "SET NAMES utf8mb4",
                                 "SET SESSION time_zone = '+05:30'", "SET NAMES utf8",
                                 "USE soak_one"])]

    def next(self):
        self.number += 1
        transaction = Transaction(self.number)
        transaction.end = None
        rng = self.rng
        body = [] if rng.random() < 0.6 else [self.rows()]
        make = rng.choices([self.create, self.own_column, self.foreign_column, self.index, self.whole,
                            self.rename, self.shadow, self.drop, self.truncate, self.program,
                            self.rows_only], [10, 14, 6, 8, 8, 5, 3, 4, 3, 6, 14])[0]
        transaction.statements = body + make() + [
            "INSERT INTO soak_one.soak_ledger (session, number) VALUES "
            f"({self.session}, {self.number})"]
        return transaction

    def own(self):
        return "soak_one." + quote(self.rng.choice(OWN))

    def kind(self):
        # Nothing whose definition another server could not have.
        while True:
            kind = values.any_kind(self.rng, False)
            if kind.family not in ("geometry", "timestamp"):
                return kind

    def column(self):
        kind = self.kind()
        default = ""
        if kind.key == "whole" and kind.family in ("integer", "decimal", "text", "temporal"):
            default = self.rng.choice(["", f" NOT NULL DEFAULT {kind.default(self.rng)}"])
        return f"{quote(self.rng.choice(EXTRA))} {kind.sql}{default}"

    def rows(self):
        table, extra = self.own(), quote(self.rng.choice(EXTRA))
        return self.rng.choice([
            f"INSERT INTO {table} (id) VALUES (NULL), (NULL), (NULL)",
            f"INSERT IGNORE INTO {table} (v, {extra}) VALUES ({self.rng.randrange(50)}, 1), (2, 'a')",
            f"UPDATE IGNORE {table} SET {extra} = {self.rng.randrange(100)} WHERE id % 3 = 0",
            f"UPDATE {table} SET v = v + 1 ORDER BY id DESC LIMIT 5",
            f"DELETE FROM {table} WHERE id % 5 = {self.rng.randrange(5)} LIMIT 4"])

    def rows_only(self):
        return [self.rows() for _ in range(3)]

    def create(self):
        table, rng = self.own(), self.rng
        charset = rng.choice(["latin1", "utf8", "utf8mb4"])
        plain = (f"CREATE TABLE {rng.choice(['', 'IF NOT EXISTS '])}{table} (id INT NOT NULL "
                 f"AUTO_INCREMENT PRIMARY KEY, v INT, {self.column()}) ENGINE=InnoDB DEFAULT "
                 f"CHARSET={charset}")
        like = f"CREATE TABLE IF NOT EXISTS {table} LIKE {self.own()}"
        select = f"CREATE TABLE {table} ENGINE=InnoDB AS SELECT * FROM {self.own()}"
        temporary = ["CREATE TEMPORARY TABLE passing (a INT) ENGINE=InnoDB", "INSERT INTO passing "
                     "VALUES (1)", "DROP TEMPORARY TABLE passing"]
        return rng.choice([[plain], [plain], [plain], [like], [select],
                           ["USE soak_one"] + temporary])

    def own_column(self):
        table, rng = self.own(), self.rng
        old, new = quote(rng.choice(EXTRA)), quote(rng.choice(EXTRA))
        place = rng.choice(["", " FIRST", " AFTER id"])
        return [f"ALTER TABLE {table} " + rng.choice([
            f"ADD COLUMN {self.column()}{place}", f"ADD COLUMN {self.column()}{place}",
            f"DROP COLUMN {old}", f"MODIFY COLUMN {self.column()}{place}",
            f"CHANGE COLUMN {old} {new} VARCHAR(30) CHARACTER SET utf8",
            f"ADD COLUMN {self.column()}, ADD INDEX ({new}(3))",
            f"ALTER COLUMN v SET DEFAULT {rng.randrange(9)}", "MODIFY COLUMN v BIGINT"])]

    def foreign_column(self):
        table = self.rng.choice(self.schema.tables)
        name = quote("ddl extra")
        kind = self.rng.choice(["INT NULL", "VARCHAR(20) CHARACTER SET utf8 NULL", "INT NOT NULL "
                                "DEFAULT 7"])
        return [f"ALTER TABLE {table.full} " + self.rng.choice([
            f"ADD COLUMN {name} {kind}", f"ADD COLUMN {name} {kind} FIRST", f"DROP COLUMN {name}",
            f"ADD INDEX `ddl index` ({name})", "DROP INDEX `ddl index`", "COMMENT='changed é'"])]

    def index(self):
        table, name = self.own(), quote(self.rng.choice(["i1", "i 2"]))
        column = self.rng.choice(["v", "id", quote(self.rng.choice(EXTRA))])
        return [self.rng.choice([f"CREATE INDEX {name} ON {table} ({column})",
                                 f"CREATE UNIQUE INDEX {name} ON {table} (v, id)",
                                 f"DROP INDEX {name} ON {table}",
                                 f"ALTER TABLE {table} DROP INDEX {name}, ADD INDEX {name} (id, v)"])]

    def whole(self):
        table, rng = self.own(), self.rng
        return [f"ALTER TABLE {table} " + rng.choice([
            f"CONVERT TO CHARACTER SET {rng.choice(['latin1', 'utf8', 'utf8mb4'])}",
            "PARTITION BY HASH (id) PARTITIONS 3", "REMOVE PARTITIONING",
            f"AUTO_INCREMENT = {rng.randrange(50, 5000)}", "COMMENT = 'it''s changed'",
            "ENGINE = InnoDB", "ROW_FORMAT = COMPACT", "ORDER BY v"])]

    def rename(self):
        one, two = self.own(), self.own()
        return [self.rng.choice([f"RENAME TABLE {one} TO {two}",
                                 f"ALTER TABLE {one} RENAME TO {two}",
                                 f"RENAME TABLE {one} TO soak_one.between, {two} TO {one}, "
                                 f"soak_one.between TO {two}"])]

    def shadow(self):
        """What tools do that change a table without locking it."""
        table = self.own()
        return [f"CREATE TABLE soak_one.`_ddl_gho` LIKE {table}",
                f"ALTER TABLE soak_one.`_ddl_gho` ADD COLUMN {self.column()}",
                f"INSERT IGNORE INTO soak_one.`_ddl_gho` (id, v) SELECT id, v FROM {table}",
                f"RENAME TABLE {table} TO soak_one.`_ddl_del`, soak_one.`_ddl_gho` TO {table}",
                "DROP TABLE IF EXISTS soak_one.`_ddl_del`, soak_one.`_ddl_gho`"]

    def drop(self):
        return [self.rng.choice([f"DROP TABLE {self.own()}", f"DROP TABLE IF EXISTS {self.own()}",
                                 f"DROP TABLE IF EXISTS {self.own()}, {self.own()}"])]

    def truncate(self):
        return [f"TRUNCATE TABLE {self.own()}"]

    def program(self):
        table = self.own()
        return [self.rng.choice([
            f"CREATE OR REPLACE VIEW soak_one.`ddl view` AS SELECT id, v FROM {table}",
            "DROP VIEW IF EXISTS soak_one.`ddl view`",
            f"CREATE TRIGGER soak_one.`ddl trigger` BEFORE INSERT ON {table} FOR EACH ROW SET "
            "NEW.v = 7", "DROP TRIGGER IF EXISTS soak_one.`ddl trigger`",
            "CREATE PROCEDURE soak_one.`ddl procedure`() SELECT 'é'",
            "DROP PROCEDURE IF EXISTS soak_one.`ddl procedure`",
            "CREATE EVENT IF NOT EXISTS soak_one.`ddl event` ON SCHEDULE EVERY 1 DAY DO SET @a = 1",
            "DROP EVENT IF EXISTS soak_one.`ddl event`"])]
