UPDATE bytes_ SET b8 = '', lb = '' WHERE id < 5;
UPDATE bits SET b64 = 0;
DELETE FROM by_enum WHERE e = 'z';
DELETE FROM keyless_bytes WHERE bit_ = 16;
INSERT INTO defaults_ (id) VALUES (3);
