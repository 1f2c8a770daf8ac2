"""Values of all kinds, for rows of the tables from a given id on."""

SCALARS = [
    "NULL", "CAST('null' AS JSON)", "'true'", "'false'", "'0'", "'-1'", "'9223372036854775807'",
    "'-9223372036854775808'", "'18446744073709551615'", "CAST(CAST(5 AS UNSIGNED) AS JSON)",
    "CAST(CAST(70000 AS UNSIGNED) AS JSON)", "CAST(9223372036854775808 AS JSON)",
    "CAST(1.50 AS JSON)", "CAST(CAST(5 AS DECIMAL(10,0)) AS JSON)", "CAST(-0.5 AS JSON)",
    "CAST(CAST(1.5 AS DECIMAL(65,30)) AS JSON)",
    "CAST(-99999999999999999999999999999999999999999999999999999999999999999. AS JSON)",
    "'1.5'", "'1.0'", "'-0.0'", "'5e-324'", "'2.2250738585072014e-308'", "'1.7976931348623157e308'",
    "'0.1'", "'123456789012345680.0'", "'9007199254740993.0'", "'1e22'", "'1e23'",
    "CAST(DATE'2020-01-02' AS JSON)", "CAST(DATE'0000-00-00' AS JSON)",
    "CAST(DATE'2020-02-31' AS JSON)", "CAST(CAST('2020-00-00' AS DATE) AS JSON)",
    "CAST(TIME'-838:59:58.123456' AS JSON)", "CAST(TIME'00:00:00' AS JSON)",
    "CAST(TIMESTAMP'9999-12-31 23:59:59.999999' AS JSON)",
    "CAST(TIMESTAMP'0000-00-00 00:00:00' AS JSON)",
    "'\"2020-01-02\"'", "'\"base64:type15:YWJj\"'", "'\"\"'", "'{}'", "'[]'",
    "'\"😀 é \\\\u0000 \\\\u001f \\\\\\\\ \\\\\" \\\\/ \\'\"'",
]

COLUMNS = ["tu", "bu", "de", "f", "bt", "b64", "y", "da", "ti", "dt", "ts", "bi", "b0", "vb", "bl",
           "mb", "lb", "e", "g"]

DOCUMENTS = [
    "JSON_OBJECT('dec', 1.50, 'dbl', 1.5e0, 'deep', JSON_OBJECT('a', JSON_ARRAY(1, 2.50,"
    " JSON_OBJECT('when', TIMESTAMP'2020-01-02 03:04:05.000001', 'text', '2020-01-02'))))",
    "'{\"a\": 1, \"a\": 2, \"\": {\"\": 1}, \"b\": [1, 1.0, -0.0, 1e10]}'",
    "JSON_OBJECT('', 1.0, 'it''s \"q\" \\\\ 😀', JSON_ARRAY(CAST(1 AS UNSIGNED), x'00ff27'))",
    "JSON_ARRAY(JSON_ARRAY(JSON_ARRAY(1.5), 2.5), JSON_OBJECT('x', JSON_ARRAY(3.5, 'y')), 4.5)",
    # The greatest depth, and the longest key.
    "CONCAT(REPEAT('[', 100), REPEAT(']', 100))",
    "CONCAT(REPEAT('{\"a\":', 99), '1', REPEAT('}', 99))",
    "JSON_REPLACE(CONCAT(REPEAT('[', 99), '1', REPEAT(']', 99)), CONCAT('$', REPEAT('[0]', 99)), 1.50)",
    "JSON_OBJECT(REPEAT('k', 65535), 1.5)",
    "(WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 900)"
    " SELECT JSON_ARRAYAGG(CAST(n / 4 AS DECIMAL(10, 2))) FROM r)",
    "(WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 900)"
    " SELECT JSON_OBJECTAGG(CONCAT('k', n), CAST(n AS UNSIGNED)) FROM r)",
    "JSON_ARRAY(REPEAT(x'00ff', 50000), REPEAT('long', 50000))",
    "(SELECT JSON_ARRAY(" + ", ".join(COLUMNS) + ") FROM sources)",
    "(SELECT JSON_OBJECT(" + ", ".join(f"'{c}', {c}" for c in COLUMNS) + ") FROM sources)",
] + [f"(SELECT CAST({c} AS JSON) FROM sources)" for c in COLUMNS if c not in ("bi", "b0", "vb", "bl", "mb", "lb")]


def rows(first):
    """The documents in both tables, in the one without a key some of them twice."""
    for number, document in enumerate(SCALARS + DOCUMENTS):
        yield (f"INSERT INTO docs VALUES ({first + number}, {document}, 'n{number}', "
               f"JSON_ARRAY('{'x' * 100}', 1.50, {number}))")
        for _ in range(1 + number % 2):
            yield f"INSERT INTO keyless_docs VALUES ({number % 5}, {document})"


def plain_documents(random, first, count):
    """What applications write: nothing in them is more than its text."""
    yield "INSERT INTO docs VALUES " + ", ".join(
        f"({first + n}, '{{\"id\": {n}, \"name\": \"customer {n}\", \"score\": {random.random()}, "
        f"\"tags\": [\"a\", {n % 7}]}}', NULL, NULL)" for n in range(count))


SRIDS = [0, 4326, 3857]


def geometries(srid):
    """Every type; the numbers are right for a latitude and a longitude."""
    texts = ["POINT(1 2)", "LINESTRING(0 0,1 1,2 1)", "POLYGON((0 0,0 10,10 10,10 0,0 0),(1 1,1 2,2 2,2 1,1 1))",
             "MULTIPOINT((1 2),(3 4))", "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
             "MULTIPOLYGON(((0 0,0 1,1 1,1 0,0 0)))",
             "GEOMETRYCOLLECTION(POINT(1 2),GEOMETRYCOLLECTION(LINESTRING(0 0,1 1)))",
             "GEOMETRYCOLLECTION EMPTY"]
    yield from (f"ST_GeomFromText('{text}', {srid})" for text in texts)


# Stored though no function makes them: an SRID that nobody knows, NaN, an open ring, latitude 500.
RAW = ["0x3F420F00" "0101000000" "000000000000F03F" "0000000000000040",
       "0x00000000" "0101000000" "000000000000F87F" "0000000000000080",
       "0x00000000" "0103000000" "01000000" "04000000" + "00" * 64,
       "0xE6100000" "0101000000" "0000000000407F40" "0000000000407F40"]


def shapes(first):
    number = first
    for srid in SRIDS:
        for geometry in geometries(srid):
            s = "ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))', 3857)" if number % 2 else "NULL"
            yield (f"INSERT INTO shapes VALUES ({number}, {geometry}, "
                   f"ST_GeomFromText('POINT({number % 80} {-(number % 170)})', 4326), {s}, POINT(-0e0, 1e-300))")
            yield f"INSERT INTO keyless_shapes VALUES ({geometry}, POINT({number}, 0.1))"
            number += 1
    for raw in RAW:
        yield (f"INSERT INTO shapes VALUES ({number}, {raw}, ST_GeomFromText('POINT(0 0)', 4326), NULL, NULL)")
        yield f"INSERT INTO keyless_shapes VALUES ({raw}, NULL), ({raw}, NULL)"
        number += 1


def vectors(first):
    values = ["'[1,2,3]'", "'[0.1,-0.0,2]'", "'[3.4028235e38,-3.4028235e38,1.17549435e-38]'", "'[7]'"]
    for number, value in enumerate(values):
        yield (f"INSERT INTO vectors VALUES ({first + number}, STRING_TO_VECTOR({value}), "
               f"REPEAT(x'CDCCCC3D', {[1, 2048, 2049, 16383][number]}), REPEAT(x'00000080', {number + 2045}))")
    yield f"INSERT INTO vectors VALUES ({first + len(values)}, NULL, NULL, NULL)"
    # The smallest subnormal number.
    yield f"INSERT INTO vectors VALUES ({first + len(values) + 1}, x'01000000', x'0100008001000000', NULL)"
    yield ("INSERT INTO keyless_vectors VALUES (STRING_TO_VECTOR('[0,1]'), 1), (STRING_TO_VECTOR('[-0.0,1]'), 1), "
           "(STRING_TO_VECTOR('[0,1]'), 1), (NULL, 1), (NULL, 1), (STRING_TO_VECTOR('[1]'), 2)")
