CREATE DATABASE binary_types CHARACTER SET utf8;
USE binary_types;
CREATE TABLE bytes_ (
  id INT NOT NULL PRIMARY KEY, b1 BINARY(1), b8 BINARY(8) NOT NULL DEFAULT 'x', b255 BINARY(255), vb VARBINARY(300),
  tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB NOT NULL
) ENGINE=InnoDB;
CREATE TABLE bits (id INT NOT NULL PRIMARY KEY, one BIT, two BIT(2), seven BIT(7), nine BIT(9), b31 BIT(31), b64 BIT(64) NOT NULL DEFAULT b'1') ENGINE=InnoDB;
CREATE TABLE choices (
  id INT NOT NULL PRIMARY KEY,
  e ENUM('c', 'a', 'b', '10', '2', 'it''s', 'back\\slash', 'é') NOT NULL DEFAULT 'a', en ENUM('x'),
  s SET('c', 'a', 'b', '1') NOT NULL DEFAULT '', s64 SET('a0','a1','a2','a3','a4','a5','a6','a7','a8','a9','b0','b1','b2','b3','b4','b5','b6','b7','b8','b9','c0','c1','c2','c3','c4','c5','c6','c7','c8','c9','d0','d1','d2','d3','d4','d5','d6','d7','d8','d9','e0','e1','e2','e3','e4','e5','e6','e7','e8','e9','f0','f1','f2','f3','f4','f5','f6','f7','f8','f9','g0','g1','g2','g3')
) ENGINE=InnoDB;
CREATE TABLE by_binary (k BINARY(16) NOT NULL PRIMARY KEY, v INT) ENGINE=InnoDB;
CREATE TABLE by_varbinary (k VARBINARY(16) NOT NULL, bit_ BIT(8) NOT NULL, v INT, PRIMARY KEY (k, bit_)) ENGINE=InnoDB;
CREATE TABLE by_enum (e ENUM('z', 'y', 'x') NOT NULL, n INT NOT NULL, v INT, PRIMARY KEY (e, n)) ENGINE=InnoDB;
CREATE TABLE shapes (id INT NOT NULL PRIMARY KEY, g GEOMETRY, p POINT NOT NULL, poly POLYGON) ENGINE=InnoDB;
CREATE TABLE keyless_bytes (b BINARY(4), v VARBINARY(10), bit_ BIT(5), e ENUM('a', 'b'), bl BLOB) ENGINE=InnoDB;
CREATE TABLE defaults_ (
  id INT NOT NULL PRIMARY KEY, b BINARY(8) NOT NULL DEFAULT x'289bfd92', v VARBINARY(16) NOT NULL DEFAULT x'80', z VARBINARY(16) DEFAULT x'6100ff5c2700'
) ENGINE=InnoDB;
