UPDATE by_range SET d = '2030-01-01' WHERE d = '2005-01-01';
INSERT INTO by_columns VALUES (10, 'l', 1000), (10, 'n', 1001);
UPDATE by_list SET b = 99 WHERE a = 200;
UPDATE by_hash SET a = -a WHERE a > 1050;
UPDATE by_key SET a = a + 5000 WHERE s = 's3';
UPDATE keyless_parts SET a = NULL WHERE a = 50 LIMIT 1;
INSERT INTO by_old_key VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'É', 4), (5, '', 5);
