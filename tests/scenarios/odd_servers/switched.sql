SET sql_mode = '', sql_safe_updates = 0;
UPDATE many SET v = 'switched' WHERE id < 10;
INSERT INTO keyless VALUES ('new', 1, '00:00:00.000001'), ('new', 1, '00:00:00.000001');
DELETE FROM keyless WHERE v = 'k0' LIMIT 9;
INSERT INTO auto_ (v) VALUES (7);
UPDATE values_ SET s = '2025-06-01 12:00:00.25', d = '2021-00-15' WHERE id = 1;
DELETE FROM parts WHERE id > 1000;
