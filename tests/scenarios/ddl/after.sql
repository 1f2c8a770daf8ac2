-- Columns, with rows between the statements that only fit their own definition.
ALTER TABLE item ADD COLUMN amount INT NOT NULL DEFAULT 7 AFTER name, ADD COLUMN code CHAR(3) FIRST;
INSERT INTO item (name, amount, code) VALUES ('wide', 8, 'abc');
ALTER TABLE item MODIFY COLUMN amount BIGINT UNSIGNED NOT NULL DEFAULT 7, DROP COLUMN code;
INSERT INTO item (name, amount) VALUES ('big', 18446744073709551615);
ALTER TABLE item CHANGE COLUMN price cost DECIMAL(12,4) NOT NULL DEFAULT 0.5;
UPDATE item SET cost = cost + 0.0001;
/* a comment */ ALTER /*!50000 TABLE */ `ddl`.`item` ADD UNIQUE KEY `u name` (name(10));
INSERT INTO item (name) VALUES ('unique');
CREATE INDEX i_amount ON item (amount, cost);
DROP INDEX `u name` ON item;
ALTER TABLE item CONVERT TO CHARACTER SET utf8mb4;
INSERT INTO item (name) VALUES ('grüße');
-- What an old server makes of TIMESTAMP, and of an engine.
CREATE TABLE stamps (id INT NOT NULL PRIMARY KEY, first_ TIMESTAMP, second_ TIMESTAMP NULL, third TIMESTAMP NOT NULL DEFAULT '2001-01-01 00:00:00', y YEAR(4), n INT(5) ZEROFILL) ENGINE=MyISAM;
INSERT INTO stamps (id, y, n) VALUES (1, 1999, 12);
ALTER TABLE stamps ADD COLUMN fourth TIMESTAMP;
UPDATE stamps SET y = 2000 WHERE id = 1;
CREATE TABLE mb4 (id INT NOT NULL PRIMARY KEY, t VARCHAR(20)) DEFAULT CHARSET=utf8mb4;
INSERT INTO mb4 VALUES (1, 'é');
-- Two tables of one shape change places; an online schema change with its swap.
RENAME TABLE pair_a TO pair_tmp, pair_b TO pair_a, pair_tmp TO pair_b;
INSERT INTO pair_a VALUES (9, 'was b');
INSERT INTO pair_b VALUES (9, 'was a');
CREATE TABLE `_ghosted_gho` LIKE ghosted;
ALTER TABLE `_ghosted_gho` ADD COLUMN extra INT NOT NULL DEFAULT 5;
INSERT INTO ghosted (v) VALUES ('late');
INSERT IGNORE INTO `_ghosted_gho` (id, v) SELECT id, v FROM ghosted LOCK IN SHARE MODE;
REPLACE INTO `_ghosted_gho` (id, v) VALUES (2, 'changed');
UPDATE ghosted SET v = 'changed' WHERE id = 2;
RENAME TABLE ghosted TO `_ghosted_del`, `_ghosted_gho` TO ghosted;
INSERT INTO ghosted (v, extra) VALUES ('behind', 6);
DROP TABLE `_ghosted_del`;
-- Tables that come and go.
CREATE TABLE doubled SELECT id, name FROM item;
INSERT INTO doubled VALUES (99, 'more');
-- @session pinned
CREATE TEMPORARY TABLE temporary_one (id INT);
INSERT INTO temporary_one VALUES (1);
DROP TEMPORARY TABLE temporary_one;
-- @session main
ALTER TABLE doubled RENAME TO doubled_2;
INSERT INTO doubled_2 VALUES (100, 'renamed');
TRUNCATE TABLE emptied;
INSERT INTO emptied (v) VALUES (3);
CREATE TABLE short_lived (id INT NOT NULL PRIMARY KEY);
INSERT INTO short_lived VALUES (1);
DROP TABLE short_lived, doomed;
-- @error 1051
DROP TABLE not_there;
ALTER TABLE keyless ADD COLUMN id INT NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST;
INSERT INTO keyless (a, b) VALUES (3, 'z');
-- Foreign keys and partitions.
ALTER TABLE child ADD CONSTRAINT child_parent FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE;
DELETE FROM parent WHERE id = 1;
ALTER TABLE parts ADD PARTITION (PARTITION p2 VALUES LESS THAN (30));
INSERT INTO parts VALUES (21, 'p2');
ALTER TABLE parts EXCHANGE PARTITION p1 WITH TABLE part_swap;
INSERT INTO part_swap VALUES (13, 'left');
ALTER TABLE parts DROP PARTITION p0;
-- Programs.
CREATE VIEW new_view AS SELECT id, amount FROM item WHERE amount > 0;
ALTER VIEW old_view AS SELECT id, cost FROM item;
CREATE PROCEDURE new_procedure() INSERT INTO audit (what) VALUES ('by procedure');
-- @session pinned
CALL new_procedure();
-- @close pinned
-- @session main
ALTER PROCEDURE old_procedure COMMENT 'changed';
CREATE FUNCTION new_function(x INT) RETURNS INT DETERMINISTIC RETURN x + 1;
CREATE TRIGGER item_new BEFORE INSERT ON item FOR EACH ROW SET NEW.amount = NEW.amount + 1;
DROP TRIGGER item_dropped;
INSERT INTO item (name, amount) VALUES ('triggered', 1);
CREATE EVENT new_event ON SCHEDULE EVERY 1 HOUR STARTS '2037-01-01 00:00:00' DO DELETE FROM audit WHERE id < -1;
ALTER EVENT old_event ON SCHEDULE EVERY 2 HOUR;
-- The bytes of this file are other characters in this session.
SET NAMES latin1;
CREATE PROCEDURE `in é`() COMMENT 'é' SELECT 'é';
CREATE EVENT `in é` ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' COMMENT 'é' DO SELECT 'é';
SET NAMES utf8mb4;
CREATE TABLE packed (id INT NOT NULL PRIMARY KEY, v INT) ENGINE=InnoDB ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8;
INSERT INTO packed VALUES (1, 1);
ALTER TABLE packed ENGINE=MEMORY;
INSERT INTO packed VALUES (2, 2);
ALTER TABLE packed ENGINE=InnoDB;
INSERT INTO packed VALUES (3, 3);
-- Schemas.
CREATE DATABASE ddl_new CHARACTER SET utf8mb4;
CREATE TABLE ddl_new.t (id INT NOT NULL PRIMARY KEY, v VARCHAR(10));
INSERT INTO ddl_new.t VALUES (1, 'new');
CREATE DATABASE ddl_gone;
CREATE TABLE ddl_gone.t (id INT);
DROP DATABASE ddl_gone;
-- Names in double quotes.
SET SESSION sql_mode = 'ANSI_QUOTES';
CREATE TABLE "quoted ""name""" ("a b" INT NOT NULL PRIMARY KEY, c VARCHAR(10) DEFAULT 'x');
SET SESSION sql_mode = '';
INSERT INTO `quoted "name"` (`a b`) VALUES (1);
DELETE FROM loses_key WHERE id = 1;
ALTER TABLE loses_key ADD PRIMARY KEY (id);
UPDATE loses_key SET v = 'keyed' WHERE id = 2;
