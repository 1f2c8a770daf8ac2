USE charsets;
INSERT INTO texts VALUES
  (1, 'Füße', 'Straße', 'привет', 'žluťoučký kůň', '日本😀', '😀é', _gbk 0xB5C4815CD6D0, _sjis 0x955C8E6F835C, _big5 0xB75C, 'žx\\', '😀y', 'z😀', 'ascii', 'ÄäÀ',
   'tiny é', _gbk 0x815C815C27, 'a\'b"c\\d\0e', 'emoji 😀 \r\n\t\Z', 'ä', '日本'),
  -- UTF-8 bytes in a latin1 column, double encoded text, and every byte that escapes.
  (2, _latin1 0xC3BC626572, _latin1 0xC383C2BC, _cp1251 0x98A0FF, 'utf8', _utf8mb4 0xF09F9880C3A9, 'x', _gbk 0x5C27225C, _sjis 0x5C, _big5 0xA45C, _ucs2 0x005C0027, _utf16 0xD83DDE00005C, _utf32 0x0001F600, '\\\'"', 'A', '\\N', '\\', '\N', '', '', 'x y'),
  (3, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', ''),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (5, _latin1 0x8081828D8F909DFFA0, _latin1 0x80, _cp1251 0xB8A8, 'a', 'ﬀ', 'ß', 'x', 'x', 'x', 'x', 'x', 'x', 'NULL', 'a ', 'NULL', '\t\n\r\\', 'x', 'x', 'a,b', 'ž,日本,x y');
INSERT INTO blanks VALUES (1, 'a  ', 'a  ', 'a  ', 'a  '), (2, '  ', '  ', '  ', '  '), (3, '', '', '', ''), (4, NULL, NULL, NULL, NULL),
  (5, 'a\t', 'a\t', 'a\t ', 0x6100), (6, 'tab\there', ' lead', '\n', 0x20), (7, 'a', 'a\0', 'a\0 ', 0x00);
INSERT INTO by_gbk VALUES (_gbk 0x815C, 1), (_gbk 0x8140, 2), (_gbk 0x5C, 3), (_gbk 0xD6D0, 4), ('', 5);
INSERT INTO by_ucs2 VALUES ('\\', 1), ('ž', 2), ('', 3), ('a', 4);
INSERT INTO keyless_texts VALUES (_gbk 0x815C27, 'x'), (_gbk 0x815C27, 'x'), (_gbk 0x27, ''), (NULL, NULL), ('', _latin1 0xC3BC);
