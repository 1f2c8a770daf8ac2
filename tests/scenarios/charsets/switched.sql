INSERT INTO texts (id, l1, gb, sj, uc, u4, u32, lt) VALUES (50, _latin1 0xC3A4FF80, _gbk 0x815C5C, _sjis 0x955C, _ucs2 0x00270022, '😀\'"\\', '😀', '\0\\');
UPDATE texts SET l1 = _latin1 0xC3BC, gb = _gbk 0x925C WHERE id IN (1, 2, 3);
UPDATE blanks SET c = 'c', v = '  ', t = '', vb = 0x00000020;
UPDATE by_gbk SET k = _gbk 0x835C WHERE k = _gbk 0x8140;
DELETE FROM by_ucs2 WHERE k = '\\';
UPDATE keyless_texts SET v = '' WHERE u = _gbk 0x9F5C;
