USE binlog_forms_97;
INSERT INTO digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
INSERT INTO t (id, b, u) SELECT a.d * 10 + b.d + 1, CONCAT('row ', a.d), a.d * 10 + b.d FROM digit a JOIN digit b;
INSERT INTO parent SELECT d, d FROM digit;
INSERT INTO child (p, v) SELECT a.d, b.d FROM digit a JOIN digit b WHERE b.d < 3;
INSERT INTO keyless (a) SELECT d FROM digit;
