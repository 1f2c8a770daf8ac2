SET sql_mode = '', sql_safe_updates = 0;
UPDATE many SET v = CONCAT(v, ' after') WHERE id > 300;
DELETE FROM keyless WHERE v = 'k2' LIMIT 9;
DELETE FROM keyless WHERE v IS NULL LIMIT 1;
INSERT INTO auto_ (v) VALUES (5), (6);
UPDATE values_ SET c = '  a ', b = '\0', vb = '' WHERE id = 2;
INSERT INTO values_ (id, c, v, first_) VALUES (20, 'a\\', '\\', NULL);
UPDATE parts SET id = id + 1000 WHERE id > 120;
