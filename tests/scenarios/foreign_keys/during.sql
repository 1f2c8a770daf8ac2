DELETE FROM customer WHERE id IN (11, 12);
UPDATE customer SET id = 1013 WHERE id = 13;
UPDATE customer SET code = 'C14x' WHERE id = 14;
UPDATE customer SET name = 'same key' WHERE id = 15;
DELETE FROM orders WHERE id = 16;
UPDATE orders SET id = 2017 WHERE id = 17;
INSERT INTO customer VALUES (500, 'c500', 'new');
INSERT INTO orders VALUES (5000, 500, 1), (5001, 500, 2);
INSERT INTO line VALUES (5000, 1, 1), (5001, 1, 1);
INSERT INTO keyless_child VALUES (5000, 1), (5000, 1), (5001, NULL);
DELETE FROM customer WHERE id = 500;
DELETE FROM tree WHERE id = 80;
-- @error 1451
DELETE FROM orders WHERE id = 150;
DELETE FROM egg WHERE id = 1;
INSERT INTO loose_parent VALUES (4, 4);
INSERT INTO loose_child VALUES (4, 4);
-- A child moves to another parent, and its former parent goes, in one transaction.
BEGIN;
UPDATE orders SET customer_id = 21 WHERE customer_id = 20;
DELETE FROM customer WHERE id = 20;
COMMIT;
-- The parent comes back under its old key.
BEGIN;
DELETE FROM customer WHERE id = 22;
INSERT INTO customer VALUES (22, 'c22', 'again');
INSERT INTO orders VALUES (5022, 22, 1);
COMMIT;
REPLACE INTO customer VALUES (24, 'c24', 'replaced');
INSERT INTO customer VALUES (25, 'c25', 'x') ON DUPLICATE KEY UPDATE name = 'upserted';
SET foreign_key_checks = 0;
INSERT INTO line VALUES (9999, 1, 1);
DELETE FROM orders WHERE id = 40;
SET foreign_key_checks = 1;
-- Keys that change in their case only, and what is left of others when one column of a key changes.
UPDATE word SET k = 'A' WHERE k = 'a';
UPDATE word SET k = 'B', n = 1 WHERE k = 'b';
BEGIN;
UPDATE word SET k = 'a ', n = 2 WHERE k = 'a';
UPDATE word_child SET v = 3 WHERE k = 'a';
UPDATE word_keyless SET v = 3 WHERE k = 'a';
UPDATE word SET k = 'A', n = 3 WHERE k = 'a';
COMMIT;
UPDATE word SET k = 'new b', n = 4 WHERE k = 'b';
UPDATE wide SET a = 'A', n = 1 WHERE a = 'a';
UPDATE wide SET a = 'new b' WHERE a = 'b';
UPDATE wide SET b = 'X', n = 1 WHERE a = 'c';
