SET time_zone = '+00:00';
INSERT INTO mysql.time_zone (Time_zone_id, Use_leap_seconds) VALUES (9001, 'N');
INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES ('Europe/Berlin', 9001);
INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, Offset, Is_DST, Abbreviation) VALUES (9001, 0, 3600, 0, 'CET'), (9001, 1, 7200, 1, 'CEST');
INSERT INTO mysql.time_zone_transition (Time_zone_id, Transition_time, Transition_type_id) VALUES (9001, UNIX_TIMESTAMP('2023-03-26 01:00:00'), 1), (9001, UNIX_TIMESTAMP('2023-10-29 01:00:00'), 0), (9001, UNIX_TIMESTAMP('2024-03-31 01:00:00'), 1), (9001, UNIX_TIMESTAMP('2024-10-27 01:00:00'), 0), (9001, UNIX_TIMESTAMP('2025-03-30 01:00:00'), 1), (9001, UNIX_TIMESTAMP('2025-10-26 01:00:00'), 0);
INSERT INTO mysql.time_zone (Time_zone_id, Use_leap_seconds) VALUES (9002, 'N');
INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES ('America/New_York', 9002);
INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, Offset, Is_DST, Abbreviation) VALUES (9002, 0, -18000, 0, 'EST'), (9002, 1, -14400, 1, 'EDT');
INSERT INTO mysql.time_zone_transition (Time_zone_id, Transition_time, Transition_type_id) VALUES (9002, UNIX_TIMESTAMP('2023-03-12 07:00:00'), 1), (9002, UNIX_TIMESTAMP('2023-11-05 06:00:00'), 0), (9002, UNIX_TIMESTAMP('2024-03-10 07:00:00'), 1), (9002, UNIX_TIMESTAMP('2024-11-03 06:00:00'), 0), (9002, UNIX_TIMESTAMP('2025-03-09 07:00:00'), 1), (9002, UNIX_TIMESTAMP('2025-11-02 06:00:00'), 0);
INSERT INTO mysql.time_zone (Time_zone_id, Use_leap_seconds) VALUES (9003, 'N');
INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES ('Australia/Lord_Howe', 9003);
INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, Offset, Is_DST, Abbreviation) VALUES (9003, 0, 37800, 0, '+1030'), (9003, 1, 39600, 1, '+11');
INSERT INTO mysql.time_zone_transition (Time_zone_id, Transition_time, Transition_type_id) VALUES (9003, UNIX_TIMESTAMP('2023-04-01 15:00:00'), 0), (9003, UNIX_TIMESTAMP('2023-09-30 15:30:00'), 1), (9003, UNIX_TIMESTAMP('2024-04-06 15:00:00'), 0), (9003, UNIX_TIMESTAMP('2024-10-05 15:30:00'), 1), (9003, UNIX_TIMESTAMP('2025-04-05 15:00:00'), 0), (9003, UNIX_TIMESTAMP('2025-10-04 15:30:00'), 1);
SET GLOBAL time_zone = 'Europe/Berlin';
SET time_zone = 'Europe/Berlin';
CREATE DATABASE time_zones CHARACTER SET utf8;
USE time_zones;
CREATE TABLE instants (
  id INT NOT NULL PRIMARY KEY, zone VARCHAR(40), s TIMESTAMP NULL, precise TIMESTAMP(6) NULL, local DATETIME(6),
  summer TIMESTAMP NOT NULL DEFAULT '2024-07-01 12:00:00', first TIMESTAMP NOT NULL DEFAULT '2024-10-27 02:30:00',
  made TIMESTAMP(2) NOT NULL DEFAULT CURRENT_TIMESTAMP(2), touched TIMESTAMP NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP
) ENGINE=InnoDB;
CREATE TABLE by_instant (s TIMESTAMP(3) NOT NULL DEFAULT '2024-10-27 02:30:00', v INT, PRIMARY KEY (s)) ENGINE=InnoDB;
CREATE TABLE keyless (s TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP, v INT) ENGINE=InnoDB;
CREATE TABLE parts (id INT NOT NULL, s TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (id, s)) ENGINE=InnoDB PARTITION BY RANGE (UNIX_TIMESTAMP(s)) (PARTITION summer VALUES LESS THAN (UNIX_TIMESTAMP('2024-10-27 02:30:00')), PARTITION later VALUES LESS THAN MAXVALUE);
CREATE EVENT at_night ON SCHEDULE EVERY 1 DAY STARTS '2030-10-27 02:30:00' DO DELETE FROM keyless WHERE v = -1;
CREATE VIEW shown AS SELECT id FROM instants WHERE s > '2024-10-27 02:30:00';
