SET sql_mode = 'ALLOW_INVALID_DATES';
SET time_zone = '-03:00';
INSERT INTO stamps (id, first, second, nullable, precise, note) VALUES
  (10, '2023-10-28 22:30:00', '2023-10-28 23:30:00', NULL, '2023-10-28 22:30:00.000001', 'other zone');
UPDATE stamps SET second = '2011-11-11 11:11:11', note = 'fires on update' WHERE id = 2;
UPDATE stamps SET touched = '2001-01-01 00:00:00.001', first = first, note = 'set by hand' WHERE id = 3;
UPDATE moments SET t = '-00:00:01', t2 = '-00:00:00.99', t6 = '-99:59:59.000001' WHERE id = 5;
UPDATE moments SET d = '0000-00-00', dn = '2019-02-31', dt6 = '0000-00-00 00:00:00.000000' WHERE id = 6;
INSERT INTO moments (id) VALUES (10);
INSERT INTO fractions SELECT id + 10, t6, t6, t6, t6, t6, t6, t6, d6, d6, d6, d6, d6, d6, d6, s6, s6, s6, s6, s6, s6, s6 FROM fractions;
UPDATE fractions SET t4 = '-00:00:00.0001', t5 = '-01:00:00.00001', d5 = '1000-01-01 00:00:00.99999', s4 = '2000-01-01 00:00:00.0001' WHERE id = 3;
UPDATE by_date SET d = '2020-00-16' WHERE d = '2020-00-15';
DELETE FROM by_date WHERE t = '-01:00:00.001';
UPDATE by_stamp SET s = '2023-10-28 23:45:00.25' WHERE v = 2;
DELETE FROM keyless_moments WHERE y = 0 LIMIT 1;
