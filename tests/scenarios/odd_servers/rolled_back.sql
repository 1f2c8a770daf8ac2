UPDATE many SET v = 'back' WHERE id BETWEEN 10 AND 20;
DELETE FROM keyless WHERE v = 'new' LIMIT 1;
INSERT INTO auto_ (v) VALUES (8);
UPDATE values_ SET f = f * 3, c = 'c' WHERE id < 4;
