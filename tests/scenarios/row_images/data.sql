USE row_images;
INSERT INTO step VALUES (1, 0);
INSERT INTO plain (id, b, d) VALUES (1, 'one', '2020-01-01'), (2, 'two', '0000-00-00');
INSERT INTO two_keys VALUES (1, 10, 1, 'a'), (2, 20, 2, 'b'), (3, NULL, 3, 'c'), (4, 40, 4, 'd');
INSERT INTO moved VALUES (1, 10, 'a'), (2, 20, 'b');
INSERT INTO parent (id) VALUES (1), (2), (3), (4);
INSERT INTO child (p, v) VALUES (1, 1), (1, 2), (2, 3), (3, 4);
