SET sql_mode = '', time_zone = '+00:00';
UPDATE keyed SET d = '2031-01-01 00:00:00', tm = '-01:00:00' WHERE id = 10;
DELETE FROM keyless WHERE tm = '-838:59:59' LIMIT 1;
