-- @session first
-- @once yes
XA COMMIT 'across the load', 'b', 7;
-- @once yes
XA ROLLBACK 'undone';
XA START 'gone';
UPDATE account SET balance = balance + 1, note = CONCAT('gone ', id) WHERE id BETWEEN 30 AND 39;
INSERT INTO keyless VALUES ('gone');
XA END 'gone';
XA PREPARE 'gone';
-- @close first
-- @session second
UPDATE account SET balance = balance + 2 WHERE id BETWEEN 40 AND 49;
SELECT SLEEP(1.3);
UPDATE account SET balance = balance + 2 WHERE id BETWEEN 40 AND 49;
SELECT SLEEP(0.3);
XA COMMIT 'gone';
UPDATE account SET balance = balance * 2, note = NULL WHERE id = 30;
XA START 'one phase';
INSERT INTO keyless VALUES ('one phase');
XA END 'one phase';
XA COMMIT 'one phase' ONE PHASE;
XA START 'rolled back';
DELETE FROM account;
XA END 'rolled back';
XA PREPARE 'rolled back';
XA ROLLBACK 'rolled back';
XA START 'saved';
INSERT INTO keyless VALUES ('saved 1');
SAVEPOINT s;
INSERT INTO keyless VALUES ('lost');
ROLLBACK TO s;
INSERT INTO keyless VALUES ('saved 2');
XA END 'saved';
XA PREPARE 'saved';
XA COMMIT 'saved';
-- @session root-source
USE xa;
SET SESSION binlog_transaction_compression = ON;
XA START 'packed';
REPLACE INTO filler SELECT a.d * 1000 + b.d * 100 + c.d * 10 + d.d, REPEAT(a.d, 200) FROM digit a JOIN digit b JOIN digit c JOIN digit d;
XA END 'packed';
XA PREPARE 'packed';
XA COMMIT 'packed';
SET SESSION binlog_transaction_compression = OFF;
-- @session second
XA START 'large';
UPDATE filler SET v = REPEAT('x', 190);
XA END 'large';
XA PREPARE 'large';
UPDATE account SET balance = balance + 3 WHERE id = 50;
XA COMMIT 'large';
