INSERT INTO above (v) VALUES ('after'), ('after tail');
DELETE FROM above WHERE v = 'after tail';
INSERT INTO empty_ (v) VALUES (1), (2);
DELETE FROM empty_;
