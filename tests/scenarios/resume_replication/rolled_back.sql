UPDATE account SET v = v + 1;
-- @repeat 20
INSERT INTO journal (v) SELECT SUM(v) FROM account;
-- @repeat 10
INSERT INTO keyless VALUES (7);
DELETE FROM keyless WHERE x = 7 LIMIT 3;
UPDATE keyless SET x = 8 WHERE x = 7 LIMIT 1;
UPDATE moving SET id = id + 1000 ORDER BY id DESC;
-- @repeat 10
UPDATE account SET v = v + 1 WHERE id < 10;
BEGIN;
UPDATE account SET v = v + 1 WHERE id = 50;
INSERT INTO keyless VALUES (9);
COMMIT;
