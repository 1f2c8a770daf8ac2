UPDATE t SET a = a + 1 WHERE id < 20;
-- @session root-source
SET GLOBAL binlog_row_image = 'MINIMAL';
FLUSH BINARY LOGS;
FLUSH BINARY LOGS;
-- @session main
DELETE FROM t WHERE id = 30;
UPDATE child SET v = 99 WHERE p = 3;
DELETE FROM parent WHERE id = 4;
UPDATE parent SET id = 105 WHERE id = 5;
UPDATE keyless SET b = 'during' WHERE a < 3;
