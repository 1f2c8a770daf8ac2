USE computed_defaults;
ALTER TABLE random_id ADD COLUMN again TIMESTAMP(6) NOT NULL DEFAULT (CURRENT_TIMESTAMP(6) + INTERVAL 1 DAY);
UPDATE random_id SET v = 'switched' WHERE id = 1;
ALTER TABLE random_number MODIFY r DOUBLE DEFAULT (RAND() + 1);
INSERT INTO random_number (id, v) VALUES (11, 'y');
DELETE FROM parent WHERE id = 5;
UPDATE parent SET id = 60 WHERE id = 6;
