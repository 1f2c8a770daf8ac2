INSERT INTO item (v) VALUES (0);
UPDATE item SET v = v + 1;
