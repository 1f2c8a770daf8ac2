INSERT INTO keyed (u, v) VALUES (NULL, 'back');
DELETE FROM keyless LIMIT 3;
INSERT INTO archived (v) VALUES ('back');
UPDATE fleeting SET v = 'back' WHERE id = 7;
INSERT INTO inno (id, v) SELECT MAX(id) + 1, 0 FROM inno x;
