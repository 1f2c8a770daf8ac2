-- @session again3
UPDATE t SET a = a + 1 WHERE id < 20;
DELETE FROM parent WHERE id = 2;
INSERT INTO parent VALUES (2, 5);
