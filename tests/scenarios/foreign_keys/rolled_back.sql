DELETE FROM customer WHERE id = 602;
UPDATE customer SET id = 1053 WHERE id = 53;
DELETE FROM orders WHERE id = 56;
DELETE FROM tree WHERE id = 83;
DELETE FROM chicken;
-- Keys that change in their case only, and what is left of others when one column of a key changes.
UPDATE word SET k = 'J' WHERE k = 'j';
UPDATE word SET k = 'K', n = 1 WHERE k = 'k';
BEGIN;
UPDATE word SET k = 'j ', n = 2 WHERE k = 'j';
UPDATE word_child SET v = 3 WHERE k = 'j';
UPDATE word_keyless SET v = 3 WHERE k = 'j';
UPDATE word SET k = 'J', n = 3 WHERE k = 'j';
COMMIT;
UPDATE word SET k = 'new k', n = 4 WHERE k = 'k';
UPDATE wide SET a = 'J', n = 1 WHERE a = 'j';
UPDATE wide SET a = 'new k' WHERE a = 'k';
UPDATE wide SET b = 'X', n = 1 WHERE a = 'l';
