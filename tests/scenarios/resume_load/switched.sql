UPDATE wide SET v = v + 1 WHERE id < 100;
DELETE FROM parent WHERE id = 201;
DELETE FROM keyless WHERE x = 3 LIMIT 1;
DELETE FROM owner WHERE id = 61;
