INSERT INTO above (v) VALUES ('back');
INSERT INTO deleted_tail (v) VALUES ('back');
INSERT INTO empty_ (v) VALUES (4);
