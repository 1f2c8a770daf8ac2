USE views;
INSERT INTO t (n, a, b) VALUES ('one', 1, 0), ('two ', 0, 2), (NULL, NULL, 3), ('a_b', 4, NULL);
INSERT INTO article VALUES (1, 'about', 'a migration'), (2, 'other', 'nothing');
INSERT INTO gone_soon VALUES (1), (2);
