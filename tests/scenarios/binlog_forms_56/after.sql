-- @session root-source
USE binlog_forms_56;
SET GLOBAL binlog_checksum = 'CRC32';
-- @session main
UPDATE t SET a = a + 1, blb = REPEAT('b', 500) WHERE id < 20;
INSERT INTO t (b) VALUES ('defaults');
-- @session root-source
SET SESSION binlog_row_image = 'FULL';
UPDATE t SET a = a + 1 WHERE id < 10;
SET GLOBAL binlog_checksum = 'NONE';
UPDATE t SET a = a + 1 WHERE id < 10;
SET SESSION binlog_row_image = 'NOBLOB';
UPDATE t SET a = a + 1, u = u + 1000 WHERE id < 10;
SET GLOBAL binlog_checksum = 'CRC32';
INSERT INTO big SELECT a.d * 10000 + b.d * 1000 + c.d * 100 + d.d * 10 + e.d, REPEAT(e.d, 100) FROM digit a JOIN digit b JOIN digit c JOIN digit d JOIN digit e WHERE a.d < 2;
FLUSH LOGS;
SELECT a, CONCAT('file ', b) FROM t WHERE id BETWEEN 40 AND 60 INTO OUTFILE '../forms.txt';
LOAD DATA INFILE '../forms.txt' INTO TABLE t (a, b);
-- @session main
BEGIN;
DELETE FROM big WHERE id % 3 = 0;
SAVEPOINT s;
DELETE FROM big;
ROLLBACK TO s;
UPDATE big SET v = 'kept' WHERE id < 100;
COMMIT;
INSERT INTO t (a, b) SELECT a, CONCAT('from ', b) FROM t WHERE id BETWEEN 70 AND 90;
INSERT INTO keyless (a) VALUES (5), (5);
DELETE FROM keyless WHERE a = 5 LIMIT 1;
CREATE TEMPORARY TABLE scratch (a INT);
INSERT INTO scratch VALUES (1), (2);
INSERT INTO keyless (a) SELECT a FROM scratch;
DROP TEMPORARY TABLE scratch;
INSERT INTO parent VALUES (30, 1), (31, 1), (32, 1);
INSERT INTO child (p, v) VALUES (30, 1), (31, 1), (31, 2), (32, 1);
DELETE FROM parent WHERE id = 30;
UPDATE parent SET id = 131 WHERE id = 31;
DELETE parent, child FROM parent JOIN child ON child.p = parent.id WHERE parent.id IN (32, 5);
SET foreign_key_checks = 0, unique_checks = 0;
INSERT INTO orphan VALUES (1, 777, 1), (2, NULL, 2);
UPDATE parent SET id = 106 WHERE id = 6;
DELETE FROM parent WHERE id = 7;
SET foreign_key_checks = 1, unique_checks = 1;
-- @session gone
CREATE TEMPORARY TABLE left_behind (a INT);
INSERT INTO left_behind VALUES (1);
-- @close gone
-- @session main
UPDATE t SET a = 0 WHERE id = 1;
