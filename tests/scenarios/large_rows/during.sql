UPDATE blobs SET v = 100 WHERE id = 2;
INSERT INTO blobs VALUES (10, 10, REPEAT(0x27, 17000000), 'x');
UPDATE many SET b = CONCAT(b, 0x00) WHERE id < 4;
DELETE FROM many WHERE id = 5;
UPDATE keyless_large SET v = 3 WHERE v = 1 LIMIT 1;
