INSERT INTO keyed (u, v) VALUES (6, 'after');
-- @restart source
INSERT INTO fleeting VALUES (10, 1), (11, 1);
UPDATE keyed SET v = 'after the restart' WHERE u = 6;
