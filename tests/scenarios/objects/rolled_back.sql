INSERT INTO item (name, price) VALUES ('back', 1);
DELETE FROM item WHERE name LIKE 'switched%';
DELETE FROM `$t%_/\"{}é.` WHERE `:x` = 1;
-- @session caller_rolled_back
CALL `p ansi`('on the old server', @b);
-- @session main
