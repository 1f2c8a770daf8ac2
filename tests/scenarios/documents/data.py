"""Documents by expression: `id` of the docs from 1, the same values in the table without a key."""

import importlib.util
import pathlib

spec = importlib.util.spec_from_file_location(
    "documents_values", pathlib.Path(__file__).with_name("documents_values.py"))
values = importlib.util.module_from_spec(spec)
spec.loader.exec_module(values)


def statements(random):
    yield "USE documents"
    yield "SET sql_mode = 'ALLOW_INVALID_DATES'"
    yield from values.rows(1)
    yield from values.plain_documents(random, 1000, 3000)
    yield "INSERT INTO derived (id) VALUES (1)"
    yield ("INSERT INTO derived (id, j) VALUES " + ", ".join(
        f"({n}, JSON_OBJECT('name', 'n{n}', 'price', CAST({n}.50 AS DECIMAL(10,2)), "
        f"'code', 'c{n}', 'tags', JSON_ARRAY({n}, CAST({n + 1} AS UNSIGNED))))"
        for n in range(2, 60)))
    yield "INSERT INTO names VALUES (1, JSON_ARRAY(1.5), '{\"v\": 1}', CAST(DATE'2020-01-02' AS JSON), NULL, '[]')"
    yield from values.shapes(1)
    yield from values.vectors(1)
