SET sql_mode = '';
CREATE DATABASE odd_servers CHARACTER SET utf8;
USE odd_servers;
CREATE TABLE many (id INT NOT NULL PRIMARY KEY, v VARCHAR(20)) ENGINE=InnoDB;
CREATE TABLE keyless (v VARCHAR(20), d DECIMAL(20,10), t TIME(6)) ENGINE=InnoDB;
CREATE TABLE auto_ (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v INT) ENGINE=InnoDB;
CREATE TABLE values_ (
  id INT NOT NULL PRIMARY KEY, c CHAR(10), v VARCHAR(20), s TIMESTAMP(6) NULL, first_ TIMESTAMP, d DATE, t TIME(2),
  b BINARY(5) DEFAULT '\0a\0', vb VARBINARY(5) NOT NULL DEFAULT 'x\'', u INT UNSIGNED, f FLOAT
) ENGINE=InnoDB;
CREATE TABLE parts (id INT NOT NULL, v VARCHAR(10), PRIMARY KEY (id)) ENGINE=InnoDB PARTITION BY RANGE (id) (PARTITION low VALUES LESS THAN (100) COMMENT = 'it''s', PARTITION high VALUES LESS THAN MAXVALUE);
CREATE VIEW shown AS SELECT id, CONCAT(v, 'é') AS w FROM many WHERE NOT id = 3;
DELIMITER //
CREATE PROCEDURE counted(OUT n INT) SELECT COUNT(*) INTO n FROM many//
DELIMITER ;
SET GLOBAL autocommit = 0;
SET GLOBAL sql_select_limit = 7;
SET GLOBAL sql_notes = 0;
SET GLOBAL sql_quote_show_create = 0;
SET GLOBAL sql_auto_is_null = 1;
SET GLOBAL sql_safe_updates = 1;
SET GLOBAL foreign_key_checks = 0;
SET GLOBAL unique_checks = 0;
SET GLOBAL group_concat_max_len = 4;
SET GLOBAL max_sort_length = 4;
SET GLOBAL div_precision_increment = 0;
