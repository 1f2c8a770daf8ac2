USE keyless;
INSERT INTO plain VALUES (1, 'a'), (1, 'a'), (1, 'a'), (1, 'A'), (1, 'a '), (NULL, 'a'), (NULL, NULL), (NULL, NULL), (2, ''), (2, NULL), (3, 'three'), (3, 'three');
INSERT INTO indexed SELECT x, y FROM plain;
INSERT INTO indexed SELECT x, y FROM indexed;
INSERT INTO nullable VALUES (1, 1), (1, NULL), (1, NULL), (NULL, 1), (NULL, 1), (NULL, NULL), (NULL, NULL), (2, 2);
INSERT INTO awkward VALUES (0.1, 0.1, 1, 'text', 0x005C27, '0000-00-00', 'a'), (0.1, 0.1, 1, 'text', 0x005C27, '0000-00-00', 'a'),
  (1e20, -0e0, 1023, '', '', '2020-01-01', 'b'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL), (0, 0e0, 0, 'Text', 0x00, NULL, '');
INSERT INTO one_column VALUES (1), (1), (1), (1), (NULL), (NULL), (2);
INSERT INTO one_column SELECT a.x FROM one_column a JOIN one_column b JOIN one_column c;
INSERT INTO emptied VALUES (1), (1), (2);
INSERT INTO zeros VALUES (0, 0), (0, 0), (-0e0, 0), (1, -1);
