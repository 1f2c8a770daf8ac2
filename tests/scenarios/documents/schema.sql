CREATE DATABASE documents;
USE documents;
CREATE TABLE docs (id INT PRIMARY KEY, j JSON, note VARCHAR(30), k JSON);
CREATE TABLE keyless_docs (n INT, j JSON);
CREATE TABLE derived (
  id INT PRIMARY KEY,
  j JSON NOT NULL DEFAULT (JSON_ARRAY()),
  name VARCHAR(50) GENERATED ALWAYS AS (j ->> '$.name') STORED,
  price DECIMAL(10,2) GENERATED ALWAYS AS (j -> '$.price') VIRTUAL,
  KEY (name), UNIQUE KEY code ((CAST(j ->> '$.code' AS CHAR(20)))),
  KEY tags ((CAST(j -> '$.tags' AS UNSIGNED ARRAY)))
);
-- The names that flyover's own SQL could meet.
CREATE TABLE names (n INT PRIMARY KEY, m JSON, o JSON, p JSON, v JSON, t JSON);
CREATE TABLE shapes (
  id INT PRIMARY KEY, g GEOMETRY, p POINT NOT NULL SRID 4326, s POLYGON SRID 3857, z GEOMETRY SRID 0,
  SPATIAL KEY (p)
);
CREATE TABLE keyless_shapes (g GEOMETRY, p POINT);
CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3), big VECTOR(16383), d VECTOR);
CREATE TABLE keyless_vectors (v VECTOR(2), n INT);
-- Columns of every kind, from which documents take their bytes.
CREATE TABLE sources (
  tu TINYINT UNSIGNED, bu BIGINT UNSIGNED, de DECIMAL(10,2), f FLOAT, bt BIT(12), b64 BIT(64), y YEAR,
  da DATE, ti TIME(6), dt DATETIME(6), ts TIMESTAMP(6) NULL, bi BINARY(3), b0 BINARY(0), vb VARBINARY(9), bl BLOB,
  mb MEDIUMBLOB, lb LONGBLOB, e ENUM('a','b'), g POINT
);
INSERT INTO sources VALUES (200, 5, 1.50, 1.1, b'101100000001', ~0, 2020, '2020-01-02', '-838:59:58.123456',
  '2020-01-02 03:04:05.123456', '2020-01-02 03:04:05.123456', 'b', '', 'vb', x'00ff', 'mb', x'27005c', 'b', POINT(1, 2));
