-- @session Europe/Berlin
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (200, @@session.time_zone, '2024-10-27 01:59:59.999999', '2024-10-27 01:59:59.999999', '2024-10-27 01:59:59.999999'), (201, @@session.time_zone, '2024-10-27 02:00:00', '2024-10-27 02:00:00', '2024-10-27 02:00:00'), (202, @@session.time_zone, '2024-10-27 02:30:00', '2024-10-27 02:30:00', '2024-10-27 02:30:00'), (203, @@session.time_zone, '2024-10-27 02:59:59.999999', '2024-10-27 02:59:59.999999', '2024-10-27 02:59:59.999999'), (204, @@session.time_zone, FROM_UNIXTIME(1729990800), FROM_UNIXTIME(1729990800), FROM_UNIXTIME(1729990800)), (205, @@session.time_zone, FROM_UNIXTIME(1729992600.25), FROM_UNIXTIME(1729992600.25), FROM_UNIXTIME(1729992600.25)), (206, @@session.time_zone, '2024-10-27 03:00:00', '2024-10-27 03:00:00', '2024-10-27 03:00:00'), (207, @@session.time_zone, '2024-03-31 01:59:59', '2024-03-31 01:59:59', '2024-03-31 01:59:59'), (208, @@session.time_zone, '2024-03-31 02:30:00', '2024-03-31 02:30:00', '2024-03-31 02:30:00'), (209, @@session.time_zone, '2024-03-31 03:00:00', '2024-03-31 03:00:00', '2024-03-31 03:00:00');
INSERT INTO keyless (s, v) VALUES ('2024-10-27 01:59:59.999999', 200), ('2024-10-27 01:59:59.999999', 200), ('2024-10-27 02:00:00', 200);
UPDATE keyless SET v = v + 10 WHERE s = '2024-10-27 01:59:59.999999' AND v = 200 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 201;
SET timestamp = 1729992600;
INSERT INTO instants (id, zone) VALUES (215, @@session.time_zone), (216, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 216;
INSERT INTO keyless (v) VALUES (200);
SET timestamp = DEFAULT;
-- @session America/New_York
SET time_zone = 'America/New_York';
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (220, @@session.time_zone, '2024-11-03 01:30:00', '2024-11-03 01:30:00', '2024-11-03 01:30:00'), (221, @@session.time_zone, FROM_UNIXTIME(1730613600), FROM_UNIXTIME(1730613600), FROM_UNIXTIME(1730613600)), (222, @@session.time_zone, FROM_UNIXTIME(1730615400.5), FROM_UNIXTIME(1730615400.5), FROM_UNIXTIME(1730615400.5)), (223, @@session.time_zone, '2024-11-03 02:00:00', '2024-11-03 02:00:00', '2024-11-03 02:00:00'), (224, @@session.time_zone, '2024-03-10 02:30:00', '2024-03-10 02:30:00', '2024-03-10 02:30:00'), (225, @@session.time_zone, '2024-03-10 03:00:00', '2024-03-10 03:00:00', '2024-03-10 03:00:00');
INSERT INTO keyless (s, v) VALUES ('2024-11-03 01:30:00', 201), ('2024-11-03 01:30:00', 201), (FROM_UNIXTIME(1730613600), 201);
UPDATE keyless SET v = v + 10 WHERE s = '2024-11-03 01:30:00' AND v = 201 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 221;
SET timestamp = 1730615400;
INSERT INTO instants (id, zone) VALUES (235, @@session.time_zone), (236, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 236;
INSERT INTO keyless (v) VALUES (201);
SET timestamp = DEFAULT;
-- @session Australia/Lord_Howe
SET time_zone = 'Australia/Lord_Howe';
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (240, @@session.time_zone, '2024-04-07 01:45:00', '2024-04-07 01:45:00', '2024-04-07 01:45:00'), (241, @@session.time_zone, FROM_UNIXTIME(1712415600), FROM_UNIXTIME(1712415600), FROM_UNIXTIME(1712415600)), (242, @@session.time_zone, FROM_UNIXTIME(1712416500.75), FROM_UNIXTIME(1712416500.75), FROM_UNIXTIME(1712416500.75)), (243, @@session.time_zone, '2024-10-06 02:15:00', '2024-10-06 02:15:00', '2024-10-06 02:15:00'), (244, @@session.time_zone, '2024-10-06 02:30:00', '2024-10-06 02:30:00', '2024-10-06 02:30:00');
INSERT INTO keyless (s, v) VALUES ('2024-04-07 01:45:00', 202), ('2024-04-07 01:45:00', 202), (FROM_UNIXTIME(1712415600), 202);
UPDATE keyless SET v = v + 10 WHERE s = '2024-04-07 01:45:00' AND v = 202 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 241;
SET timestamp = 1712416500;
INSERT INTO instants (id, zone) VALUES (255, @@session.time_zone), (256, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 256;
INSERT INTO keyless (v) VALUES (202);
SET timestamp = DEFAULT;
-- @session Europe/Berlin
UPDATE by_instant SET v = v + 10 WHERE s = '2024-10-27 02:30:00';
UPDATE parts SET s = s + INTERVAL 1 HOUR WHERE id = 1;
DELETE FROM instants WHERE id = 102;
