INSERT INTO item (name, price) VALUES ('after', 1);
UPDATE item SET name = CONCAT(name, '!') WHERE name = 'after';
DELETE FROM item WHERE name = 'during';
UPDATE `rank` SET `rank` = `rank` + 100, `full` = 1;
DELETE FROM `we``ird table "x"` WHERE `i d` = 2;
