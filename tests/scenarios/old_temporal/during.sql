SET sql_mode = '', time_zone = '+00:00';
UPDATE keyed SET d = '1999-12-31 23:59:59', tm = '-12:00:00' WHERE id = 2;
INSERT INTO keyed VALUES (7, '2007-07-07 07:07:07', '2007-07-07 07:07:07', '07:07:07', '2007-07-07 07:07:07', 'during');
DELETE FROM keyless WHERE d IS NULL LIMIT 1;
UPDATE in_key SET tm = '-838:59:58' WHERE v = 1;
