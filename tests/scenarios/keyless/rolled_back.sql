DELETE FROM plain WHERE x = 1 LIMIT 1;
UPDATE indexed SET y = 'back' LIMIT 4;
UPDATE awkward SET f = f * 2;
DELETE FROM one_column WHERE x IS NULL LIMIT 10;
DELETE FROM emptied LIMIT 1;
UPDATE zeros SET f = -f;
