UPDATE keyed SET v = 'back' WHERE id = 2;
DELETE FROM keyless WHERE v = 7 LIMIT 1;
DELETE FROM fleeting WHERE id = 10;
