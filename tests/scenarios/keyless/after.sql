INSERT INTO plain VALUES (1, 'a');
BEGIN;
UPDATE plain SET y = 'c' WHERE x = 1 AND BINARY y = 'a' LIMIT 1;
INSERT INTO plain VALUES (1, 'a'), (1, 'c');
DELETE FROM plain WHERE x = 1 AND BINARY y = 'c' LIMIT 1;
COMMIT;
UPDATE indexed SET y = NULL WHERE x = 1;
DELETE FROM nullable WHERE x IS NULL AND y IS NULL LIMIT 1;
UPDATE awkward SET d = 0.30000000000000004, f = 0.3 WHERE d IS NULL;
UPDATE one_column SET x = 9 WHERE x = 1 LIMIT 7;
INSERT INTO empty_ SELECT x, x FROM one_column LIMIT 50;
DELETE FROM emptied;
-- Zeros of both signs are equal, and not the same.
INSERT INTO zeros VALUES (0, 0), (0, 0);
UPDATE zeros SET d = -d, f = -f;
UPDATE zeros SET d = -d LIMIT 2;
