USE xa;
INSERT INTO digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
INSERT INTO account SELECT a.d * 10 + b.d, 1000, NULL FROM digit a JOIN digit b;
XA START 'before';
INSERT INTO log (what) VALUES ('before the start');
XA END 'before';
XA PREPARE 'before';
XA COMMIT 'before';
