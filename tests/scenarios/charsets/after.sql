SET NAMES latin1;
INSERT INTO texts (id, l1) VALUES (20, 0xE9);
UPDATE texts SET l1 = '\xe9' WHERE id = 5;
SET NAMES utf8mb4;
INSERT INTO texts SELECT id + 20, l1, l1c, cp, u3, u4, u4g, gb, sj, b5, uc, u16, u32, asc_, bin, tt, tx, mt, lt, e, s FROM texts WHERE id <= 5;
UPDATE texts SET e = 'ö', s = 'ž', lt = REPEAT('😀\\', 1000) WHERE id = 1;
UPDATE blanks SET t = CONCAT(t, ' '), v = CONCAT(v, '\0');
UPDATE keyless_texts SET u = _gbk 0x9F5C WHERE u IS NULL;
