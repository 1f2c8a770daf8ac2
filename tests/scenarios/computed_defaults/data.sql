USE computed_defaults;
INSERT INTO random_id VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO random_number VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO moment VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO bag VALUES ('a'), ('a'), ('b');
INSERT INTO plain_default VALUES (1), (2);
INSERT INTO parent VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6);
INSERT INTO child VALUES (11, 1), (12, 1), (21, 2), (31, 3), (41, 4), (51, 5), (61, 6);
INSERT INTO grandchild VALUES (111, 11), (121, 12), (211, 21), (311, 31), (411, 41), (511, 51), (611, 61);
