INSERT INTO item (name) VALUES ('during');
UPDATE pair_a SET v = 'during' WHERE id = 1;
