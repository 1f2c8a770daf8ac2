UPDATE computed SET a = a - 2000 WHERE a >= 1000;
UPDATE computed SET b = 'switched' WHERE a BETWEEN 50 AND 60;
UPDATE key_is_computed SET b = b + 1000 WHERE k < 20;
DELETE FROM unique_is_computed WHERE a > 50;
INSERT INTO unique_is_computed (a, b) VALUES (51, 'back'), (52, NULL), (52, NULL);
UPDATE keyless_computed SET a = a + 1, f = 0.3 WHERE a = 1 LIMIT 1;
INSERT INTO hidden (id, secret) VALUES (30, 'x');
INSERT INTO hidden_key (v) VALUES (30);
INSERT INTO gipk VALUES (30, 'x'), (30, 'x');
UPDATE functional SET name = LOWER(name) WHERE id BETWEEN 60 AND 80;
UPDATE functional SET n = -6 WHERE id = 90;
UPDATE functional SET n = 90, name = 'Name90' WHERE id = 91;
UPDATE functional SET n = 91, name = 'Name91' WHERE id = 90;
UPDATE descending SET c = '2030-01-01' WHERE a = 1 AND b = 'b1' LIMIT 1;
-- @error 3819
INSERT INTO checked VALUES (30, 5, 6, NULL);
INSERT INTO checked VALUES (30, 5, 3, 'no');
INSERT INTO defaults () VALUES (), ();
