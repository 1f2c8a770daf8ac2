UPDATE t SET a = a + 1 WHERE id < 20;
DELETE FROM parent WHERE id = 1;
INSERT INTO parent VALUES (1, 5);
