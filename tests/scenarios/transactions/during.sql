BEGIN;
INSERT INTO history (what) VALUES ('kept 1');
SAVEPOINT one;
INSERT INTO history (what) VALUES ('lost 1');
UPDATE account SET balance = 0;
ROLLBACK TO SAVEPOINT one;
INSERT INTO history (what) VALUES ('kept 2');
SAVEPOINT `two ``quoted`;
SAVEPOINT one;
DELETE FROM account;
ROLLBACK TO `two ``quoted`;
RELEASE SAVEPOINT `two ``quoted`;
COMMIT;
BEGIN;
UPDATE account SET balance = balance + 1;
ROLLBACK;
BEGIN;
COMMIT;
-- @session left
BEGIN;
UPDATE account SET balance = balance - 10 WHERE id = 1;
-- @session right
BEGIN;
UPDATE account SET balance = balance - 20 WHERE id = 2;
UPDATE account SET balance = balance + 20 WHERE id = 3;
-- @session left
UPDATE account SET balance = balance + 10 WHERE id = 4;
INSERT INTO history (what) VALUES ('left');
-- @session right
INSERT INTO history (what) VALUES ('right');
COMMIT;
-- @session left
COMMIT;
-- @session main
BEGIN;
INSERT INTO big SELECT a.d * 10000 + b.d * 1000 + c.d * 100 + d.d * 10 + e.d, 0, 'w' FROM digit a JOIN digit b JOIN digit c JOIN digit d JOIN digit e;
COMMIT;
BEGIN;
UPDATE account SET balance = balance + 5 WHERE id = 5;
UPDATE account SET balance = balance - 5 WHERE id = 6;
COMMIT;
BEGIN;
INSERT INTO history (what) VALUES ('lost 2');
ROLLBACK;
