"""Geometries as the bytes that both servers store: the SRID, then the shape's well-known binary form."""

import itertools
import struct

SRIDS = [0, 4326, 3857, 999999]
NAN = struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000001))[0]
COORDINATES = [0.0, -0.0, 1.0, 0.1, -179.5, 5e-324, 1.7976931348623157e308, 500.0, NAN, float("inf")]
SQUARE = [(0, 0), (0, 10), (10, 10), (10, 0), (0, 0)]


def shape(kind, body):
    return struct.pack("<BI", 1, kind) + body


def points(sequence):
    return struct.pack("<I", len(sequence)) + b"".join(struct.pack("<dd", *p) for p in sequence)


def several(parts):
    return struct.pack("<I", len(parts)) + b"".join(parts)


def all_shapes():
    point = shape(1, struct.pack("<dd", 1.5, -2.5))
    line = shape(2, points([(0, 0), (1, 1), (1, 1)]))
    area = shape(3, several([points(SQUARE), points([(1, 1), (1, 2), (2, 2), (1, 1)])]))
    return [point, line, area,
            shape(3, several([points(SQUARE[:-1])])),                               # an open ring
            shape(3, several([points([(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)])])),  # crosses itself
            shape(4, several([point, point])), shape(5, several([line, line])),
            shape(6, several([area, area])), shape(7, several([point, line, area]))]


def literal(srid, shape_bytes):
    return "0x" + (struct.pack("<I", srid) + shape_bytes).hex()


def rows(first):
    """Each shape with each SRID; the typed columns with the shape of their type."""
    shapes = all_shapes()
    numbers = itertools.count(first)
    for srid in SRIDS:
        columns = [literal(srid, shapes[i]) for i in (0, 1, 2, 5, 6, 7, 8)]
        for one in shapes:
            number = next(numbers)
            yield f"INSERT INTO shapes VALUES ({number}, {literal(srid, one)}, {', '.join(columns)})"
            yield f"INSERT INTO keyless_shapes VALUES ({number % 3}, {literal(srid, one)})"
    for x, y in itertools.product(COORDINATES, repeat=2):
        point = literal(0, shape(1, struct.pack("<dd", x, y)))
        yield (f"INSERT INTO shapes VALUES ({next(numbers)}, {point}, {point}, "
               "NULL, NULL, NULL, NULL, NULL, NULL)")
    twice = literal(0, shapes[0])
    yield f"INSERT INTO keyless_shapes VALUES (7, {twice}), (7, {twice}), (7, NULL), (7, NULL)"


def changes(phase):
    first = 1000 * phase
    yield from rows(first)
    shapes = all_shapes()
    yield (f"UPDATE shapes SET g = {literal(0, shapes[phase])}, c = {literal(4326, shapes[8])} "
           f"WHERE id > {first + 120}")
    yield f"UPDATE shapes SET p = {literal(999, shapes[0])}, l = NULL WHERE id BETWEEN {first} AND {first + 9}"
    yield f"DELETE FROM shapes WHERE id BETWEEN {first + 50} AND {first + 60}"
    yield "DELETE FROM keyless_shapes WHERE n = 7 LIMIT 1"
    yield f"UPDATE keyless_shapes SET n = {10 + phase} WHERE n = 2 LIMIT 3"
    yield f"UPDATE keyless_shapes SET g = {literal(1, shapes[0])} WHERE n = 1 LIMIT 1"
