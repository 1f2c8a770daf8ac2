CREATE DATABASE refused_target CHARACTER SET utf8;
CREATE TABLE refused_target.item (id INT NOT NULL PRIMARY KEY, v VARCHAR(40)) ENGINE=InnoDB;
INSERT INTO refused_target.item VALUES (1, 'of the source');
