INSERT INTO stamps (id, first, second, nullable, note) VALUES (30, '2023-10-29 12:30:00', '0000-00-00 00:00:00', '1970-01-01 11:00:01', 'zone kept');
UPDATE stamps SET note = 'by the new server' WHERE id IN (1, 2);
INSERT INTO moments VALUES (30, '2020-02-31', '0000-00-00', '2020-00-00 00:00:00', '2020-00-00 12:34:56.7', NULL, '9999-12-31 23:59:59.999999', '-838:59:59', '-00:00:00.01', '-00:00:00.000001', 0, 2000);
UPDATE moments SET y = 0, t6 = '-00:00:00.1', dn = '2021-02-31' WHERE id IN (2, 3);
INSERT INTO fractions SELECT id + 30, t6, t6, t6, t6, t6, t6, t6, d6, d6, d6, d6, d6, d6, d6, s6, s6, s6, s6, s6, s6, s6 FROM fractions WHERE id < 5;
DELETE FROM fractions WHERE t5 = '-01:00:00.00001';
INSERT INTO by_date VALUES ('0000-00-00', '-838:59:59', 30);
UPDATE by_stamp SET s = s, v = v + 1;
UPDATE keyless_moments SET d = '2020-02-31' WHERE y = 2155;
