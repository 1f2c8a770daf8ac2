"""Random schemas: tables with every sort of key, relations between them, and programs around."""

import random

from . import values

ODD_NAMES = ["order", "rank", "groups", "window", "lateral", "system", "of", "row_number", "cube",
             "recursive", "a b", "back`tick", "it's", 'dq"x', "naïve", "таблица", "表", "dot.name",
             "trail$", "x" * 60, "UPPER", "select", "key", "percent%s", "semi;colon", "--dash",
             "#hash", "1st", "back\\slash", "manual", "parallel", "qualify", "intersect"]
OTHER_SCHEMAS = ["soak two", "soak`three", "soak-ünï", "soak_order", "soak.dot"]
ACTIONS = ["CASCADE", "SET NULL", "RESTRICT", "NO ACTION"]
COMMON_NAMES = ["id", "c", "value", "note", "amount", "name", "code", "at", "data", "state"]


def quote(name):
    return "`" + name.replace("`", "``") + "`"


class Column:
    def __init__(self, name, kind, nullable=True, default=None, auto=False, generated=None,
                 invisible=False):
        self.name = name
        self.kind = kind
        self.nullable = nullable
        self.default = default
        self.auto = auto
        self.generated = generated
        self.invisible = invisible
        # A column that refers to another draws what its parent draws.
        self.parent = None

    def definition(self):
        text = f"{quote(self.name)} {self.kind.sql}"
        if self.generated:
            return text + " " + self.generated
        if self.kind.family != "timestamp":
            text += "" if self.nullable else " NOT NULL"
            if self.default is not None:
                text += f" DEFAULT {self.default}"
        if self.auto:
            text += " AUTO_INCREMENT"
        return text + (" INVISIBLE" if self.invisible else "")

    def literal(self, rng):
        if self.nullable and rng.random() < 0.12:
            return "NULL"
        if self.auto and rng.random() < 0.5:
            return rng.choice(["NULL", "0"])
        kind = self.parent.kind if self.parent is not None else self.kind
        return kind.literal(rng)


class Key:
    """`parts`: (column, prefix length or None)."""

    def __init__(self, sort, parts, name=""):
        self.sort = sort
        self.parts = parts
        self.name = name

    def definition(self):
        columns = ",".join(quote(column.name) + (f"({length})" if length else "")
                           for column, length in self.parts)
        name = f" {quote(self.name)}" if self.name else ""
        return f"{self.sort}{name} ({columns})"


class Table:
    def __init__(self, schema, name):
        self.schema = schema
        self.name = name
        self.columns = []
        self.keys = []
        self.foreign = []   # clauses of FOREIGN KEY
        self.options = ""
        self.partitions = ""
        self.checks = []
        self.rows = 0

    @property
    def full(self):
        return f"{quote(self.schema)}.{quote(self.name)}"

    @property
    def writable(self):
        return [column for column in self.columns if not column.generated]

    @property
    def primary(self):
        return next((key for key in self.keys if key.sort == "PRIMARY KEY"), None)

    def uniques(self):
        return [key for key in self.keys if key.sort in ("PRIMARY KEY", "UNIQUE KEY")]

    def create(self):
        parts = [column.definition() for column in self.columns]
        parts += [key.definition() for key in self.keys] + self.foreign + self.checks
        return (f"CREATE TABLE {self.full} (\n  " + ",\n  ".join(parts) +
                f"\n) ENGINE=InnoDB{self.options}{self.partitions}")


class Names:
    """Names that no other of the same owner has, also for a collation that ignores case."""

    def __init__(self, rng, common):
        self.rng = rng
        self.common = common
        self.used = set()

    def next(self):
        for _ in range(100):
            name = self.rng.choice(ODD_NAMES if self.rng.random() < 0.35 else self.common)
            if name.lower() not in self.used:
                break
        else:
            name = f"n{len(self.used)}"
        self.used.add(name.lower())
        return name


class Schema:
    """Everything one seed makes. Pure: it only writes SQL."""

    def __init__(self, seed, modern, scale=1.0, features=frozenset()):
        self.seed = seed
        self.features = features
        # Values of keys that others refer to; with some that only a collation calls equal.
        self.family_words = ["a", "b", "c ", "dd", "é", "f", "g", "h", "ij", "k"]
        if "case_in_keys" in features:
            self.family_words += ["A", "C", "E"]
        self.rng = random.Random(f"{seed}/schema")
        self.modern = modern
        self.scale = scale
        self.schemas = ["soak_one", self.rng.choice(OTHER_SCHEMAS)]
        self.charsets = [self.rng.choice(["utf8mb4", "latin1", "utf8"]) for _ in self.schemas]
        self.tables = []
        self.programs = []   # statements for views, triggers, routines and events
        self.triggers = 0
        self.names = {schema: Names(self.rng, [f"t{i}" for i in range(1, 30)])
                      for schema in self.schemas}
        for _ in range(self.rng.randrange(5, 9)):
            self.add_table()
        self.add_family()
        if self.rng.random() < 0.6:
            self.add_family()
        self.add_programs()

    # Tables.

    def new_table(self, schema=None):
        schema = schema or self.rng.choice(self.schemas)
        table = Table(schema, self.names[schema].next())
        table.column_names = Names(self.rng, COMMON_NAMES)
        charset = self.rng.choice(["latin1", "utf8", "utf8mb4", "utf8mb4"])
        table.options = f" DEFAULT CHARSET={charset}"
        if not self.modern and self.rng.random() < 0.3:
            table.options += self.rng.choice([" ROW_FORMAT=COMPACT", " ROW_FORMAT=DYNAMIC",
                                              " ROW_FORMAT=REDUNDANT"])
        if self.rng.random() < 0.2:
            table.options += " COMMENT='it''s a \"comment\" \\\\ é'"
        self.tables.append(table)
        return table

    def column(self, table, kind, nullable=None, **kwargs):
        rng = self.rng
        nullable = rng.random() < 0.6 if nullable is None else nullable
        # A NOT NULL geometry is never left out and never NULL: INSERT IGNORE would leave "" in it on
        # 5.6, which is no geometry for 9.7.
        nullable = nullable or kind.family in ("json", "vector")
        column = Column(table.column_names.next(), kind, nullable, **kwargs)
        if kind.family in ("integer", "decimal", "binary", "text", "temporal", "bit", "year") and \
                kind.key == "whole" and not column.auto and rng.random() < 0.4:
            column.default = kind.default(rng)
        table.columns.append(column)
        return column

    def add_table(self):
        rng = self.rng
        table = self.new_table()
        table.rows = int(rng.choice([0, 40, 150, 150, 400, 2500]) * self.scale)
        form = rng.choice(["auto", "auto", "auto", "single", "single", "composite", "composite",
                           "unique", "prefix", "none", "none", "nullable", "secondary_auto"])
        getattr(self, "key_" + form)(table)
        for _ in range(rng.randrange(1, 8)):
            self.column(table, values.any_kind(rng, self.modern, typed_json=True))
        self.more_keys(table)
        if self.modern:
            self.modern_parts(table)
        if form in ("auto", "composite", "single") and rng.random() < 0.3:
            self.partition(table)
        return table

    def key_auto(self, table):
        name, bits = self.rng.choice([("INT", 32), ("BIGINT", 64), ("MEDIUMINT", 24)])
        kind = values.integer(name, bits, self.rng.random() < 0.5)
        # The extremes would end the counter, and with it the table.
        kind.draw = lambda rng: str(rng.randrange(1, 200))
        column = self.column(table, kind, False, auto=True)
        table.keys.append(Key("PRIMARY KEY", [(column, None)]))
        if self.rng.random() < 0.3:
            table.options += f" AUTO_INCREMENT={self.rng.choice([100, 5000, 70000])}"

    def key_single(self, table):
        column = self.column(table, values.key_kind(self.rng, self.modern), False)
        self.not_null_timestamp(column)
        table.keys.append(Key("PRIMARY KEY", [(column, None)]))

    def not_null_timestamp(self, column):
        """A TIMESTAMP in a primary key has to say that it is NOT NULL."""
        if column.kind.family == "timestamp":
            column.kind.sql = column.kind.sql.replace("NULL DEFAULT NULL",
                                                      "NOT NULL DEFAULT '2001-02-03 04:05:06'")

    def key_composite(self, table):
        parts = []
        for _ in range(self.rng.choice([2, 2, 3])):
            column = self.column(table, values.key_kind(self.rng, self.modern), False)
            self.not_null_timestamp(column)
            parts.append((column, None))
        table.keys.append(Key("PRIMARY KEY", parts))

    def key_unique(self, table):
        column = self.column(table, values.key_kind(self.rng, self.modern), False)
        self.not_null_timestamp(column)
        table.keys.append(Key("UNIQUE KEY", [(column, None)], "only unique"))

    def key_prefix(self, table):
        kind = self.rng.choice([values.binary_type("BLOB"), values.text_type(
            "TEXT", "utf8", "utf8_general_ci"), values.text_type("VARCHAR", "latin1",
                                                                 "latin1_swedish_ci", 40)])
        column = self.column(table, kind, False)
        column.default = None
        table.keys.append(Key("PRIMARY KEY", [(column, self.rng.choice([2, 5]))]))

    def key_none(self, table):
        self.column(table, values.any_kind(self.rng, self.modern))

    def key_nullable(self, table):
        column = self.column(table, values.key_kind(self.rng, self.modern), True)
        table.keys.append(Key("UNIQUE KEY", [(column, None)], "nullable"))

    def key_secondary_auto(self, table):
        column = self.column(table, values.key_kind(self.rng, self.modern), False)
        self.not_null_timestamp(column)
        table.keys.append(Key("PRIMARY KEY", [(column, None)]))
        kind = values.integer("INT", 32, False)
        kind.draw = lambda rng: str(rng.randrange(-5, 200))
        counter = self.column(table, kind, False, auto=True)
        table.keys.append(Key("KEY", [(counter, None)], "counter"))

    def more_keys(self, table):
        rng = self.rng
        for number in range(rng.choice([0, 0, 1, 1, 2, 3])):
            free = [c for c in table.columns if c.kind.key and c.kind.family != "json"]
            if not free:
                return
            chosen = rng.sample(free, min(len(free), rng.choice([1, 1, 2])))
            parts = []
            for column in chosen:
                length = None
                if column.kind.key == "prefix":
                    length = rng.choice([1, 3, 10])
                elif getattr(column.kind, "length", None) and column.kind.length > 4 and \
                        rng.random() < 0.2:
                    length = rng.randrange(1, 4)
                parts.append((column, length))
            sort = "UNIQUE KEY" if rng.random() < 0.4 else "KEY"
            table.keys.append(Key(sort, parts, f"k{number}"))

    def modern_parts(self, table):
        """What only the newer server has."""
        rng = self.rng
        numbers = [c for c in table.columns if c.kind.family == "integer" and not c.auto]
        if numbers and rng.random() < 0.6:
            base = rng.choice(numbers)
            kind = values.Kind("BIGINT", lambda _: "0")
            kind.key = None
            column = self.column(table, kind, True)
            column.default = None
            column.generated = (f"GENERATED ALWAYS AS ({quote(base.name)} % 1000 * 3) " +
                                rng.choice(["STORED", "VIRTUAL"]))
            if rng.random() < 0.5:
                table.keys.append(Key("KEY", [(column, None)], "generated"))
        if numbers and rng.random() < 0.4:
            base = rng.choice(numbers)
            table.checks.append(f"KEY `functional` ((({quote(base.name)} % 17)))")
        if numbers and rng.random() < 0.3:
            base = rng.choice(numbers)
            table.checks.append(f"KEY `descending` ({quote(base.name)} DESC)")
        if numbers and rng.random() < 0.3:
            base = rng.choice(numbers)
            # The server's own name for it begins with the table's, and may be too long.
            named = f"CONSTRAINT {quote(table.name[-40:])} " if len(table.name) > 50 else ""
            table.checks.append(f"{named}CHECK ({quote(base.name)} <> 13)" +
                                rng.choice(["", " NOT ENFORCED"]))
        if rng.random() < 0.3:
            column = self.column(table, values.any_kind(rng, True), True)
            column.invisible = column.kind.family != "timestamp"

    def partition(self, table):
        """Every unique key has to contain the column."""
        rng = self.rng
        column = table.primary.parts[0][0]
        if any(one.kind.family == "geometry" for one in table.columns):
            return
        table.keys = [key for key in table.keys if key.sort != "UNIQUE KEY"]
        name = quote(column.name)
        family = column.kind.family
        if column.kind.sql.startswith("YEAR"):
            family = "integer"
        if family == "integer":
            first = [f"RANGE ({name}) (PARTITION p0 VALUES LESS THAN (10), PARTITION `p 1` VALUES "
                     "LESS THAN (100), PARTITION pmax VALUES LESS THAN MAXVALUE)",
                     f"HASH ({name}) PARTITIONS 4", f"LINEAR HASH ({name}) PARTITIONS 3",
                     f"LIST ({name} % 3) (PARTITION a VALUES IN (0), PARTITION b VALUES IN (1,2), "
                     "PARTITION c VALUES IN (-1,-2))",
                     f"RANGE ({name}) SUBPARTITION BY HASH ({name}) SUBPARTITIONS 2 (PARTITION p0 "
                     "VALUES LESS THAN (20), PARTITION pmax VALUES LESS THAN MAXVALUE)"]
            if "UNSIGNED" in column.kind.sql:
                first[3] = first[3].replace(", PARTITION c VALUES IN (-1,-2)", "")
            if column.kind.sql.startswith("YEAR"):
                first = first[1:2]
            table.partitions = " PARTITION BY " + rng.choice(first)
        elif family in ("text", "binary", "temporal", "decimal", "year"):
            table.partitions = f" PARTITION BY {rng.choice(['', 'LINEAR '])}KEY ({name}) PARTITIONS 3"

    # Relations.

    def add_family(self):
        """A parent, children with every action, a grandchild, and a table that refers to itself."""
        rng = self.rng
        schema = rng.choice(self.schemas)
        parent = self.new_table(schema)
        parent.rows = int(60 * self.scale)
        composite = rng.random() < 0.3
        kinds = [self.relation_kind() for _ in range(2 if composite else 1)]
        columns = [self.column(parent, kind, False) for kind in kinds]
        for column in columns:
            column.default = None
        parent.keys.append(Key("PRIMARY KEY", [(column, None) for column in columns]))
        self.column(parent, values.any_kind(rng, self.modern))
        children = [self.child(parent, columns) for _ in range(rng.choice([1, 2, 3]))]
        if rng.random() < 0.6:
            first = children[0]
            self.child(first, [first.primary.parts[0][0]])
        if rng.random() < 0.6:
            self.self_reference(schema)

    def relation_kind(self):
        rng = self.rng
        kind = rng.choice([values.integer("INT", 32, False), values.integer("BIGINT", 64, True),
                           values.text_type("VARCHAR", "utf8", "utf8_general_ci", 20),
                           values.text_type("CHAR", "latin1", "latin1_swedish_ci", 8),
                           values.fixed(10, 2, False), values.date()])
        if kind.family in ("integer", "decimal"):
            kind.draw = lambda r: str(r.randrange(0, 40))
        elif kind.family == "temporal":
            kind.draw = lambda r: f"'2015-01-{r.randrange(1, 29):02d}'"
        else:
            charset = kind.charset
            kind.draw = lambda r: f"_{charset} " + values.hexed(
                r.choice(self.family_words)
                .encode(values.CODECS[charset]))
        return kind

    def child(self, parent, columns):
        rng = self.rng
        table = self.new_table(parent.schema if rng.random() < 0.8 else None)
        table.rows = int(80 * self.scale)
        self.key_auto(table)
        deleted, updated = rng.choice(ACTIONS), rng.choice(ACTIONS)
        references = []
        for column in columns:
            nullable = "SET NULL" in (deleted, updated) or rng.random() < 0.5
            own = self.column(table, column.kind, nullable)
            own.default = None
            own.parent = column
            references.append(own)
        self.column(table, values.any_kind(rng, self.modern))
        if rng.random() < 0.3:
            # The unique key begins with the foreign key, so that cascades meet it.
            extra = self.column(table, values.integer("INT", 32, False), True)
            table.keys.append(Key("UNIQUE KEY", [(c, None) for c in references + [extra]], "both"))
        table.foreign.append(
            f"CONSTRAINT {quote('fk ' + str(len(self.tables)))} FOREIGN KEY (" +
            ",".join(quote(c.name) for c in references) + f") REFERENCES {parent.full} (" +
            ",".join(quote(c.name) for c in columns) + f") ON DELETE {deleted} ON UPDATE {updated}")
        return table

    def self_reference(self, schema):
        rng = self.rng
        table = self.new_table(schema)
        table.rows = int(40 * self.scale)
        kind = values.integer("INT", 32, False)
        kind.draw = lambda r: str(r.randrange(0, 60))
        key = self.column(table, kind, False)
        key.default = None
        table.keys.append(Key("PRIMARY KEY", [(key, None)]))
        up = self.column(table, kind, True)
        up.default = None
        up.parent = key
        self.column(table, values.any_kind(rng, self.modern))
        deleted = rng.choice(["RESTRICT", "NO ACTION", "SET NULL"])
        table.foreign.append(
            f"CONSTRAINT {quote('self ' + str(len(self.tables)))} FOREIGN KEY ({quote(up.name)}) "
            f"REFERENCES {table.full} ({quote(key.name)}) ON DELETE {deleted}")

    # Programs.

    def add_programs(self):
        rng = self.rng
        log = f"{quote('soak_one')}.`program log`"
        self.programs.append(
            f"CREATE TABLE {log} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, what VARCHAR(80) "
            "CHARACTER SET utf8, at TIMESTAMP(6) NULL DEFAULT NULL) ENGINE=InnoDB")
        for number, table in enumerate(rng.sample(self.tables, 2)):
            event = rng.choice(["INSERT", "UPDATE", "DELETE"])
            when = rng.choice(["BEFORE", "AFTER"])
            self.programs.append(
                f"CREATE TRIGGER {quote(table.schema)}.{quote('trigger ' + str(number))} {when} "
                f"{event} ON {table.full} FOR EACH ROW INSERT INTO {log} (what, at) VALUES "
                f"('{event.lower()} é {number}', NOW(6))")
        first = self.tables[0]
        self.programs += [
            f"CREATE VIEW soak_one.`a view` AS SELECT * FROM {first.full}",
            "CREATE FUNCTION soak_one.twice(a BIGINT) RETURNS BIGINT DETERMINISTIC NO SQL "
            "RETURN a * 2",
            "CREATE PROCEDURE soak_one.`write log`(IN what VARCHAR(80)) "
            "MODIFIES SQL DATA "
            f"INSERT INTO {log} (what, at) VALUES (what, NOW(6))",
            "CREATE EVENT soak_one.`an event` ON SCHEDULE EVERY 4 SECOND DO "
            f"INSERT INTO {log} (what, at) VALUES ('event', NOW(6))"]

    # What it makes.

    def statements(self):
        """Databases, tables and programs, in an order that works."""
        yield "SET SESSION sql_mode = '', foreign_key_checks = 0"
        for schema, charset in zip(self.schemas, self.charsets):
            yield f"CREATE DATABASE {quote(schema)} DEFAULT CHARACTER SET {charset}"
        yield ("CREATE TABLE soak_one.soak_ledger (session INT NOT NULL, number INT NOT NULL, "
               "PRIMARY KEY (session, number)) ENGINE=InnoDB")
        for table in self.tables:
            yield table.create()
        yield from self.programs

    def rows(self):
        """The rows that are there before anything begins; rows that do not fit are left out."""
        rng = random.Random(f"{self.seed}/rows")
        for table in self.tables:
            left = table.rows
            while left > 0:
                count = min(left, 50)
                left -= count
                yield insert(rng, table, count, "INSERT IGNORE INTO")


def insert(rng, table, count, verb="INSERT INTO", columns=None):
    """One INSERT of `count` rows; sometimes not every column is named."""
    if columns is None:
        columns = table.writable
        if rng.random() < 0.25:
            needed = {part[0] for key in table.uniques() for part in key.parts}
            needed |= {c for c in columns if c.kind.family == "geometry" and not c.nullable}
            columns = [c for c in columns if c in needed or rng.random() < 0.6] or columns
    rows = ",".join("(" + ",".join(c.literal(rng) for c in columns) + ")" for _ in range(count))
    names = ",".join(quote(c.name) for c in columns)
    return f"{verb} {table.full} ({names}) VALUES {rows}"
