-- @session Europe/Berlin
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (400, @@session.time_zone, '2024-10-27 01:59:59.999999', '2024-10-27 01:59:59.999999', '2024-10-27 01:59:59.999999'), (401, @@session.time_zone, '2024-10-27 02:00:00', '2024-10-27 02:00:00', '2024-10-27 02:00:00'), (402, @@session.time_zone, '2024-10-27 02:30:00', '2024-10-27 02:30:00', '2024-10-27 02:30:00'), (403, @@session.time_zone, '2024-10-27 02:59:59.999999', '2024-10-27 02:59:59.999999', '2024-10-27 02:59:59.999999'), (404, @@session.time_zone, FROM_UNIXTIME(1729990800), FROM_UNIXTIME(1729990800), FROM_UNIXTIME(1729990800)), (405, @@session.time_zone, FROM_UNIXTIME(1729992600.25), FROM_UNIXTIME(1729992600.25), FROM_UNIXTIME(1729992600.25)), (406, @@session.time_zone, '2024-10-27 03:00:00', '2024-10-27 03:00:00', '2024-10-27 03:00:00'), (407, @@session.time_zone, '2024-03-31 01:59:59', '2024-03-31 01:59:59', '2024-03-31 01:59:59'), (408, @@session.time_zone, '2024-03-31 02:30:00', '2024-03-31 02:30:00', '2024-03-31 02:30:00'), (409, @@session.time_zone, '2024-03-31 03:00:00', '2024-03-31 03:00:00', '2024-03-31 03:00:00');
INSERT INTO keyless (s, v) VALUES ('2024-10-27 01:59:59.999999', 400), ('2024-10-27 01:59:59.999999', 400), ('2024-10-27 02:00:00', 400);
UPDATE keyless SET v = v + 10 WHERE s = '2024-10-27 01:59:59.999999' AND v = 400 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 401;
SET timestamp = 1729992600;
INSERT INTO instants (id, zone) VALUES (415, @@session.time_zone), (416, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 416;
INSERT INTO keyless (v) VALUES (400);
SET timestamp = DEFAULT;
-- @session America/New_York
SET time_zone = 'America/New_York';
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (420, @@session.time_zone, '2024-11-03 01:30:00', '2024-11-03 01:30:00', '2024-11-03 01:30:00'), (421, @@session.time_zone, FROM_UNIXTIME(1730613600), FROM_UNIXTIME(1730613600), FROM_UNIXTIME(1730613600)), (422, @@session.time_zone, FROM_UNIXTIME(1730615400.5), FROM_UNIXTIME(1730615400.5), FROM_UNIXTIME(1730615400.5)), (423, @@session.time_zone, '2024-11-03 02:00:00', '2024-11-03 02:00:00', '2024-11-03 02:00:00'), (424, @@session.time_zone, '2024-03-10 02:30:00', '2024-03-10 02:30:00', '2024-03-10 02:30:00'), (425, @@session.time_zone, '2024-03-10 03:00:00', '2024-03-10 03:00:00', '2024-03-10 03:00:00');
INSERT INTO keyless (s, v) VALUES ('2024-11-03 01:30:00', 401), ('2024-11-03 01:30:00', 401), (FROM_UNIXTIME(1730613600), 401);
UPDATE keyless SET v = v + 10 WHERE s = '2024-11-03 01:30:00' AND v = 401 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 421;
SET timestamp = 1730615400;
INSERT INTO instants (id, zone) VALUES (435, @@session.time_zone), (436, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 436;
INSERT INTO keyless (v) VALUES (401);
SET timestamp = DEFAULT;
-- @session Australia/Lord_Howe
SET time_zone = 'Australia/Lord_Howe';
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (440, @@session.time_zone, '2024-04-07 01:45:00', '2024-04-07 01:45:00', '2024-04-07 01:45:00'), (441, @@session.time_zone, FROM_UNIXTIME(1712415600), FROM_UNIXTIME(1712415600), FROM_UNIXTIME(1712415600)), (442, @@session.time_zone, FROM_UNIXTIME(1712416500.75), FROM_UNIXTIME(1712416500.75), FROM_UNIXTIME(1712416500.75)), (443, @@session.time_zone, '2024-10-06 02:15:00', '2024-10-06 02:15:00', '2024-10-06 02:15:00'), (444, @@session.time_zone, '2024-10-06 02:30:00', '2024-10-06 02:30:00', '2024-10-06 02:30:00');
INSERT INTO keyless (s, v) VALUES ('2024-04-07 01:45:00', 402), ('2024-04-07 01:45:00', 402), (FROM_UNIXTIME(1712415600), 402);
UPDATE keyless SET v = v + 10 WHERE s = '2024-04-07 01:45:00' AND v = 402 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 441;
SET timestamp = 1712416500;
INSERT INTO instants (id, zone) VALUES (455, @@session.time_zone), (456, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 456;
INSERT INTO keyless (v) VALUES (402);
SET timestamp = DEFAULT;
-- @session Europe/Berlin
INSERT INTO instants (id, zone) VALUES (460, @@session.time_zone);
ALTER TABLE by_instant ADD COLUMN d TIMESTAMP NOT NULL DEFAULT '2024-10-27 02:30:00';
INSERT INTO by_instant (s, v) VALUES (FROM_UNIXTIME(1730000000), 9);
UPDATE by_instant SET v = v + 100 WHERE s = '2024-10-27 02:30:00';
-- @session America/New_York
INSERT INTO instants (id, zone) VALUES (461, @@session.time_zone);
-- @session came_later
INSERT INTO instants (id, zone) VALUES (462, @@session.time_zone);
