-- @session Europe/Berlin
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (300, @@session.time_zone, '2024-10-27 01:59:59.999999', '2024-10-27 01:59:59.999999', '2024-10-27 01:59:59.999999'), (301, @@session.time_zone, '2024-10-27 02:00:00', '2024-10-27 02:00:00', '2024-10-27 02:00:00'), (302, @@session.time_zone, '2024-10-27 02:30:00', '2024-10-27 02:30:00', '2024-10-27 02:30:00'), (303, @@session.time_zone, '2024-10-27 02:59:59.999999', '2024-10-27 02:59:59.999999', '2024-10-27 02:59:59.999999'), (304, @@session.time_zone, FROM_UNIXTIME(1729990800), FROM_UNIXTIME(1729990800), FROM_UNIXTIME(1729990800)), (305, @@session.time_zone, FROM_UNIXTIME(1729992600.25), FROM_UNIXTIME(1729992600.25), FROM_UNIXTIME(1729992600.25)), (306, @@session.time_zone, '2024-10-27 03:00:00', '2024-10-27 03:00:00', '2024-10-27 03:00:00'), (307, @@session.time_zone, '2024-03-31 01:59:59', '2024-03-31 01:59:59', '2024-03-31 01:59:59'), (308, @@session.time_zone, '2024-03-31 02:30:00', '2024-03-31 02:30:00', '2024-03-31 02:30:00'), (309, @@session.time_zone, '2024-03-31 03:00:00', '2024-03-31 03:00:00', '2024-03-31 03:00:00');
INSERT INTO keyless (s, v) VALUES ('2024-10-27 01:59:59.999999', 300), ('2024-10-27 01:59:59.999999', 300), ('2024-10-27 02:00:00', 300);
UPDATE keyless SET v = v + 10 WHERE s = '2024-10-27 01:59:59.999999' AND v = 300 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 301;
SET timestamp = 1729992600;
INSERT INTO instants (id, zone) VALUES (315, @@session.time_zone), (316, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 316;
INSERT INTO keyless (v) VALUES (300);
SET timestamp = DEFAULT;
-- @session America/New_York
SET time_zone = 'America/New_York';
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (320, @@session.time_zone, '2024-11-03 01:30:00', '2024-11-03 01:30:00', '2024-11-03 01:30:00'), (321, @@session.time_zone, FROM_UNIXTIME(1730613600), FROM_UNIXTIME(1730613600), FROM_UNIXTIME(1730613600)), (322, @@session.time_zone, FROM_UNIXTIME(1730615400.5), FROM_UNIXTIME(1730615400.5), FROM_UNIXTIME(1730615400.5)), (323, @@session.time_zone, '2024-11-03 02:00:00', '2024-11-03 02:00:00', '2024-11-03 02:00:00'), (324, @@session.time_zone, '2024-03-10 02:30:00', '2024-03-10 02:30:00', '2024-03-10 02:30:00'), (325, @@session.time_zone, '2024-03-10 03:00:00', '2024-03-10 03:00:00', '2024-03-10 03:00:00');
INSERT INTO keyless (s, v) VALUES ('2024-11-03 01:30:00', 301), ('2024-11-03 01:30:00', 301), (FROM_UNIXTIME(1730613600), 301);
UPDATE keyless SET v = v + 10 WHERE s = '2024-11-03 01:30:00' AND v = 301 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 321;
SET timestamp = 1730615400;
INSERT INTO instants (id, zone) VALUES (335, @@session.time_zone), (336, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 336;
INSERT INTO keyless (v) VALUES (301);
SET timestamp = DEFAULT;
-- @session Australia/Lord_Howe
SET time_zone = 'Australia/Lord_Howe';
SET sql_mode = '';
INSERT INTO instants (id, zone, s, precise, local) VALUES (340, @@session.time_zone, '2024-04-07 01:45:00', '2024-04-07 01:45:00', '2024-04-07 01:45:00'), (341, @@session.time_zone, FROM_UNIXTIME(1712415600), FROM_UNIXTIME(1712415600), FROM_UNIXTIME(1712415600)), (342, @@session.time_zone, FROM_UNIXTIME(1712416500.75), FROM_UNIXTIME(1712416500.75), FROM_UNIXTIME(1712416500.75)), (343, @@session.time_zone, '2024-10-06 02:15:00', '2024-10-06 02:15:00', '2024-10-06 02:15:00'), (344, @@session.time_zone, '2024-10-06 02:30:00', '2024-10-06 02:30:00', '2024-10-06 02:30:00');
INSERT INTO keyless (s, v) VALUES ('2024-04-07 01:45:00', 302), ('2024-04-07 01:45:00', 302), (FROM_UNIXTIME(1712415600), 302);
UPDATE keyless SET v = v + 10 WHERE s = '2024-04-07 01:45:00' AND v = 302 LIMIT 1;
UPDATE instants SET precise = precise + INTERVAL 1 HOUR WHERE id = 341;
SET timestamp = 1712416500;
INSERT INTO instants (id, zone) VALUES (355, @@session.time_zone), (356, 'clock');
UPDATE instants SET zone = 'touched' WHERE id = 356;
INSERT INTO keyless (v) VALUES (302);
SET timestamp = DEFAULT;
-- @session Europe/Berlin
ALTER TABLE instants ADD COLUMN later TIMESTAMP NOT NULL DEFAULT '2024-07-01 12:00:00', ADD COLUMN repeated TIMESTAMP(2) NOT NULL DEFAULT '2024-10-27 02:30:00.5';
INSERT INTO instants (id, zone) VALUES (360, 'default');
-- @session America/New_York
ALTER TABLE keyless ADD COLUMN d TIMESTAMP NOT NULL DEFAULT '2024-11-03 01:30:00';
INSERT INTO keyless (s, v) VALUES ('2024-11-03 01:30:00', 360);
ALTER TABLE parts REORGANIZE PARTITION later INTO (PARTITION middle VALUES LESS THAN (UNIX_TIMESTAMP('2024-11-03 01:30:00')), PARTITION later VALUES LESS THAN MAXVALUE);
-- @session Australia/Lord_Howe
ALTER TABLE instants MODIFY local TIMESTAMP(6) NULL;
