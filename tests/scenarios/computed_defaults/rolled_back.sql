USE computed_defaults;
ALTER TABLE plain_default ADD COLUMN u BIGINT DEFAULT (n * 2 + UNIX_TIMESTAMP());
DELETE FROM parent WHERE id = 60;
