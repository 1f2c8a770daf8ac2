UPDATE texts SET lt = CONCAT('é', IFNULL(lt, '')), tx = _gbk 0x815C WHERE id < 30;
INSERT INTO blanks VALUES (30, 'x ', 'x ', 'x ', 'x ');
DELETE FROM keyless_texts LIMIT 1;
