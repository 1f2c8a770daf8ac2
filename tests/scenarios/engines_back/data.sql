USE engines_back;
INSERT INTO inno (v) VALUES (1), (2), (3), (4);
INSERT INTO keyed (u, v) VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e');
INSERT INTO keyless VALUES (1, 'a'), (1, 'a'), (2, 'b');
INSERT INTO fleeting VALUES (1, 0), (2, 0), (3, 0);
INSERT INTO archived (v) VALUES (1), (2);
