UPDATE computed SET a = a + 10000 WHERE a < 0;
DELETE FROM key_is_computed WHERE k > 1000;
UPDATE unique_is_computed SET a = a + 1;
DELETE FROM gipk WHERE v = 30 LIMIT 1;
UPDATE functional SET n = n + 1 WHERE id > 150 ORDER BY id DESC;
-- @error 3819
UPDATE checked SET b = 100 WHERE id = 1;
INSERT INTO defaults () VALUES ();
