XA START 'new side';
UPDATE account SET balance = balance + 5 WHERE id BETWEEN 60 AND 69;
XA END 'new side';
XA PREPARE 'new side';
-- @session other
UPDATE account SET balance = balance + 7 WHERE id BETWEEN 70 AND 79;
SELECT SLEEP(1.3);
UPDATE account SET balance = balance + 7 WHERE id BETWEEN 70 AND 79;
SELECT SLEEP(0.3);
-- @session main
XA COMMIT 'new side';
XA START 'new side 2';
DELETE FROM account WHERE id = 99;
XA END 'new side 2';
XA PREPARE 'new side 2';
XA ROLLBACK 'new side 2';
