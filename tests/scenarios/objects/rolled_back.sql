INSERT INTO item (name, price) VALUES ('back', 1);
DELETE FROM item WHERE name LIKE 'switched%';
CALL `p ansi`('on the old server', @b);
