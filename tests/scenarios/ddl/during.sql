INSERT INTO item (name) VALUES ('during');
UPDATE pair_a SET v = 'during' WHERE id = 1;
ALTER TABLE loses_key DROP PRIMARY KEY;
INSERT INTO loses_key VALUES (1, 'one'), (1, 'again');
UPDATE loses_key SET v = 'all' WHERE id = 1 LIMIT 2;
