SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+11:00';
INSERT INTO stamps (id, first, second, note) VALUES (20, '1970-01-01 11:00:01', '0000-00-00 00:00:00', 'epoch');
UPDATE stamps SET precise = '2038-01-19 14:14:07.5' WHERE id = 1;
UPDATE moments SET dt3 = '1000-01-01 00:00:00.999', y = 0, y2 = 99 WHERE id = 2;
INSERT INTO moments VALUES (20, '2020-02-30', '0000-01-01', '0000-01-01 00:00:00', NULL, NULL, '1001-01-01 00:00:00.5', '-838:59:59', '-00:00:00.5', '838:59:58.999999', 0, 5);
UPDATE by_date SET v = v + 10;
UPDATE keyless_moments SET t = '-00:00:00.5' WHERE t = '00:00:00.000001';
INSERT INTO by_date VALUES ('2020-02-31', '00:00:01', 1), ('2020-04-31', '-00:00:01', 2);
UPDATE by_date SET v = v + 1 WHERE v = 2;
