INSERT INTO above (v) VALUES ('switched');
INSERT INTO deleted_tail (v) VALUES ('switched');
INSERT INTO zero (v) VALUES ('switched');
INSERT INTO second_column (grp, v) VALUES (20, 'switched');
INSERT INTO not_primary (k) VALUES ('e');
INSERT INTO at_the_end (v) VALUES ('254');
INSERT INTO empty_ (v) VALUES (3);
INSERT INTO above (v) VALUES ('tail'), ('tail'), ('tail');
DELETE FROM above WHERE v = 'tail';
