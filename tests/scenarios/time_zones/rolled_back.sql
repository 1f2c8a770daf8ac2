-- @session Europe/Berlin
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (500, @@session.time_zone, '2024-10-27 01:59:59.999999', '2024-10-27 01:59:59.999999', '2024-10-27 01:59:59.999999'), (501, @@session.time_zone, '2024-10-27 02:00:00', '2024-10-27 02:00:00', '2024-10-27 02:00:00'), (502, @@session.time_zone, '2024-10-27 02:30:00', '2024-10-27 02:30:00', '2024-10-27 02:30:00'), (503, @@session.time_zone, '2024-10-27 02:59:59.999999', '2024-10-27 02:59:59.999999', '2024-10-27 02:59:59.999999'), (504, @@session.time_zone, FROM_UNIXTIME(1729990800), FROM_UNIXTIME(1729990800), FROM_UNIXTIME(1729990800)), (505, @@session.time_zone, FROM_UNIXTIME(1729992600.25), FROM_UNIXTIME(1729992600.25), FROM_UNIXTIME(1729992600.25)), (506, @@session.time_zone, '2024-10-27 03:00:00', '2024-10-27 03:00:00', '2024-10-27 03:00:00'), (507, @@session.time_zone, '2024-03-31 01:59:59', '2024-03-31 01:59:59', '2024-03-31 01:59:59'), (508, @@session.time_zone, '2024-03-31 02:30:00', '2024-03-31 02:30:00', '2024-03-31 02:30:00'), (509, @@session.time_zone, '2024-03-31 03:00:00', '2024-03-31 03:00:00', '2024-03-31 03:00:00');
INSERT INTO keyless (s, v) VALUES ('2024-10-27 01:59:59.999999', 500), ('2024-10-27 01:59:59.999999', 500), ('2024-10-27 02:00:00', 500);
UPDATE keyless SET v = v + 10 WHERE s = '2024-10-27 01:59:59.999999' AND v = 500 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 501;
SET timestamp = 1729992600;
INSERT INTO instants (id, zone) VALUES (515, @@session.time_zone), (516, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 516;
INSERT INTO keyless (v) VALUES (500);
SET timestamp = DEFAULT;
-- @session America/New_York
SET time_zone = 'America/New_York';
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (520, @@session.time_zone, '2024-11-03 01:30:00', '2024-11-03 01:30:00', '2024-11-03 01:30:00'), (521, @@session.time_zone, FROM_UNIXTIME(1730613600), FROM_UNIXTIME(1730613600), FROM_UNIXTIME(1730613600)), (522, @@session.time_zone, FROM_UNIXTIME(1730615400.5), FROM_UNIXTIME(1730615400.5), FROM_UNIXTIME(1730615400.5)), (523, @@session.time_zone, '2024-11-03 02:00:00', '2024-11-03 02:00:00', '2024-11-03 02:00:00'), (524, @@session.time_zone, '2024-03-10 02:30:00', '2024-03-10 02:30:00', '2024-03-10 02:30:00'), (525, @@session.time_zone, '2024-03-10 03:00:00', '2024-03-10 03:00:00', '2024-03-10 03:00:00');
INSERT INTO keyless (s, v) VALUES ('2024-11-03 01:30:00', 501), ('2024-11-03 01:30:00', 501), (FROM_UNIXTIME(1730613600), 501);
UPDATE keyless SET v = v + 10 WHERE s = '2024-11-03 01:30:00' AND v = 501 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 521;
SET timestamp = 1730615400;
INSERT INTO instants (id, zone) VALUES (535, @@session.time_zone), (536, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 536;
INSERT INTO keyless (v) VALUES (501);
SET timestamp = DEFAULT;
-- @session Australia/Lord_Howe
SET time_zone = 'Australia/Lord_Howe';
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (540, @@session.time_zone, '2024-04-07 01:45:00', '2024-04-07 01:45:00', '2024-04-07 01:45:00'), (541, @@session.time_zone, FROM_UNIXTIME(1712415600), FROM_UNIXTIME(1712415600), FROM_UNIXTIME(1712415600)), (542, @@session.time_zone, FROM_UNIXTIME(1712416500.75), FROM_UNIXTIME(1712416500.75), FROM_UNIXTIME(1712416500.75)), (543, @@session.time_zone, '2024-10-06 02:15:00', '2024-10-06 02:15:00', '2024-10-06 02:15:00'), (544, @@session.time_zone, '2024-10-06 02:30:00', '2024-10-06 02:30:00', '2024-10-06 02:30:00');
INSERT INTO keyless (s, v) VALUES ('2024-04-07 01:45:00', 502), ('2024-04-07 01:45:00', 502), (FROM_UNIXTIME(1712415600), 502);
UPDATE keyless SET v = v + 10 WHERE s = '2024-04-07 01:45:00' AND v = 502 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 541;
SET timestamp = 1712416500;
INSERT INTO instants (id, zone) VALUES (555, @@session.time_zone), (556, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 556;
INSERT INTO keyless (v) VALUES (502);
SET timestamp = DEFAULT;
-- @session America/New_York
INSERT INTO instants (id, zone) VALUES (560, @@session.time_zone);
DELETE FROM keyless WHERE v < 300;
