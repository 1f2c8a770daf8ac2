DROP TRIGGER item_newer;
ALTER TABLE item DROP COLUMN remark;
INSERT INTO audit (what) VALUES ('back');
-- For a moment a view names a column that is gone.
ALTER VIEW new_view AS SELECT id, name FROM item;
INSERT INTO item (name) VALUES ('back again');
CREATE TABLE last_one (id INT NOT NULL PRIMARY KEY);
INSERT INTO last_one VALUES (1);
