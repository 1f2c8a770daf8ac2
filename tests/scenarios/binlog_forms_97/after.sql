-- @session root-source
USE binlog_forms_97;
SET GLOBAL binlog_checksum = 'NONE';
-- @session main
UPDATE t SET a = a + 1, blb = REPEAT('b', 500) WHERE id < 20;
INSERT INTO t (b) VALUES ('defaults');
INSERT INTO t () VALUES ();
-- @session root-source
SET SESSION gtid_next = 'AUTOMATIC:blue';
UPDATE t SET a = a + 1 WHERE id < 10;
SET SESSION gtid_next = 'AUTOMATIC';
SET SESSION binlog_row_image = 'FULL';
SET GLOBAL binlog_checksum = 'CRC32';
UPDATE t SET a = a + 1 WHERE id < 10;
SET SESSION binlog_row_image = 'NOBLOB';
UPDATE t SET a = a + 1, u = u + 1000 WHERE id < 10;
SET SESSION binlog_transaction_compression = OFF;
UPDATE t SET blb = REPEAT('c', 20000000) WHERE id = 2;
SET SESSION binlog_transaction_compression = ON;
UPDATE t SET blb = REPEAT('d', 20000000) WHERE id = 3;
SET SESSION binlog_row_image = 'MINIMAL';
SET GLOBAL gtid_mode = 'ON_PERMISSIVE';
UPDATE t SET a = a + 1 WHERE id < 10;
SET GLOBAL gtid_mode = 'OFF_PERMISSIVE';
UPDATE t SET a = a + 1 WHERE id < 10;
SET GLOBAL gtid_mode = 'OFF';
UPDATE t SET a = a + 1 WHERE id < 10;
SET GLOBAL binlog_row_metadata = 'MINIMAL';
UPDATE t SET a = a + 1 WHERE id < 10;
SET GLOBAL gtid_mode = 'OFF_PERMISSIVE';
SET GLOBAL gtid_mode = 'ON_PERMISSIVE';
UPDATE t SET a = a + 1 WHERE id < 10;
SET GLOBAL gtid_mode = 'ON';
INSERT INTO big SELECT a.d * 100000 + b.d * 10000 + c.d * 1000 + d.d * 100 + e.d * 10 + f.d, REPEAT(e.d, 60) FROM digit a JOIN digit b JOIN digit c JOIN digit d JOIN digit e JOIN digit f WHERE a.d < 1;
-- @session main
BEGIN;
DELETE FROM big WHERE id >= 1000;
SAVEPOINT s;
DELETE FROM big;
ROLLBACK TO s;
UPDATE big SET v = 'kept' WHERE id < 100;
COMMIT;
INSERT INTO keyless (a, j) VALUES (5, '{"a": 1}'), (5, NULL);
DELETE FROM keyless WHERE a = 5 LIMIT 1;
CREATE TEMPORARY TABLE scratch (a INT);
INSERT INTO scratch VALUES (1), (2);
INSERT INTO keyless (a) SELECT a FROM scratch;
DROP TEMPORARY TABLE scratch;
INSERT INTO parent VALUES (30, 1), (31, 1), (32, 1);
INSERT INTO child (p, v) VALUES (30, 1), (31, 1), (31, 2), (32, 1);
DELETE FROM parent WHERE id = 30;
UPDATE parent SET id = 131 WHERE id = 31;
DELETE parent, child FROM parent JOIN child ON child.p = parent.id WHERE parent.id IN (32, 6);
-- @restart source
-- @session again
UPDATE t SET a = a + 100 WHERE id > 50;
DELETE FROM parent WHERE id = 131;
