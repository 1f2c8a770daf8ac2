-- A session that called a procedure does not move with the endpoint: it gets one of its own.
INSERT INTO item (name, price) VALUES ('switched', 1);
UPDATE item SET name = CONCAT(name, '?') WHERE name = 'switched';
DELETE FROM item WHERE name = 'after!';
-- @session caller_switched
CALL `p ansi`('on the new server', @b);
-- @session main
INSERT INTO item (name) SELECT CONCAT(f_text('x'), f_twice(21), f_gone());
UPDATE `rank` SET `rank` = `rank` - 100, `qualify` = 7;
INSERT INTO `we``ird table "x"` VALUES (3, '3', '3', 3, 3, 3);
INSERT INTO `$t%_/\"{}é.` (`:x`, `日本`, `éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé{}%s`) VALUES (1, 2, 'switched {}');
INSERT INTO `éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé{}%s` SELECT 10, MAX(`$`) FROM `$t%_/\"{}é.`;
UPDATE `objects odd-na``me é`.`v é` SET `window` = 9 WHERE id = 1;
UPDATE in_latin1 SET id = id + 2;
