INSERT INTO t (n, a, b) VALUES ('back', 7, 7);
