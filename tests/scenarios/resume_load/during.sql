UPDATE counter SET v = v + 1 WHERE id = 1;
UPDATE wide SET v = v + 1 WHERE id % 37 = 0;
DELETE FROM wide WHERE id BETWEEN (SELECT v FROM counter) * 100 AND (SELECT v FROM counter) * 100 + 5;
INSERT INTO wide SELECT 100000 + v, v, 'new' FROM counter;
UPDATE wide SET id = id + 200000 WHERE id = (SELECT v * 50 + 7 FROM counter);
DELETE FROM parent WHERE id = (SELECT v FROM counter);
INSERT INTO parent SELECT 1000 + v, v FROM counter;
INSERT INTO child SELECT 1000 + v, 1000 + v FROM counter;
DELETE FROM keyless WHERE x = 1 LIMIT 1;
UPDATE keyless SET x = 77 WHERE x = 2 LIMIT 1;
INSERT INTO keyless VALUES (3, 3), (3, 3);
INSERT INTO grandchild SELECT 10000 + v, 1000 + v FROM counter;
-- The same parent again, with other children.
DELETE FROM owner WHERE id = 5;
INSERT INTO owner SELECT 5, v FROM counter;
INSERT INTO owned SELECT 5, v FROM counter;
DELETE FROM owner WHERE id = (SELECT v + 10 FROM counter);
