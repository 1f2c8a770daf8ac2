UPDATE t SET a = a + 1 WHERE id < 20;
-- @session root-source
SET GLOBAL binlog_row_image = 'MINIMAL';
FLUSH LOGS;
-- @session main
DELETE FROM t WHERE id = 30;
INSERT INTO parent VALUES (20, 1), (21, 1);
UPDATE child SET v = 99 WHERE p = 3;
DELETE FROM parent WHERE id = 4;
UPDATE keyless SET b = 'during' WHERE a < 3;
