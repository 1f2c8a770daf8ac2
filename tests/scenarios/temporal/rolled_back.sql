INSERT INTO stamps (id, first, second, nullable, note) VALUES (40, '2023-10-29 12:30:00', '0000-00-00 00:00:00', '1970-01-01 11:00:01', 'zone kept');
UPDATE moments SET t2 = '-00:00:00.01' WHERE id = 30;
DELETE FROM keyless_moments;
