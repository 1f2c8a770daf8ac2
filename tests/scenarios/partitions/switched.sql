UPDATE by_range SET d = '2001-01-01' WHERE d = '2030-01-01';
UPDATE by_columns SET b = CONCAT(b, 'zz') WHERE v >= 1000;
UPDATE by_list SET b = 1 WHERE b = 3;
DELETE FROM by_hash WHERE a % 2 = 0;
UPDATE by_key SET s = 's4' WHERE s = 's5';
INSERT INTO keyless_parts VALUES (1, 1), (1, 1);
UPDATE keyless_parts SET a = 100 WHERE a = 1 LIMIT 1;
UPDATE by_old_key SET s = CONCAT(s, 'x'), v = v + 1;
