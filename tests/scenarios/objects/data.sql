USE objects;
INSERT INTO item (name, price) VALUES ('one', 1), ('two', 2), ('trois é', 3.5), ('free', 0);
UPDATE item SET price = 4 WHERE id = 2;
DELETE FROM item WHERE id = 4;
INSERT INTO `rank` (`rank`, `rows`, `window`, `manual`) VALUES (1, 1, 1, 1), (2, NULL, 2, 2), (3, NULL, 3, 3);
INSERT INTO `we``ird table "x"` VALUES (1, 'a', 'b', 1, 2, 3), (2, '`', '\'"', NULL, NULL, NULL);
INSERT INTO `$t%_/\"{}é.` (`{}`, `\`, `'`, `new
line`, `éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé{}%s`) VALUES (1, 1, 1, 1, '{}'), (2, NULL, 2, 2, '%s'), (NULL, NULL, NULL, NULL, '\\');
INSERT INTO `éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé{}%s` VALUES (1, 1), (2, 2);
INSERT INTO `objects odd-na``me é`.`t.é` VALUES (1, 'é'), (2, NULL);
