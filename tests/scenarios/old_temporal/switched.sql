SET sql_mode = '', time_zone = '+00:00';
INSERT INTO keyed VALUES (10, '2030-01-01 00:00:00', '2030-01-01 00:00:00', '-838:59:59', '1000-01-01 00:00:00', 'new');
UPDATE keyed SET d = '0000-00-00', ts = '1970-01-01 00:00:01', tm = '838:59:59' WHERE id = 1;
DELETE FROM keyed WHERE id = 3;
INSERT INTO keyless VALUES (NULL, NULL, '-838:59:59', NULL);
DELETE FROM keyless WHERE tm = '01:01:01' LIMIT 1;
UPDATE in_key SET tm = '838:59:58' WHERE v = 3;
