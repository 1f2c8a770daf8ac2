DELETE FROM blobs WHERE id = 20;
DELETE FROM keyless_large WHERE v = 9 LIMIT 1;
UPDATE blobs SET t = REPEAT('ž', 100000) WHERE id = 5;
