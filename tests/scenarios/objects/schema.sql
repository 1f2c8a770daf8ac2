CREATE DATABASE objects CHARACTER SET utf8;
CREATE DATABASE `objects odd-na``me é` CHARACTER SET latin1;
USE objects;
CREATE TABLE item (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL, price DECIMAL(10,2) NOT NULL DEFAULT 0, changed INT NOT NULL DEFAULT 0) ENGINE=InnoDB;
CREATE TABLE audit (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, what VARCHAR(20), item INT, text_ VARCHAR(100)) ENGINE=InnoDB;
CREATE TABLE counters (name VARCHAR(20) NOT NULL PRIMARY KEY, value BIGINT NOT NULL) ENGINE=InnoDB;
CREATE TABLE ticks (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, at_ TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB;
CREATE TABLE `rank` (
  `rank` INT NOT NULL, `groups` INT, `rows` INT, `system` INT, `window` INT, `lateral` INT, `array` INT, `member` INT, `full` INT,
  `intersect` INT, `manual` INT, `parallel` INT, `qualify` INT, `tablesample` INT, `over` INT, `recursive` INT, `lead` INT, `of` INT, `empty` INT,
  `select` INT, PRIMARY KEY (`rank`), KEY `window` (`window`, `groups`), UNIQUE KEY `except` (`rows`)
) ENGINE=InnoDB;
CREATE TABLE `we``ird table "x"` (`i d` INT NOT NULL PRIMARY KEY, `a``b` VARCHAR(20), `c'd"e` VARCHAR(20), `1` INT, `é` INT, `x.y` INT, KEY `k ``k` (`a``b`, `x.y`)) ENGINE=InnoDB COMMENT='it''s "odd" \\ é';
CREATE TABLE `objects odd-na``me é`.`t.é` (`id` INT NOT NULL PRIMARY KEY, v VARCHAR(20) COMMENT 'comment; with '' and \\') ENGINE=InnoDB;
CREATE TABLE `$t%_/\"{}é.` (`$` INT NOT NULL AUTO_INCREMENT PRIMARY KEY, `.` INT, `%s` INT, `{}` INT, `?` INT, `:x` INT, `a\b` INT, `\` INT, `'` INT, `日本` INT, `new
line` INT, `éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé{}%s` VARCHAR(30) COMMENT '{} %s', UNIQUE KEY `éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé{}%s` (`{}`, `\`), KEY `'` (`'`)) ENGINE=InnoDB COMMENT='{} %s \\';
CREATE TABLE `éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé{}%s` (id INT NOT NULL PRIMARY KEY, ref_ INT, CONSTRAINT `ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff` FOREIGN KEY (ref_) REFERENCES `$t%_/\"{}é.` (`$`) ON DELETE CASCADE) ENGINE=InnoDB;
-- The first view by name depends on the last.
CREATE VIEW a_top AS SELECT 1 AS placeholder;
CREATE VIEW m_middle AS SELECT id, name, price * 2 AS twice FROM item WHERE price >= 0;
CREATE DEFINER = 'nobody'@'nowhere' SQL SECURITY INVOKER VIEW z_bottom AS SELECT id, twice FROM m_middle WHERE twice > 1 WITH CASCADED CHECK OPTION;
CREATE OR REPLACE ALGORITHM = MERGE VIEW a_top (`the id`, `é twice`) AS SELECT z.id, z.twice FROM z_bottom z JOIN item i ON i.id = z.id;
CREATE VIEW `objects odd-na``me é`.`v é` AS SELECT t.id, r.`rank`, r.`window` FROM `objects odd-na``me é`.`t.é` t JOIN objects.`rank` r ON r.`rank` = t.id;
DELIMITER //
CREATE TRIGGER item_before_insert BEFORE INSERT ON item FOR EACH ROW SET NEW.changed = NEW.changed + 1//
CREATE TRIGGER item_after_insert AFTER INSERT ON item FOR EACH ROW
BEGIN
  INSERT INTO audit (what, item, text_) VALUES ('insert', NEW.id, NEW.name);
  INSERT INTO counters VALUES ('inserts', 1) ON DUPLICATE KEY UPDATE value = value + 1;
END//
CREATE DEFINER = 'app'@'%' TRIGGER `item before ``update``` BEFORE UPDATE ON item FOR EACH ROW SET NEW.changed = OLD.changed + 1//
CREATE TRIGGER item_after_update AFTER UPDATE ON item FOR EACH ROW INSERT INTO audit (what, item, text_) VALUES ('update', NEW.id, CONCAT(OLD.name, ' ; ', NEW.name))//
CREATE TRIGGER item_after_delete AFTER DELETE ON item FOR EACH ROW
BEGIN
  INSERT INTO audit (what, item, text_) VALUES ('delete', OLD.id, 'naïve é');
  UPDATE counters SET value = value - 1 WHERE name = 'inserts';
END//
SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_AUTO_CREATE_USER'//
CREATE DEFINER = "app"@"%" PROCEDURE "p ansi"(IN a VARCHAR(20), OUT b VARCHAR(50)) COMMENT 'it''s é' MODIFIES SQL DATA
BEGIN
  SET b = a || ' é "quoted"';
  INSERT INTO "item" ("name") VALUES (b);
END//
SET sql_mode = ''//
CREATE FUNCTION f_early(x VARCHAR(20)) RETURNS VARCHAR(40) CHARSET ascii DETERMINISTIC RETURN COLLATION(x)//
CREATE FUNCTION f_four(x TEXT CHARSET utf8mb4) RETURNS VARCHAR(10) CHARSET utf8mb4 DETERMINISTIC RETURN LEFT(x, 3)//
CREATE FUNCTION f_bin(x VARCHAR(5) CHARSET utf8 COLLATE utf8_bin) RETURNS VARCHAR(5) CHARSET utf8 COLLATE utf8_bin DETERMINISTIC RETURN x//
CREATE FUNCTION f_twice(x INT) RETURNS INT DETERMINISTIC RETURN x * 2//
CREATE FUNCTION f_text(x VARCHAR(20) CHARSET latin1) RETURNS VARCHAR(40) CHARSET utf8 DETERMINISTIC SQL SECURITY INVOKER RETURN CONCAT(x, ' é')//
CREATE DEFINER = 'gone'@'%' FUNCTION f_gone() RETURNS INT NO SQL SQL SECURITY INVOKER RETURN 1//
CREATE EVENT tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO ticks () VALUES ()//
CREATE EVENT `off é` ON SCHEDULE EVERY 1 HOUR DISABLE DO DELETE FROM ticks//
CREATE DEFINER = 'app'@'%' EVENT later ON SCHEDULE AT '2037-01-01 00:00:00' ON COMPLETION PRESERVE COMMENT 'ev''ent; with semicolon' DO BEGIN DELETE FROM ticks; END//
ALTER DATABASE objects COLLATE utf8_swedish_ci//
DELIMITER ;
-- The bytes of this file are other characters in these sessions.
SET NAMES latin1;
CREATE PROCEDURE `in é`(`a é` INT, b ENUM('é')) COMMENT 'é\'s \\' SELECT 'é';
CREATE FUNCTION `f é`() RETURNS ENUM('é', 'ü') CHARSET utf8 DETERMINISTIC COMMENT 'é' RETURN 'é';
CREATE EVENT `in é` ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' COMMENT 'é' DO SELECT 'é';
CREATE TABLE in_latin1 (id INT NOT NULL PRIMARY KEY, v VARCHAR(20)) ENGINE=InnoDB;
CREATE TRIGGER `in é` BEFORE UPDATE ON in_latin1 FOR EACH ROW SET NEW.v = 'é';
SET NAMES sjis;
CREATE PROCEDURE `in é sjis`() COMMENT 'é\\' SELECT 'é';
SET NAMES gbk;
CREATE EVENT `in é gbk` ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DISABLE COMMENT 'é' DO SELECT 'é';
SET NAMES utf8;
SET sql_mode = 'HIGH_NOT_PRECEDENCE,ALLOW_INVALID_DATES';
CREATE EVENT high_not ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO SELECT NOT 1 BETWEEN 0 AND 1;
CREATE PROCEDURE high_not() SELECT NOT 1 BETWEEN 0 AND 1, DATE('2020-02-30');
SET sql_mode = '';
