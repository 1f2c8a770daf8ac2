CREATE VIEW later_null AS SELECT id, NOT a AS x FROM t WHERE b IS NULL OR NOT b;
CREATE VIEW later_escape AS SELECT id FROM t WHERE n LIKE 'a|_b' ESCAPE '|' OR id = 1;
CREATE VIEW later_trim AS SELECT TRIM(TRAILING FROM n) AS x FROM t;
CREATE OR REPLACE VIEW no_name AS SELECT id FROM t WHERE ISNULL(n) OR n RLIKE 'x';
CREATE OR REPLACE VIEW hints AS SELECT SQL_CALC_FOUND_ROWS id, LCASE(n) AS low FROM t;
CREATE VIEW later_words AS SELECT id FROM article WHERE MATCH (title, body) AGAINST ('other');
CREATE VIEW dropped_again AS SELECT id IS NULL AS x FROM t;
DROP VIEW dropped_again;
ALTER VIEW later_null AS SELECT id, NOT b AS x FROM t WHERE a IS NULL;
DROP TABLE gone_soon;
-- @session latin
SET NAMES latin1;
CREATE VIEW `views.dot`.latin AS SELECT 'ä' AS b;
CREATE VIEW views.latin AS SELECT 'ö' AS b;
-- @session main
INSERT INTO t (n, a, b) VALUES ('during', 5, 5);
