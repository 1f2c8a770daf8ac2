"""Changes of all kinds over rows that values.rows() made, once for each phase of the walk."""

import importlib.util
import pathlib

spec = importlib.util.spec_from_file_location(
    "documents_values", pathlib.Path(__file__).with_name("documents_values.py"))
values = importlib.util.module_from_spec(spec)
spec.loader.exec_module(values)


def statements(phase):
    first = 10000 * phase
    yield "USE documents"
    yield "SET sql_mode = 'ALLOW_INVALID_DATES'"
    yield from values.rows(first)
    yield from values.shapes(first)
    yield from values.vectors(first)
    # Partial updates: REPLACE, INSERT and REMOVE, of members and cells, alone and together.
    yield "UPDATE docs SET k = JSON_REPLACE(k, '$[2]', CAST(2.50 AS DECIMAL(5,2)))"
    yield "UPDATE docs SET k = JSON_ARRAY_INSERT(k, '$[1]', CAST(DATE'2020-01-02' AS JSON)) WHERE id % 2 = 0"
    yield "UPDATE docs SET k = JSON_REMOVE(k, '$[1]'), note = 'removed' WHERE id % 3 = 0"
    yield ("UPDATE docs SET j = JSON_SET(j, '$.score', 0.125e0, '$.\"new ]\"', JSON_ARRAY(1.5, x'ff')), "
           "k = JSON_ARRAY('short') WHERE id BETWEEN 1000 AND 1050")
    yield "UPDATE docs SET j = JSON_REMOVE(j, '$.tags[0]', '$.name') WHERE id BETWEEN 1040 AND 1090"
    yield ("UPDATE docs SET j = JSON_ARRAY_APPEND(JSON_SET(j, '$.id', CAST(7 AS UNSIGNED)), '$.tags', 'z') "
           "WHERE id BETWEEN 1080 AND 1110")
    yield "UPDATE docs SET j = NULL WHERE id = 1111"
    yield "UPDATE docs SET id = -id WHERE id = 1112"
    yield f"UPDATE docs SET j = JSON_ARRAY({phase}.50, j) WHERE id IN (20, 21, 22, 1113)"
    yield "DELETE FROM docs WHERE id BETWEEN 1120 AND 1130"
    # Rows that only their types tell apart.
    yield ("INSERT INTO keyless_docs VALUES (1, JSON_ARRAY(2.5)), (1, '[2.5]'), (1, '[2.5]'), "
           "(1, JSON_ARRAY(CAST(1 AS UNSIGNED))), (1, '[1]'), (1, '[1.0]')")
    yield "DELETE FROM keyless_docs WHERE JSON_TYPE(j -> '$[0]') = 'DECIMAL' AND j = CAST('[2.5]' AS JSON) LIMIT 1"
    yield "UPDATE keyless_docs SET n = n + 1 WHERE JSON_TYPE(j -> '$[0]') = 'UNSIGNED INTEGER' LIMIT 1"
    yield "UPDATE keyless_docs SET j = JSON_ARRAY(j) WHERE JSON_TYPE(j) = 'DATE'"
    yield "DELETE FROM keyless_docs WHERE JSON_TYPE(j) IN ('DOUBLE', 'DECIMAL') LIMIT 5"
    yield (f"UPDATE derived SET j = JSON_SET(j, '$.price', CAST({phase}.25 AS DECIMAL(10,2)), "
           f"'$.tags', JSON_ARRAY({phase})) WHERE id BETWEEN 2 AND 20")
    yield "UPDATE derived SET j = JSON_SET(j, '$.name', CONCAT(name, '!')) WHERE id > 50"
    yield "DELETE FROM derived WHERE id = 30"
    yield "INSERT INTO derived VALUES (30, JSON_OBJECT('name', 'again', 'code', 'c30', 'price', 1e0), DEFAULT, DEFAULT)"
    yield f"INSERT INTO derived (id) VALUES ({first})"
    yield (f"INSERT INTO names VALUES ({first}, JSON_ARRAY(1.5), '{{}}', JSON_OBJECT('n', 2.5), '[1]', "
           "JSON_ARRAY(NULL, x'00'))")
    yield "UPDATE names SET v = JSON_ARRAY(CAST(1 AS UNSIGNED)), m = JSON_ARRAY(n)"
    yield "UPDATE shapes SET g = ST_SRID(g, 0) WHERE id % 3 = 0 AND id < 12"
    yield "UPDATE shapes SET p = ST_GeomFromText('POINT(-89.5 179.5)', 4326) WHERE id % 2 = 0"
    yield "DELETE FROM keyless_shapes WHERE p IS NULL LIMIT 1"
    yield "UPDATE keyless_shapes SET p = POINT(-0e0, 5) WHERE ST_X(p) = 3"
    yield "UPDATE vectors SET v = STRING_TO_VECTOR('[9,8]') WHERE id % 2 = 0"
    yield "DELETE FROM keyless_vectors WHERE n = 1 LIMIT 1"
    yield "UPDATE keyless_vectors SET n = 9 WHERE v IS NULL LIMIT 1"
