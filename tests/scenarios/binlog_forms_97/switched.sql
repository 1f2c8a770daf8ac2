-- @session again2
UPDATE t SET a = a + 1 WHERE id < 20;
DELETE FROM parent WHERE id = 1;
INSERT INTO parent VALUES (1, 5);
-- @session root-target
USE binlog_forms_97;
SET SESSION binlog_transaction_compression = ON;
UPDATE big SET v = 'new side';
