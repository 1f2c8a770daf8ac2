"""The harness's own comparison of the two servers: other SQL, no code of flyover.

Every value of every row as exact text (bytes as hex or, when long, as SHA-256, FLOAT as double,
ENUM with its number), the rows as a multiset; besides, what information_schema says about columns, indexes and foreign keys.
"""

import collections
import decimal
import re

INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint", "year", "decimal", "bit")
APPROXIMATE = ("float", "double")
LARGE = ("blob", "mediumblob", "longblob", "text", "mediumtext", "longtext")
TEMPORAL = ("date", "datetime", "timestamp", "time")


def quote(name):
    return "`" + name.replace("`", "``") + "`"


def text(value):
    """A value as JSON can hold it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return str(value) if isinstance(value, decimal.Decimal) else value


def neutral(server):
    """A root session in which nothing is converted."""
    connection = server.connect()
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode = '', time_zone = '+00:00', sql_safe_updates = 0, "
                       "sql_select_limit = 18446744073709551615, completion_type = 0, "
                       "autocommit = 1, group_concat_max_len = 1000000")
        if server.version != "5.6":
            cursor.execute("SET SESSION information_schema_stats_expiry = 0, "
                           "max_execution_time = 0")
        cursor.execute("SET NAMES binary")
    return connection


def rows_of(connection, sql, arguments=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return [tuple(text(value) for value in row) for row in cursor.fetchall()]


def exact(column, data_type):
    """An expression whose text tells the stored value exactly."""
    name = quote(column)
    if data_type in INTEGERS:
        return f"CAST({name} + 0 AS CHAR)"
    if data_type in TEMPORAL:
        return f"CAST({name} AS CHAR)"
    if data_type in ("enum", "set"):
        return f"CONCAT({name} + 0, ':', HEX({name}))"
    if data_type == "json":
        # Its text does not tell a DECIMAL from a DOUBLE, or a date from a string.
        path = "JSON_TABLE(JSON_EXTRACT({}, _utf8mb4'$**.*', _utf8mb4'$**[*]'), _utf8mb4'$[*]' "\
            "COLUMNS (place FOR ORDINALITY, node JSON PATH _utf8mb4'$'))".format(name)
        return (f"CONCAT(SHA2(CAST({name} AS BINARY), 256), ' ', LEFT({name}, 100), ' ', "
                f"JSON_TYPE({name}), ' ', IFNULL((SELECT GROUP_CONCAT(JSON_TYPE(node) "
                f"ORDER BY place) FROM {path} AS t), ''))")
    if data_type in LARGE:
        return (f"IF(LENGTH({name}) > 65536, CONCAT(LENGTH({name}), ' bytes ', "
                f"SHA2(CAST({name} AS BINARY), 256)), HEX({name}))")
    return f"HEX({name})"


def tables_of(connection, schemas):
    return rows_of(connection,
                   "SELECT table_schema, table_name FROM information_schema.tables WHERE "
                   "table_type = 'BASE TABLE' AND table_schema IN %s ORDER BY 1, 2", (schemas,))


def columns_of(connection, table):
    return rows_of(connection,
                   "SELECT column_name, data_type FROM information_schema.columns WHERE "
                   "table_schema = %s AND table_name = %s ORDER BY ordinal_position", table)


def values_of(connection, table, columns):
    """The rows of a table as a multiset of texts. FLOAT and DOUBLE come as numbers of their own,
    because 9.7 shortens them where it casts them to text."""
    texts = ", ".join(f"IFNULL({exact(*column)}, '~')" for column in columns
                      if column[1] not in APPROXIMATE) or "''"
    numbers = "".join(f", {quote(name)} + 0e0" for name, data_type in columns
                      if data_type in APPROXIMATE)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CONCAT_WS('|', {texts}){numbers} FROM "
                       f"{quote(table[0])}.{quote(table[1])}".replace("%", "%%"), ())
        return collections.Counter("|".join([text(row[0]), *map(repr, row[1:])])
                                   for row in cursor.fetchall())


def shorten(value):
    value = text(value)
    return value if len(value) <= 300 else f"{value[:300]}… ({len(value)} characters)"


def compare_rows(source, target, schemas):
    """Differences between the servers' rows, as texts; and how many rows were compared."""
    differences, count = [], 0
    with neutral(source) as left, neutral(target) as right:
        tables, others = tables_of(left, schemas), tables_of(right, schemas)
        for table in set(tables) ^ set(others):
            side = "source" if table in tables else "target"
            differences.append(f"table {'.'.join(table)} exists on the {side} only")
        for table in [one for one in tables if one in others]:
            columns = columns_of(left, table)
            if [name for name, _ in columns] != [name for name, _ in columns_of(right, table)]:
                differences.append(f"{'.'.join(table)}: the columns differ")
                continue
            here, there = values_of(left, table, columns), values_of(right, table, columns)
            count += sum(here.values())
            for side, only in (("source", here - there), ("target", there - here)):
                if only:
                    some = [shorten(value) for value in list(only)[:3]]
                    differences.append(f"{'.'.join(table)}: {sum(only.values())} rows on the "
                                       f"{side} only: {some}")
    return differences, count


def plain(value):
    """Names that only the version made different."""
    if not isinstance(value, str):
        return value
    return re.sub(r"^utf8(?=$|_)", "utf8mb3", value)


def column_type(value):
    """Display widths left 8.0 (but with ZEROFILL), and YEAR(2) is gone; a type has a new name."""
    value = re.sub(r"\((\d+)\)", "", value) if re.match(r"(tiny|small|medium|big)?int|year", value)\
        else value
    return "geomcollection" if value == "geometrycollection" else value


CATALOG = {
    "column": "SELECT table_schema, table_name, column_name, column_type, is_nullable, "
              "character_set_name, collation_name, "
              "IF(extra LIKE '%%auto_increment%%', 'auto_increment', ''), "
              "IF(extra LIKE '%%on update%%', 'on update', '') "
              "FROM information_schema.columns WHERE table_schema IN %s",
    "index": "SELECT table_schema, table_name, index_name, seq_in_index, column_name, non_unique, "
             "sub_part, index_type FROM information_schema.statistics WHERE table_schema IN %s",
    "foreign key": "SELECT k.table_schema, k.table_name, k.constraint_name, k.ordinal_position, "
                   "k.column_name, k.referenced_table_schema, k.referenced_table_name, "
                   "k.referenced_column_name, REPLACE(r.update_rule, 'RESTRICT', 'NO ACTION'), "
                   "REPLACE(r.delete_rule, 'RESTRICT', 'NO ACTION') "
                   "FROM information_schema.key_column_usage k "
                   "JOIN information_schema.referential_constraints r ON "
                   "r.constraint_schema = k.constraint_schema AND "
                   "r.constraint_name = k.constraint_name AND r.table_name = k.table_name "
                   "WHERE k.table_schema IN %s",
    "view": "SELECT table_schema, table_name, definer, security_type "
            "FROM information_schema.views WHERE table_schema IN %s",
    "routine": "SELECT routine_schema, routine_name, routine_type, definer, "
               # Old servers print ALLOW_INVALID_DATES by another name here.
               "REPLACE(REPLACE(CONCAT(',', sql_mode), ',INVALID_DATES', ',ALLOW_INVALID_DATES'), "
               "',NO_AUTO_CREATE_USER', '') "
               "FROM information_schema.routines WHERE routine_schema IN %s",
    "event": "SELECT event_schema, event_name, definer, event_type, interval_value, "
             "interval_field FROM information_schema.events WHERE event_schema IN %s",
    "partition": "SELECT table_schema, table_name, partition_name, partition_method, "
                 "partition_ordinal_position FROM information_schema.partitions "
                 "WHERE partition_name IS NOT NULL AND table_schema IN %s",
}

# What only newer servers have, compared when both are such.
NEW_CATALOG = {
    "column's expressions": "SELECT table_schema, table_name, column_name, extra, column_default, "
                            "generation_expression, srs_id, ordinal_position "
                            "FROM information_schema.columns WHERE table_schema IN %s",
    "index's details": "SELECT table_schema, table_name, index_name, seq_in_index, collation, "
                       "is_visible, expression "
                       "FROM information_schema.statistics WHERE table_schema IN %s",
    "check": "SELECT t.table_schema, t.table_name, t.constraint_name, t.enforced, c.check_clause "
             "FROM information_schema.table_constraints t "
             "JOIN information_schema.check_constraints c ON c.constraint_schema = "
             "t.constraint_schema AND c.constraint_name = t.constraint_name "
             "WHERE t.constraint_type = 'CHECK' AND t.table_schema IN %s",
}


def catalog_of(connection, schemas, queries):
    lines = set()
    for kind, sql in queries.items():
        for row in rows_of(connection, sql, (schemas,)):
            values = [plain(value) for value in row]
            if kind == "column":
                values[3] = column_type(values[3])
            lines.add((kind,) + tuple(str(value) for value in values))
    return lines


def compare_catalogs(source, target, schemas):
    """Differences between the definitions on both sides, as texts."""
    old = "5.6" in (source.version, target.version)
    queries = CATALOG if old else CATALOG | NEW_CATALOG
    with neutral(source) as left, neutral(target) as right:
        here, there = catalog_of(left, schemas, queries), catalog_of(right, schemas, queries)
    return ([f"source only: {' '.join(line)}" for line in sorted(here - there)] +
            [f"target only: {' '.join(line)}" for line in sorted(there - here)])


def triggers_of(server, schemas):
    with neutral(server) as connection:
        return sorted(rows_of(connection,
                              "SELECT trigger_schema, trigger_name FROM "
                              "information_schema.triggers WHERE trigger_schema IN %s",
                              (schemas,)))


def events_of(server, schemas):
    """The names of the events that run."""
    with neutral(server) as connection:
        return sorted(rows_of(connection,
                              "SELECT event_schema, event_name FROM information_schema.events "
                              "WHERE event_schema IN %s AND status = 'ENABLED'", (schemas,)))
