INSERT INTO item (name, price) VALUES ('during', 1), ('during 2', 2);
UPDATE item SET price = price + 1;
DELETE FROM item WHERE name = 'two';
CALL `p ansi`('called', @b);
INSERT INTO `rank` (`rank`, `groups`, `system`, `rows`) VALUES (10, 1, 1, 10);
UPDATE `rank` SET `window` = 5, `rows` = 2, `parallel` = 1 WHERE `rank` = 2;
UPDATE `we``ird table "x"` SET `a``b` = 'changed', `c'd"e` = '`' WHERE `i d` = 1;
INSERT INTO `objects odd-na``me é`.`t.é` VALUES (10, 'new');
