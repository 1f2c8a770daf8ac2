ALTER TABLE item DROP COLUMN remark;
INSERT INTO audit (what) VALUES ('back');
DROP TRIGGER item_newer;
INSERT INTO item (name) VALUES ('back again');
CREATE TABLE last_one (id INT NOT NULL PRIMARY KEY);
INSERT INTO last_one VALUES (1);
