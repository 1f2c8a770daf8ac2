DELETE FROM customer WHERE id = 602;
UPDATE customer SET id = 1053 WHERE id = 53;
DELETE FROM orders WHERE id = 56;
DELETE FROM tree WHERE id = 83;
DELETE FROM chicken;
