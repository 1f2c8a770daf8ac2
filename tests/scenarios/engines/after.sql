-- A statement that fails half way leaves the rows before.
-- @error 1062
INSERT INTO keyed (id, u, v) VALUES (100001, 100001, 'torn'), (100002, 100002, 'torn'), (100003, 100001, 'never');
-- @error 1062
UPDATE keyed SET u = IF(id = 1, 2, id + 200000) WHERE id IN (100001, 100002, 1) ORDER BY id DESC;
-- Rows of both kinds of engine in one transaction, taken back and not.
BEGIN;
INSERT INTO inno VALUES (10, 10);
INSERT INTO keyed (id, u, v) VALUES (100010, 100010, 'stays');
INSERT INTO keyless VALUES (10, 'stays');
INSERT INTO inno VALUES (11, 11);
ROLLBACK;
BEGIN;
INSERT INTO keyed (id, u, v) VALUES (100011, 100011, 'commit');
INSERT INTO inno VALUES (12, 12);
UPDATE keyed SET v = 'commit 2' WHERE id = 100011;
INSERT INTO fleeting VALUES (12, 'commit');
COMMIT;
BEGIN;
INSERT INTO inno VALUES (20, 20);
SAVEPOINT a;
INSERT INTO keyed (id, u, v) VALUES (100020, NULL, 'behind the savepoint');
INSERT INTO inno VALUES (21, 21);
ROLLBACK TO a;
INSERT INTO inno VALUES (22, 22);
COMMIT;
-- Temporary tables of both kinds, made and dropped between and inside of transactions.
-- @session temporary
BEGIN;
INSERT INTO inno VALUES (30, 30);
CREATE TEMPORARY TABLE t1 (v INT) ENGINE=MyISAM;
INSERT INTO t1 VALUES (31), (32);
INSERT INTO keyless SELECT v, 'from t1' FROM t1;
INSERT INTO inno SELECT v, v FROM t1;
ROLLBACK;
CREATE TEMPORARY TABLE t2 (v INT) ENGINE=InnoDB;
BEGIN;
INSERT INTO t2 VALUES (33);
INSERT INTO inno SELECT v, v FROM t2;
DROP TEMPORARY TABLE t2;
INSERT INTO keyed (id, u, v) VALUES (100033, NULL, 'beside t2');
COMMIT;
BEGIN;
CREATE TEMPORARY TABLE inno_copy LIKE inno;
INSERT INTO inno_copy SELECT * FROM inno;
UPDATE inno, inno_copy SET inno.v = inno_copy.v + 100 WHERE inno.id = inno_copy.id;
DROP TEMPORARY TABLE inno_copy, t1;
COMMIT;
-- @session main
-- One statement for both kinds, and a trigger whose rows stay when its statement fails.
UPDATE keyed JOIN inno ON inno.id = 12 AND keyed.id = 100011 SET keyed.v = 'joined', inno.v = 1200;
-- @error 1062
INSERT INTO inno VALUES (40, 40), (41, 41), (12, 12);
BEGIN;
INSERT INTO inno VALUES (42, 42);
ROLLBACK;
DELETE keyed, inno FROM keyed JOIN inno WHERE keyed.id = 100010 AND inno.id = 22;
LOCK TABLES keyed WRITE, keyless WRITE;
INSERT INTO keyed (id, v) VALUES (100050, 'locked');
DELETE FROM keyless LIMIT 5;
UNLOCK TABLES;
REPLACE INTO keyed (id, u, v) VALUES (100060, 100011, 'replaced');
INSERT INTO keyed (id, u, v) VALUES (100060, 1, 'x') ON DUPLICATE KEY UPDATE v = 'updated';
UPDATE keyed SET u = NULL WHERE id = 2;
UPDATE keyed SET u = 2 WHERE id = 1;
UPDATE keyed SET u = 1 WHERE id = 2;
UPDATE places SET g = GeomFromText('POINT(9 9)') WHERE id = 1;
DELETE FROM places WHERE id = 2;
INSERT INTO archived (v) VALUES ('after');
INSERT INTO archived (id, v) VALUES (10000000, 'far');
INSERT INTO archived_keyless VALUES (2, 'after'), (2, 'after');
DELETE FROM commas WHERE n = 3;
INSERT INTO commas VALUES ('x\ny', 4);
UPDATE fixed_ SET a = 'c' WHERE a = 'b';
DELETE FROM packed WHERE a = 1;
UPDATE long_keys SET a = REPEAT('é', 333) WHERE id = 1;
UPDATE parts SET d = '1990-01-01' WHERE id = 3;
DELETE FROM fleeting WHERE id = 1;
DELETE FROM fleeting_keyless WHERE v = 1 LIMIT 1;
UPDATE latin SET id = 'A' WHERE id = 'a';
INSERT INTO empty_ VALUES (1), (2);
DELETE FROM empty_;
