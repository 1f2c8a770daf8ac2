BEGIN;
UPDATE account SET balance = balance + 1;
COMMIT;
DELETE FROM big WHERE id < 5000;
