USE ddl_kills;
INSERT INTO again (v) VALUES (1), (2);
INSERT INTO pair_a (v) VALUES ('a'), ('a');
INSERT INTO pair_b (v) VALUES ('b');
INSERT INTO emptied (v) VALUES (1);
INSERT INTO parts VALUES (1, 'p0'), (11, 'p1');
INSERT INTO part_swap VALUES (12, 'swap');
