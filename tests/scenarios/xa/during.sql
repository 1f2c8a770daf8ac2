XA START 'across the load', 'b', 7;
UPDATE account SET balance = balance + 1, note = 'across' WHERE id < 10;
INSERT INTO keyless VALUES ('across the load');
INSERT INTO log (what) VALUES ('across the load');
XA END 'across the load', 'b', 7;
XA PREPARE 'across the load', 'b', 7;
-- @session undone
XA START 'undone';
DELETE FROM account WHERE id = 11;
INSERT INTO log (what) VALUES ('undone');
XA END 'undone';
XA PREPARE 'undone';
-- @close undone
-- @session main
XA START 'quick';
UPDATE account SET balance = balance + 1, note = 'quick' WHERE id = 20;
XA END 'quick';
XA PREPARE 'quick';
XA COMMIT 'quick';
