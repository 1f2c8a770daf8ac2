INSERT INTO item (name, price) VALUES ('after', 1);
UPDATE item SET name = CONCAT(name, '!') WHERE name = 'after';
DELETE FROM item WHERE name = 'during';
UPDATE `rank` SET `rank` = `rank` + 100, `full` = 1;
UPDATE `$t%_/\"{}é.` SET `{}` = `{}` + 1, `new
line` = 5 ORDER BY `{}` DESC;
DELETE FROM `$t%_/\"{}é.` WHERE `$` = 2;
DELETE FROM `we``ird table "x"` WHERE `i d` = 2;
