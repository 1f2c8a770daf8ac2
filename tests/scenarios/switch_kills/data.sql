USE switch_kills;
INSERT INTO item (v) VALUES (1), (2), (3), (4);
